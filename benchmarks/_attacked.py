"""What is attacked: a track's holdout, a model to start from, and every way to change its answers a little."""

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein
from scipy import ndimage, stats
from sklearn.ensemble import HistGradientBoostingRegressor

from baselines.rungs import rungs
from challenges.dataset import Dataset
from challenges.folding import fold
from challenges.spec import PRIVATE, PUBLIC, Track
from leaderboard import ghosts
from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.judge import prepare
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.public import files
from leaderboard.public.data import public_data
from scoring.estimate import Estimate, TrackMetric, from_influence
from scoring.images import PSNR
from scoring.metrics import METRICS
from scoring.rowwise import mean_estimate
from scoring.sealed import judge
from scoring.sealed.answers import images_of
from scoring.sealed.holdout import Holdout
from scoring.sealed.judge import Predictions

RADII = np.array([0.0, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0])
"""How far a file lies from the model; at 1 its changes are as large as the spread of scores, or as its errors."""

DRAWS = 100
TINY = 1e-9
"""So little that only ties are broken."""

FAR = 8.0
"""So far that a row scores above, or below, all others."""

HONEST = {
    "exoplanet.planets": "sample_cnn",
    "higgs.signal": "xgboost",
    "lensing.substructure": "ripples_xgboost",
    "lensing.super_resolution": "filter",
    "nmr.interaction": "xgboost",
    "nmr.gauss": "ridge",
    "nmr.rkky": "ridge",
    "particle_images.electron_photon": "shapes_xgboost",
    "quantum.anomaly": "pca",
    "renaissance.token_errors": "company",
    "renaissance.transcription": "noisy_channel",
}
"""The baseline that an attack from an honest model starts from: neither the weakest nor beyond reproach."""

PLACE = "PHYSATHON_ATTACKS"
"""Variable that names the folder of the attacked event, which is kept and used again; by default one in /tmp."""


@dataclass(frozen=True)
class Terrain:
    """What random changes do to a score, by RADII: its mean, its spread over directions; and its standard error.

    An attacker measures it on labelled rows of its own. Scores count upwards, whatever the metric's direction.
    """

    level: np.ndarray
    spread: np.ndarray
    error: float

    def mean(self, radius):
        """Return the expected score of files that lie so far from the model."""
        return np.interp(np.square(radius), RADII**2, self.level)

    def scale(self, radius):
        """Return how much it varies with the direction."""
        return np.interp(radius, RADII, self.spread)


@dataclass(frozen=True)
class Target:
    """A model's answers on a whole holdout, and how they change along any direction.

    Attributes
    ----------
    holdout : Holdout
    step : float
    width : int
        Numbers of a direction, one or several a row.
    answer : callable
        From a direction, shape (rows, width), to answers to all rows.
    quick : callable, optional
        From directions and a slice to their estimate, where that is quicker than to judge the answers.
    ruin : callable, optional
        From a loss of score to how far a row must be moved to cost so much, where a score is a mean over rows.
    """

    holdout: Holdout
    step: float
    width: int
    answer: Callable[[np.ndarray], np.ndarray]
    quick: Callable[[Sequence[np.ndarray], str], Estimate] | None = None
    ruin: Callable[[float], float] | None = None

    @property
    def metric(self) -> TrackMetric:
        return METRICS[self.holdout.metric.partition("/")[0]]

    @property
    def sign(self) -> int:
        return 1 if self.metric.greater_is_better else -1

    @property
    def ranked(self) -> bool:
        """Whether only the order of scores counts, so that a row can be moved as far as one likes."""
        return self.metric.kind in ("scores", "class scores")

    @cached_property
    def parts(self) -> dict[str, tuple[np.ndarray, Holdout]]:
        """The rows of both slices, and each as a holdout of its own, which is quicker to judge."""
        return {name: (self.holdout.rows(name), _only(self.holdout, name)) for name in (PUBLIC, PRIVATE)}

    def estimate(self, directions: Sequence[np.ndarray], part: str = PUBLIC) -> Estimate:
        """Judge the files of some directions together on one slice."""
        if self.quick:
            return self.quick(directions, part)
        rows, holdout = self.parts[part]
        return judge.estimate([Predictions(self.answer(one)[rows]) for one in directions], holdout, part)

    @cached_property
    def units(self) -> np.ndarray:
        """Which rows an attacker moves together, shape (rows,): those of one group, where all its labels agree."""
        rows = np.arange(len(self.holdout.ids))
        _, group = np.unique(self.holdout.groups, return_inverse=True)
        if self.metric.kind != "scores" or group.max() + 1 == len(rows):
            return rows
        labels = self.holdout.targets.iloc[:, 0].to_numpy()
        agree = (np.bincount(group, labels) % np.bincount(group) == 0).all()
        return group if agree else rows

    def direction(self, rng: np.random.Generator) -> np.ndarray:
        """Draw a direction, shape (rows, width), of length 1 in every row on average."""
        return rng.normal(size=(self.units.max() + 1, self.width))[self.units]

    def spoilt(self, direction: np.ndarray, loss: float) -> np.ndarray:
        """Return a direction with every tenth row so bad that the score loses about so much."""
        if self.ruin is None or loss <= 0:
            return direction
        tenth = np.random.default_rng(10).permutation(len(direction)) < len(direction) // 10
        return np.where(tenth[:, None], self.ruin(10 * loss), direction)

    @cached_property
    def terrain(self) -> Terrain:
        """Measure what random changes do; the private slice stands for the attacker's own labelled rows."""
        rng = np.random.default_rng(1)
        directions = [self.direction(rng) for _ in range(DRAWS)]
        each = [[self.sign * self.estimate([r * one], PRIVATE).value[0] for one in directions] for r in RADII]
        smaller = np.sqrt(len(self.parts[PRIVATE][0]) / len(self.parts[PUBLIC][0]))
        error = self.estimate([TINY * directions[0]]).standard_error[0]
        return Terrain(np.mean(each, axis=1), np.std(each, axis=1, ddof=1) * smaller, float(error))


