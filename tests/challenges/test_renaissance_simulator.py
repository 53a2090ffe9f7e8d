"""The simulated book: what it promises of seeds, text, print, readings and labels."""

import io
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from challenges.folding import fold
from challenges.renaissance import composition
from challenges.renaissance.figure import draw
from challenges.renaissance.layout import HEIGHT, IMAGE, LINES, OCR, TEXT, TOKEN_ERRORS, TRANSCRIPTION, WIDTH, WRONG
from challenges.renaissance.reading import _guessed, fitted, read
from challenges.renaissance.simulate import TRACKS, simulate
from challenges.renaissance.spelling import aged, in_type, set_in_type, without_accents
from challenges.renaissance.tokens import wrong
from challenges.renaissance.vocabulary import Book
from scoring.roc import auc
from scoring.text import character_error_rate
from tests.support import missing_tool

SEED = 1637
N_WORDS, N_LINES = 4000, 120


def aged_source() -> str:
    """Return the source as one folded text, spelled as the simulated book is."""
    lines = composition.SOURCE.read_text("utf-8").splitlines()
    return fold(" ".join(aged(word) for line in lines if not line.startswith("#") for word in line.split()))


@pytest.fixture(scope="module")
def words():
    return simulate(N_WORDS, SEED, track=TOKEN_ERRORS)


@pytest.fixture(scope="module")
def lines():
    return simulate(N_LINES, SEED, track=TRANSCRIPTION)


@pytest.mark.parametrize("track", TRACKS)
def test_same_seed_gives_the_same_rows_and_one_high_bit_gives_others(track):
    one, again, other = (simulate(30, seed, track=track) for seed in (7, 7, 7 ^ (1 << 255)))
    assert one.features.equals(again.features)
    assert one.targets.equals(again.targets)
    assert not one.features.equals(other.features)


@pytest.mark.parametrize("track", TRACKS)
def test_more_rows_begin_with_the_fewer(track):
    few, many = simulate(30, 3, track=track), simulate(60, 3, track=track)
    assert few.features.equals(many.features.iloc[:30])


@pytest.mark.parametrize(("n", "seed", "track"), [(0, 1, "token_errors"), (9, -1, "token_errors"), (9, 1, "planets")])
def test_senseless_arguments_are_refused(n, seed, track):
    with pytest.raises(ValueError, match=r"must be|expected one of the tracks"):
        simulate(n, seed, track=track)


