"""Recordings of real things: a slice for interest, judged at the end, deciding nothing."""

import numpy as np
import pytest
from typer.testing import CliRunner

from challenges import arrays, spec
from challenges.dataset import Dataset
from leaderboard import cli
from leaderboard.board.entries import board
from leaderboard.event import Event, EventError
from leaderboard.intake import receipts
from leaderboard.intake.receive import receive
from leaderboard.judge import finals, prepare, worker
from leaderboard.judge.judging import Judge
from leaderboard.judge.recordings import RecordingsError, read
from leaderboard.judge.vault import Vault
from leaderboard.public import files, places
from leaderboard.public.data import public_data
from scoring.interval import interval
from scoring.predictions import id_text
from scoring.sealed.judge import Predictions, estimate, metric_on, places_of_recordings
from scoring.sealed.observed import observed_detection
from tests.support import add_team, toy_images

TRACK = "particle_images.electron_photon"


@pytest.fixture
def takes_recordings(monkeypatch):
    """Let a challenge of images take recordings."""
    challenge = spec.load("particle_images")
    track = challenge.tracks[0].model_copy(update={"observed": True})
    changed = challenge.model_copy(update={"tracks": (track,)})
    monkeypatch.setattr(spec, "load", lambda _: changed)
    monkeypatch.setattr("challenges.particle_images.simulate.simulate", toy_images)


@pytest.fixture
def empty_judge(tmp_path, takes_recordings):
    event = Event.create(tmp_path / "event", name="toy", size="small", challenges=["particle_images"])
    receipts.make_key(event)
    judge = Judge(event, Vault(event, create=True))
    yield judge
    judge.close()


def write(path, data: Dataset, **more) -> None:
    """Write recordings as an organiser has them."""
    with arrays.writing(path, data.features.nbytes) as append:
        append(X=data.features, **more)


@pytest.fixture
def recordings(tmp_path):
    data = toy_images(200, 99)
    chosen = data.take(np.flatnonzero(data.targets["y"] == 1)[:5])
    write(tmp_path / "observed.h5", chosen)
    return tmp_path / "observed.h5"


@pytest.fixture
def judge(empty_judge, recordings):
    prepare.simulate(empty_judge, "particle_images", observed=recordings)
    return empty_judge


def submit(judge: Judge, name: str, values: np.ndarray) -> None:
    ids = id_text(judge.holdout(TRACK).ids)
    file = files.predictions(ids, values[:, None], judge.event.track(TRACK)[1])
    receive(judge.event, judge.store, add_team(judge, name), TRACK, file, "a.csv")


def test_recordings_stand_among_the_test_rows_and_in_a_slice_of_their_own(judge):
    holdout, facts = judge.holdout(TRACK), public_data(judge.event, TRACK).facts()
    assert set(facts["commitments"]) == {"public", "private", "observed"}
    assert facts["recordings"] == len(holdout.rows("observed")) == 5
    ids, images = files.read_test(public_data(judge.event, TRACK).folder)
    assert len(ids) == len(images) == 605
    assert (holdout.targets["y"].to_numpy()[holdout.rows("observed")] == 1).all()


def test_the_rate_of_alarms_is_counted_by_hand(judge):
    holdout = judge.holdout(TRACK)
    scores = np.random.default_rng(1).normal(size=605)
    found = estimate([Predictions(scores[:, None])], holdout, "observed")
    private, labels = holdout.rows("private"), holdout.targets["y"].to_numpy()
    empty = np.sort(scores[private[labels[private] == 0]])[::-1]
    allowed = int(0.05 * len(empty))
    threshold = min(score for score in empty if (empty >= score).sum() <= allowed)
    assert found.exact == (((scores[holdout.rows("observed")] >= threshold).sum(), 5),)
    assert str(found.metric) == metric_on(holdout, "observed") == "detection_rate/1"
    assert metric_on(holdout, "private") == "roc_auc/1"


