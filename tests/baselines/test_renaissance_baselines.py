"""The ladder of the old book: each rung better than the one below, the same answer twice, and the channel's sums."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.renaissance.channel import Channel, Corrector
from baselines.renaissance.language import Language
from baselines.rungs import rungs
from challenges.folding import fold
from challenges.renaissance.layout import TEXT, TOKEN_ERRORS, TRANSCRIPTION, WRONG
from challenges.renaissance.simulate import simulate
from scoring.roc import auc
from scoring.text import character_error_rate


def value(track: str, answer: np.ndarray, test) -> float:
    """Return an answer's score, greater is better."""
    if track == TOKEN_ERRORS:
        return auc(test.targets[WRONG].to_numpy(), answer[:, 0])
    texts, found = ([fold(one) for one in column] for column in (test.targets[TEXT], answer[:, 0]))
    return -character_error_rate(texts, found).value.item()


@pytest.mark.proof
@pytest.mark.parametrize(("track", "train_rows", "test_rows"), [(TOKEN_ERRORS, 2000, 1000), (TRANSCRIPTION, 120, 48)])
def test_each_rung_is_better_than_the_one_below(track, train_rows, test_rows):
    train, test = simulate(train_rows, 1, track=track), simulate(test_rows, 2, track=track)
    values = []
    for rung in rungs("renaissance", track):
        answer = rung.fit(train).predict(test.features)
        assert answer.shape == (test_rows, 1)
        assert answer.dtype.kind == ("f" if track == TOKEN_ERRORS else "U")
        np.testing.assert_array_equal(rung.fit(train).predict(test.features), answer)
        values.append(value(track, answer, test))
    assert values == sorted(set(values))
    assert values[0] > (0.75 if track == TOKEN_ERRORS else -0.12)


def test_models_answer_words_they_never_saw():
    train, test = simulate(200, 1, track=TOKEN_ERRORS), simulate(5, 2, track=TOKEN_ERRORS)
    odd = test.features.assign(token=["ω", "7", "????a", "Ñ" * 40, "x"], before="", after="")
    for rung in rungs("renaissance", TOKEN_ERRORS):
        assert np.isfinite(rung.fit(train).predict(odd)).all()


@given(st.lists(st.text("abc ", min_size=1, max_size=8), min_size=1, max_size=5), st.text("abc", max_size=5))
@settings(max_examples=30, deadline=None)
def test_the_chances_of_the_next_character_add_to_one(texts, context):
    language = Language(texts)
    known = sum(math.exp(language.log_probability(context, one)) for one in "abc \n")
    # 251 of 256 characters never came; they share what is kept for them.
    unseen = 251 * math.exp(language.log_probability(context, "z"))
    assert known + unseen == pytest.approx(1)


def test_a_channel_knows_what_stands_for_what():
    channel = Channel(["tres tristes tigres"] * 5, ["cres tristes tigres"] * 5)
    sources = dict(channel.sources["c"])
    # 4 letters t in each of 5 texts, one of them read as c.
    assert sources == {"t": pytest.approx(math.log(5 / (20 + 1)))}
    assert channel.lost == []


def test_a_corrector_mends_what_it_has_seen_mended():
    texts = ["tres tristes tigres comen trigo", "en un trigal tres tigres"] * 20
    readings = ["cres triſtes tigres comen rrigo", "en vn trigal tres tigres"] * 20
    corrector = Corrector(texts, readings)
    assert corrector.correct("cres tigres en vn rrigal") == "tres tigres en un trigal"
    assert corrector.correct("") == ""
    assert corrector.correct("Ω") == "Ω"