@pytest.mark.parametrize("track", TRACKS)
def test_progress_reaches_the_end(track):
    calls = []
    simulate(LINES + 1, 1, track=track, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (LINES + 1, LINES + 1)


def test_the_text_cannot_be_looked_up_in_its_source(lines):
    source = aged_source()
    texts = [fold(text) for text in lines.targets[TEXT]]
    assert np.mean([text in source for text in texts if len(text) > 25]) < 0.15
    assert not any(f"{one} {two}" in source for one, two in pairwise(texts) if len(one) > 25)
    # The same question finds a passage that does stand there.
    assert fold("Generacion va, y generacion viene: mas la tierra siempre permanece") in source


def test_a_page_is_a_group(words, lines):
    assert (np.diff(words.groups) >= 0).all()
    starts = np.flatnonzero(np.diff(words.groups))
    assert (words.features["line_number"].to_numpy()[starts + 1] <= 2).all()
    assert np.bincount(lines.groups).tolist() == [LINES] * (N_LINES // LINES)


@given(st.text("abcdefghijlmnopqrstuvxyzáéíóúñAEIOSVZ", min_size=1, max_size=12), st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_a_word_is_printed_letter_by_letter(word, seed):
    written, printed = set_in_type(word, np.random.default_rng(seed))
    assert len(written) == len(printed)
    assert fold(printed) == fold(written)


@pytest.mark.parametrize(
    ("today", "then", "in_print"),
    [
        ("fuerza", "fuerza", "fuerça"),
        ("nobleza", "nobleza", "nobleza"),
        ("corazón", "corazon", "coraçon"),
        ("universal", "universal", "vniuerſal"),
        ("sabéis", "sabeys", "ſabeys"),
        ("Ejemplo", "Exemplo", "Exemplo"),
        ("hacer", "hazer", "hazer"),
        ("cuando", "quando", "quando"),
        ("estaba", "estava", "eſtaua"),
    ],
)
def test_words_are_spelled_and_printed_as_in_the_book(today, then, in_print):
    assert aged(today) == then
    assert in_type(then) == in_print


def test_lines_are_filled_and_broken_between_syllables():
    lines = composition.compose(400, np.random.default_rng(1))
    lengths = np.array([len(line.text) for line in lines if line.full])
    assert 30 < np.median(lengths) < 37
    assert lengths.max() < 46
    parts = [line.text.split()[-1] for line in lines if line.text.endswith("-")]
    assert 0.1 < len(parts) / len(lines) < 0.4
    assert all(len(part) >= 2 for part in parts)


def test_another_text_can_be_the_source(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("# a comment\n" + "la casa es de la madre\nla madre es de la casa\n" * 500, "utf-8")
    data = simulate(200, 1, track=TOKEN_ERRORS, text=path)
    right = {fold(token) for token in data.features["token"][data.targets[WRONG] == 0]}
    assert {"la", "es", "de"} <= right
    assert not right & {"comment", "que", "dios"}


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"la casa " * 2499, "a text of 5,000 words at least .* got 4,998"), (b"\xff" * 9, "a text in UTF-8, got")],
)
def test_a_text_of_which_no_pages_can_be_made_is_named(content, says, tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    with pytest.raises(composition.TextError, match=f"text.txt: expected {says}"):
        simulate(9, 1, track=TOKEN_ERRORS, text=path)


def test_a_book_spells_and_coins_words_of_its_own():
    found = composition.read_source(composition.SOURCE).lexicon
    books = [Book(found, np.random.default_rng(seed)) for seed in range(20)]
    said = [[book.said(word) for word in ("Entendimiento,", "justicia", "que")] for book in books]
    assert said == [[book.said(word) for word in ("Entendimiento,", "justicia", "que")] for book in books]
    assert len({tuple(words) for words in said}) > 5
    assert all(words[0][0] == "E" and words[0][-1] == "," and words[2] == "que" for words in said)
    coined = {words[1] for words in said} - {"justicia"}
    assert coined
    assert not coined & found.words
    assert len({tuple(book.habits) for book in books}) > 10


def test_words_cannot_be_looked_up_any_better_than_those_of_the_real_book(words):
    source = composition.read_source(composition.SOURCE).lexicon.words
    known = {fold(spelled) for word in source for spelled in (word, aged(word))}
    outside = np.array([fold(token) not in known for token in words.features["token"]])
    label = words.targets[WRONG].to_numpy()
    assert 0.18 < outside[label == 0].mean() < 0.3  # 0.24 in the real book
    assert 0.05 < 1 - outside[label == 1].mean() < 0.17  # 0.11
    assert 0.78 < auc(label, outside.astype(float)) < 0.88  # 0.82


@pytest.mark.parametrize(
    ("truth", "tokens", "expected"),
    [
        ("que el fin es", ["que", "el", "fin", "es"], [0, 0, 0, 0]),
        ("que el fin es", ["Qve", "el,", "ſin", "es"], [0, 0, 1, 0]),
        ("que el fin es", ["queel", "fin", "es"], [1, 0, 0]),
        ("que el fin es", ["que", "el", "fi", "n", "es"], [0, 0, 1, 1, 0]),
        ("que el fin es", ["l", "que", "el", "fin"], [1, 0, 0, 0]),
        ("que el fin", [], []),
    ],
)
def test_a_word_is_wrong_if_its_letters_or_its_borders_are(truth, tokens, expected):
    assert wrong(truth, tokens) == [bool(one) for one in expected]


@given(st.lists(st.text("aeioulmnrs", min_size=1, max_size=6), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_what_is_read_as_written_is_right(words):
    assert not any(wrong(" ".join(words), words))


def test_labels_say_what_the_line_says(words):
    table = words.features.assign(wrong=words.targets[WRONG])
    table["line_of"] = (table["place"] == 0).cumsum()
    for _, line in list(table.groupby("line_of"))[:50]:
        assert " ".join(line["token"]) == line["line"].iloc[0]
        assert line["before"].tolist() == ["", *line["token"].tolist()[:-1]]
        assert line["after"].tolist()[:-1] == line["token"].tolist()[1:]


def test_as_much_goes_wrong_as_in_the_real_book(words, lines):
    share = words.targets[WRONG].mean()
    assert 0.16 < share < 0.28  # 0.21 of the real words
    doubt = -words.features["confidence"].to_numpy()
    assert 0.76 < auc(words.targets[WRONG].to_numpy(), doubt) < 0.87  # 0.81 for Tesseract's real confidences
    texts, readings = ([fold(text) for text in column] for column in (lines.targets[TEXT], lines.features[OCR]))
    assert 0.03 < character_error_rate(texts, readings).value.item() < 0.11  # 0.063


def test_a_glyph_is_misread_as_often_as_the_model_says():
    model, n = fitted(), 3000
    rng = np.random.default_rng(2)
    text = "el el el el"
    found = sum(token.text.count("c") for _ in range(n) for token in read(text, text, rng.standard_normal(), rng))
    assert model.glyphs["e"].texts[0] == "c"
    expected = 4 * model.rate("e", "l") * model.glyphs["e"].edges[0]
    assert found / n == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize(
    ("token", "taken_for"),
    [
        ("tode", "todo"),  # toda and tome are rarer
        ("elI", "el"),
        ("coraeon,", "coraçon,"),
        ("conrigo", "conmigo"),  # as frequent as contigo
        ("toda", "toda"),  # known; todo is more frequent
        ("caſa-", "caſa-"),
        ("xqzwk", "xqzwk"),
    ],
)
def test_the_ocr_takes_a_misread_word_for_the_likeliest_that_it_knows(token, taken_for):
    assert _guessed(token) == taken_for


def test_worse_print_is_read_worse():
    rng = np.random.default_rng(3)
    text = "que la nobleza es deuda de la virtud"

    def errors(quality: float) -> int:
        return sum(sum(wrong(text, [token.text for token in read(text, text, quality, rng)])) for _ in range(200))

    assert errors(-2) < errors(0) < errors(2)


def test_an_image_shows_its_line(lines):
    images = [np.asarray(Image.open(io.BytesIO(picture))) for picture in lines.features[IMAGE]]
    assert {image.shape for image in images} == {(HEIGHT, WIDTH)}
    assert {image.dtype for image in images} == {np.dtype(np.uint8)}
    ink = np.array([(image[8:32] < 130).sum() for image in images])
    letters = lines.targets[TEXT].str.len().to_numpy()
    assert np.corrcoef(ink, letters)[0, 1] > 0.6
    paper = np.median(images)
    assert 200 < paper < 240  # 221 in the real scans
    assert len({image.tobytes() for image in images}) == len(images)


def test_letters_are_set_with_their_ligatures():
    """Long s and t are one piece of type, as are c and t."""
    from challenges.renaissance.press import LIGATURES, _width

    if LIGATURES is None:
        missing_tool("Pillow came without libraqm, which joins letters")
    assert _width("ſt") == pytest.approx(_width("\N{LATIN SMALL LIGATURE LONG S T}"))
    assert _width("ct") < _width("c") + _width("t")


@pytest.mark.parametrize("track", TRACKS)
def test_null_mode_tears_apart_what_belongs_together(track):
    n = 600 if track == TOKEN_ERRORS else 72
    data, null = (simulate(n, SEED, track=track, signal=signal) for signal in (True, False))
    assert data.features.equals(null.features)
    assert sorted(data.targets.iloc[:, 0]) == sorted(null.targets.iloc[:, 0])
    if track == TOKEN_ERRORS:
        label, doubt = null.targets[WRONG].to_numpy(), -null.features["confidence"].to_numpy()
        # The standard error is 0.026 with 600 words.
        assert abs(auc(label, doubt) - 0.5) < 0.1
        assert auc(data.targets[WRONG].to_numpy(), doubt) > 0.7
    else:
        texts, readings = ([fold(one) for one in column] for column in (null.targets[TEXT], null.features[OCR]))
        assert character_error_rate(texts, readings).value.item() > 0.6


def test_accents_go_but_letters_of_their_own_stay():
    assert without_accents("Señor, coraçón à él") == "Señor, coraçon a el"


def test_figure_is_a_small_png(lines, tmp_path):
    pytest.importorskip("matplotlib", reason="the figure needs matplotlib: pip install physathon[plots]")
    draw(lines, tmp_path / "figure.png")
    picture = (tmp_path / "figure.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert 50_000 < len(picture) < 300_000