def _only(holdout: Holdout, name: str) -> Holdout:
    rows = holdout.rows(name)
    return replace(
        holdout,
        ids=holdout.ids[rows],
        targets=holdout.targets.iloc[rows].reset_index(drop=True),
        groups=holdout.groups[rows],
        weights=holdout.weights[rows],
        slices=holdout.slices[rows],
        salts={name: holdout.salts[name]},
    )


def open_judge() -> Judge:
    """Open the attacked event, of all challenges at default size; simulate what is missing."""
    folder = Path(os.environ.get(PLACE, Path(tempfile.gettempdir()) / "physathon-attacks"))
    if not (folder / "event.toml").exists():
        Event.create(folder, name="attacks", days=3650, submissions_per_day=1000, submissions_in_all=1000)
    event = Event(folder)
    if not event.public.exists():
        receipts.make_key(event)
    opened = Judge(event, Vault(event, create=True))
    for challenge in event.config.challenges:
        if not (event.public / challenge).exists():
            print(f"simulating {challenge}", flush=True)
            prepare.simulate(opened, challenge)
    return opened


def targets(judge: Judge, name: str) -> dict[str, Target]:
    """Return what is attacked on a track: an answer without any knowledge, and an honest baseline's."""
    challenge, declared = judge.event.track(name)
    track = declared.model_copy(update={"step": judge.step(name)})
    train, (_, test) = ghosts.training_data(judge.event, name), files.read_test(public_data(judge.event, name).folder)
    honest = _kept(judge, name, train, test)
    holdout = judge.holdout(name)
    if METRICS[track.metric].kind in ("scores", "class scores"):
        return {
            "chance": Target(holdout, track.step, honest.shape[1], lambda direction: direction),
            "honest": _scores(holdout, track, honest),
        }
    if track.answers == "images":
        bicubic = rungs(challenge.id, track.id)[0].fit(train).predict(test)
        smooth = ndimage.gaussian_filter(bicubic, 1.0, axes=(1, 2))
        return {
            "chance": _images(holdout, track, bicubic, smooth - bicubic),
            "honest": _images(holdout, track, honest, bicubic - honest),
        }
    if track.answers == "texts":
        quarter = train.take(np.arange(0, len(train), 4))
        return {
            "chance": _texts(holdout, track, test["ocr"].to_numpy(str), _respelt(test["ocr"])),
            "honest": _texts(holdout, track, honest[:, 0], _kept(judge, name, quarter, test, ".quarter")[:, 0]),
        }
    return {
        "chance": _numbers(holdout, track, *_means(train, honest)),
        "honest": _numbers(holdout, track, honest, _doubts(name, train, honest)),
    }


def _fit(name: str, train: Dataset, test) -> np.ndarray:
    challenge, _, track = name.partition(".")
    chosen = next(rung for rung in rungs(challenge, track) if rung.name == HONEST[name])
    return np.asarray(chosen.fit(train).predict(test))


def _kept(judge: Judge, name: str, train: Dataset, test, which: str = "") -> np.ndarray:
    """Return the honest baseline's answers, kept beside the event from one run to the next."""
    kept = judge.event.folder / f"{name}.{HONEST[name]}{which}.npy"
    if not kept.exists():
        print(f"training {HONEST[name]} for {name}", flush=True)
        np.save(kept, _fit(name, train, test))
    return np.load(kept)