def test_the_final_board_shows_them_and_they_decide_nothing(judge):
    labels, observed = judge.holdout(TRACK).targets["y"].to_numpy(), judge.holdout(TRACK).rows("observed")
    noise = np.random.default_rng(2).normal(size=605)
    good, bad = labels + 0.3 * noise, labels + 3 * noise
    good[observed], bad[observed] = -9, 9
    submit(judge, "Blind To The Sky", good)
    submit(judge, "Sees All", bad)
    worker.work(judge, once=True)
    with judge.store.read() as session:
        assert all(entry.observed is None for entry in board(session, TRACK))
    finals.finalize(judge, TRACK, early=True)
    first, second = finals.publish(judge, TRACK)
    assert (first.team, first.observed.value, second.observed.value) == ("Blind To The Sky", 0, 1)
    assert second.observed.low < 0.6
    assert second.recordings.startswith("1.00 (0.")
    said = CliRunner().invoke(cli.app, ["board", "--event", str(judge.event.folder)], env={"COLUMNS": "200"}).output
    assert "observed, for interest" in said
    assert second.recordings in said


def test_recordings_of_both_kinds_have_an_area(empty_judge, tmp_path):
    data = toy_images(30, 99)
    write(tmp_path / "both.h5", data, y=data.targets["y"].to_numpy())
    prepare.simulate(empty_judge, "particle_images", observed=tmp_path / "both.h5")
    holdout = empty_judge.holdout(TRACK)
    perfect = Predictions(holdout.targets["y"].to_numpy(float)[:, None])
    assert str(estimate([perfect], holdout, "observed").metric) == "roc_auc/1"
    assert estimate([perfect], holdout, "observed").value == 1


@pytest.mark.parametrize("shape", [(5, 1, 32, 32, 2), (5, 32, 32, 2, 1)])
def test_an_axis_of_length_one_is_no_other_shape(empty_judge, tmp_path, shape):
    images = toy_images(5, 99).features
    with arrays.writing(tmp_path / "a.h5", images.nbytes) as append:
        append(X=images.reshape(shape).astype(">f8"))
    track = empty_judge.event.challenge("particle_images").tracks[0]
    assert np.array_equal(read(tmp_path / "a.h5", toy_images(20, 1), track).rows.features, images)


@pytest.fixture
def compared(empty_judge, tmp_path):
    """Fill an event with two recordings, and 40 rows without and 20 with a signal that were seen as each of them."""
    data = toy_images(300, 99)
    signal = data.targets["y"].to_numpy() == 1
    own, empty, full = (data.take(rows) for rows in (np.flatnonzero(signal)[:2], np.flatnonzero(~signal)[:80],
                                                     np.flatnonzero(signal)[2:42]))  # fmt: skip
    name = np.array([b"Near", b"Far", *[b"Near", b"Far"] * 60])
    simulated, y = np.r_[0, 0, np.ones(120)], np.r_[1, 1, np.zeros(80), np.ones(40)]
    rows = Dataset(np.concatenate([own.features, empty.features, full.features]), y, y)
    write(tmp_path / "observed.h5", rows, y=y, name=name, simulated=simulated)
    prepare.simulate(empty_judge, "particle_images", observed=tmp_path / "observed.h5")
    return empty_judge


def scores_of(judge: Judge, near: float, far: float) -> np.ndarray:
    """Return scores in which each recording beats that share of the rows without a signal that were seen as it was."""
    holdout = judge.holdout(TRACK)
    scores = np.random.default_rng(3).random(len(holdout.ids))
    rows = holdout.rows("observed")
    for group, share in zip(np.unique(holdout.groups[rows]), (near, far), strict=True):
        own = rows[holdout.groups[rows] == group]
        empty = own[(holdout.weights[own] == 0) & (holdout.targets["y"].to_numpy()[own] == 0)]
        scores[empty] += 1000 * group  # Rows seen in another way say nothing about this recording.
        scores[own[holdout.weights[own] == 1]] = np.quantile(scores[empty], share) if share < 1 else 1e9
    return scores


def test_a_recording_is_compared_with_what_was_seen_as_it_was(compared):
    holdout = compared.holdout(TRACK)
    assert public_data(compared.event, TRACK).facts()["recordings"] == 2
    assert len(holdout.rows("observed")) == 122
    assert holdout.weights.sum() == len(holdout.ids) - 120
    found = [Predictions(scores_of(compared, *shares)[:, None]) for shares in ((1, 0.3), (0.2, 0.1))]
    assert metric_on(holdout, "observed") == "detection_rate/1"
    assert estimate(found, holdout, "observed").exact == ((1, 2), (0, 2))
    shares = places_of_recordings(found, holdout)
    assert shares.shape == (2, 2, 2)
    np.testing.assert_allclose(shares[:, :, 0], [[1, 0.3], [0.2, 0.1]], atol=0.03)