def _means(train: Dataset, like: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    logarithms = np.log(train.targets.to_numpy())
    mean, spread = np.exp(logarithms.mean(axis=0)), logarithms.std(axis=0)
    return np.broadcast_to(mean, like.shape), np.broadcast_to(spread, like.shape)


def _doubts(name: str, train: Dataset, honest: np.ndarray) -> np.ndarray:
    """Return how far the logarithms of honest answers are likely to be off, as learned on the training rows."""
    fitted = _fit(name, train, train.features)
    off = np.log(train.targets.to_numpy() / fitted) ** 2
    learned = [HistGradientBoostingRegressor(max_depth=3).fit(fitted, one).predict(honest) for one in off.T]
    return np.sqrt(np.maximum(np.column_stack(learned), 0.1 * off.mean(axis=0)))


def _scores(holdout: Holdout, track: Track, scores: np.ndarray) -> Target:
    scores = scores.astype(np.float64)
    if scores.min() >= 0 and scores.max() <= 1:
        clipped = np.clip(scores, 1e-6, 1 - 1e-6)
        scores = np.log(clipped / (1 - clipped))
    else:
        scores = stats.norm.ppf(stats.rankdata(scores, axis=0) / (len(scores) + 1))
    scores /= scores.std(axis=0)
    return Target(holdout, track.step, scores.shape[1], lambda direction: scores + direction)


def _numbers(holdout: Holdout, track: Track, numbers: np.ndarray, size: np.ndarray) -> Target:
    """Return positive numbers, of which each is off by a factor that is likely."""

    def ruin(loss: float) -> float:
        return float(np.sqrt(loss / np.mean(size**2 / holdout.variance[track.metric])))

    return Target(
        holdout, track.step, numbers.shape[1], lambda direction: np.exp(np.log(numbers) + size * direction), ruin=ruin
    )


def _texts(holdout: Holdout, track: Track, texts: np.ndarray, others: np.ndarray) -> Target:
    """Return lines of which each can be read in another way, or be ruined by letters at its end."""
    references = [fold(text) for text in holdout.targets.iloc[:, 0]]
    lengths = np.array([len(text) for text in references], dtype=np.float64)

    def answer(direction: np.ndarray) -> np.ndarray:
        junk = np.maximum(direction - FAR, 0).astype(int)
        lines = np.where(direction > 1, others[:, None], texts[:, None])
        return np.array([[line + "x" * n] for (line,), (n,) in zip(lines, junk, strict=True)])

    @cache
    def edits(row: int, line: str) -> int:
        return Levenshtein.distance(references[row], fold(line))

    def quick(directions: Sequence[np.ndarray], part: str) -> Estimate:
        rows = holdout.rows(part)
        counts = [
            [edits(row, line) for row, (line,) in zip(rows, answer(one)[rows], strict=True)] for one in directions
        ]
        wrong, length = np.array(counts, dtype=np.float64).T, lengths[rows]
        rate = wrong.sum(axis=0) / length.sum()
        influence = (wrong - length[:, None] * rate) / length.mean()
        return from_influence(METRICS[track.metric], rate, influence, holdout.groups[rows])

    return Target(holdout, track.step, 1, answer, quick, ruin=lambda loss: FAR + 1 + loss * lengths.mean())


def _respelt(readings) -> np.ndarray:
    """Return readings in which each f is an s: whoever knows old print knows the long s, and that most f are f."""
    return readings.str.replace("f", "s").to_numpy(str)


def _images(holdout: Holdout, track: Track, images: np.ndarray, change: np.ndarray) -> Target:
    """Return images and one change of each, by any amount; errors are then squares of that amount."""
    truth = images_of(holdout.targets.iloc[:, 0].tolist()).astype(np.float64)
    images, change = images.astype(np.float64), change.astype(np.float64)
    off = images - truth
    change *= np.sqrt(np.mean(off**2) / np.mean(change**2))
    square, cross, own = (np.mean(product, axis=(1, 2)) for product in (off * off, off * change, change * change))

    def quick(directions: Sequence[np.ndarray], part: str) -> Estimate:
        rows = holdout.rows(part)
        amounts = np.column_stack([one[rows, 0] for one in directions])
        errors = square[rows, None] + 2 * amounts * cross[rows, None] + amounts**2 * own[rows, None]
        return mean_estimate(PSNR, -10 * np.log10(np.maximum(errors, 1e-10)), holdout.groups[rows])

    def answer(direction: np.ndarray) -> np.ndarray:
        return images + direction[:, :, None] * change

    return Target(holdout, track.step, 1, answer, quick, ruin=lambda loss: 10 ** (loss / 20))


def swapped(target: Target) -> Target:
    """Return the same target with its slices exchanged: the larger one is shown on the board."""
    names = {PUBLIC: PRIVATE, PRIVATE: PUBLIC}
    slices = np.array([names[one] for one in target.holdout.slices])
    quick = target.quick and (lambda directions, part: target.quick(directions, names[part]))
    return replace(target, holdout=replace(target.holdout, slices=slices), quick=quick)