def test_where_models_disagree_nothing_is_said_to_be_found(compared):
    submit(compared, "Sees Near", scores_of(compared, 1, 0.3))
    submit(compared, "Sees Both", scores_of(compared, 1, 1))
    submit(compared, "Sees Near Too", scores_of(compared, 1, 0.2))
    worker.work(compared, once=True)
    finals.finalize(compared, TRACK, early=True)
    assert places.spreads(compared.event, TRACK) == []
    finals.publish(compared, TRACK)
    near, far = places.spreads(compared.event, TRACK)
    assert (near.recording, near.models, near.lowest, near.verdict) == ("Near", 3, 1, "stands out for every model")
    assert (far.recording, far.highest, far.verdict) == ("Far", 1, "models disagree")
    assert far.lowest < far.middle < 0.4
    assert places.Spread("Dark", 3, 0.1, 0.2, 0.9).verdict == "stands out for none"


def test_without_recordings_there_is_no_such_slice(empty_judge):
    prepare.simulate(empty_judge, "particle_images")
    assert set(empty_judge.holdout(TRACK).salts) == {"public", "private"}
    assert public_data(empty_judge.event, TRACK).facts()["recordings"] == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda images: {"X": images[:0]}, "at least one, got"),
        (lambda images: {"X": images[:, :16]}, r"of shape \(32, 32, 2\), at least one, got \(5, 16, 32, 2\)"),
        (lambda images: {"X": np.where(images > 0, np.nan, images)}, "recording 0 has pixels that are not finite"),
        (lambda images: {"X": images, "y": np.arange(5)}, r"expected y among \[0.0, 1.0\]"),
        (lambda images: {"Z": images}, "expected an array X"),
        (lambda images: {"X": images + np.float64(1e300)}, "recording 0 has pixels that are not finite"),
        (lambda images: {"X": images.astype("S4")}, r"X: expected numbers, got \|S4"),
        (lambda images: {"X": images, "simulated": np.ones(5)}, "expected the array name"),
        (lambda images: {"X": images, "name": np.array([b"A"] * 5)}, "expected recordings of different names"),
        (
            lambda images: {
                "X": images,
                "name": np.array([b"A", b"B", b"C", b"D", b"E"]),
                "simulated": np.array([0, 0, 0, 0, 1]),
            },
            "simulated rows are named .* no recording is",
        ),
    ],
)
def test_bad_recordings_are_named_and_nothing_is_left(empty_judge, tmp_path, change, says):
    with arrays.writing(tmp_path / "bad.h5", 10) as append:
        append(**change(toy_images(5, 99).features))
    with pytest.raises(RecordingsError, match=says):
        prepare.simulate(empty_judge, "particle_images", observed=tmp_path / "bad.h5")
    assert [path.name for path in empty_judge.event.public.iterdir()] == ["receipts.pem"]


def test_a_recording_that_is_a_training_row_is_refused(empty_judge, tmp_path):
    write(tmp_path / "again.h5", toy_images(1000, empty_judge.event.config.train_seed).take(np.arange(3)))
    with pytest.raises(EventError, match=r"3 rows of particle_images\.electron_photon occur twice"):
        prepare.simulate(empty_judge, "particle_images", observed=tmp_path / "again.h5")


def test_a_challenge_that_takes_none_says_so(make_judge, recordings, tmp_path):
    judge = make_judge(challenges=["higgs"])
    (judge.event.public / "higgs").rename(tmp_path / "elsewhere")
    with pytest.raises(EventError, match="higgs takes no recordings"):
        prepare.simulate(judge, "higgs", observed=recordings)


def test_several_models_share_one_threshold_rule():
    rng = np.random.default_rng(4)
    observed, empty = [rng.normal(1, 1, 8) for _ in range(3)], [rng.normal(size=200) for _ in range(3)]
    groups = np.arange(8), np.arange(200) // 2
    joint = observed_detection(observed, empty, *groups)
    alone = [observed_detection([one], [two], *groups).value[0] for one, two in zip(observed, empty, strict=True)]
    assert joint.value.tolist() == alone


@pytest.mark.parametrize(("score", "low", "high"), [(9.0, 0.025, 1.0), (-9.0, 0.0, 0.975)])
def test_one_recording_tells_next_to_nothing_and_the_interval_says_so(score, low, high):
    empty = np.random.default_rng(4).normal(size=200)
    found = observed_detection([[score]], [empty], np.arange(1), np.arange(200))
    assert found.value == (score > 0)
    np.testing.assert_allclose(interval(found)[0], (low, high), atol=1e-9)
