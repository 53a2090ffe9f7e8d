"""What every challenge must pass before an event may use it; `physathon challenge check ID` runs it on any."""

import inspect
import logging
import resource
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from baselines.rungs import Baseline, rungs
from challenges import spec
from challenges.dataset import Dataset, Rows
from challenges.manifest import Manifest
from challenges.spec import PRIVATE, Track
from challenges.training import learned_from
from leaderboard.event import Event
from leaderboard.intake import receipts
from leaderboard.intake.receive import check_file
from leaderboard.judge import kit_audit, prepare
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.kit.build import build_kit
from leaderboard.kit.layout import folder_of, sample_name, submission_name
from leaderboard.public import files
from leaderboard.public.data import kit_file
from leaderboard.workshop import ladders, lookup, null_check, shortcuts
from leaderboard.workshop.null_check import Nonconforming
from scoring.interval import interval
from scoring.metrics import METRICS, check_metrics
from scoring.sealed import judge as scoring_judge
from scoring.sealed.answers import images_of
from scoring.sealed.holdout import Holdout

SECTIONS = ("The physics", "The task", "The data", "The score", "Baselines", "Where it comes from")
FIRST, SECOND = 1, 2
STARTER_SECONDS = 30
LEVEL = 0.999


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    check: str
    passed: bool
    detail: str


class Subject:
    """A challenge under examination: its small data, made once a track, and an event of its own.

    Parameters
    ----------
    challenge_id : str
    folder : Path
        An empty one, made if need be, for the event and the kit.
    """

    def __init__(self, challenge_id: str, folder: Path) -> None:
        self.challenge = spec.load(challenge_id)
        check_metrics(self.challenge)
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._data: dict[tuple[str, int], Dataset] = {}
        self._opened = ExitStack()

    def simulate(self, track: Track, seed: int, **options) -> Dataset:
        """Return small simulated data of a track."""
        return self.challenge.simulator(track)(track.sizes["small"].train, seed, **options)

    def data(self, track: Track, seed: int = FIRST) -> Dataset:
        """Return small simulated data of one of two seeds, made once."""
        if (track.id, seed) not in self._data:
            self._data[track.id, seed] = self.simulate(track, seed)
        return self._data[track.id, seed]

    def fitted(self, track: Track) -> Iterator[tuple[Baseline, np.ndarray]]:
        """Yield the rungs that need no minutes, trained on the second seed, and what they answer for the first."""
        train = learned_from(self.data(track, SECOND), track.training, seed=SECOND)
        for rung in rungs(self.challenge.id, track.id, slow=False):
            yield rung, rung.fit(train).predict(self.data(track).features)

    def trial(self, track: Track) -> Holdout:
        """Return the answers of the first seed's rows."""
        return ladders.trial_holdout(self.challenge, track, self.data(track, SECOND), self.data(track))

    @cached_property
    def judge(self) -> Judge:
        """The judge of a small event with this challenge alone."""
        event = Event.create(self.folder / "event", name="conformance", size="small", challenges=[self.challenge.id])
        receipts.make_key(event)
        judge = self._opened.enter_context(closing(Judge(event, Vault(event, create=True))))
        prepare.simulate(judge, self.challenge.id)
        build_kit(event, self.challenge.id)
        return judge

    @cached_property
    def kit(self) -> Path:
        """The unpacked kit."""
        with zipfile.ZipFile(kit_file(self.judge.event, self.challenge.id)) as archive:
            archive.extractall(self.folder / "kit")
        return self.folder / "kit" / self.challenge.id

    def name(self, track: Track) -> str:
        """Return the full name of a track."""
        return self.challenge.full_name(track)

    def holdout(self, track: Track) -> Holdout:
        """Return the sealed answers of a track."""
        return self.judge.holdout(self.name(track))

    def close(self) -> None:
        """Let go of the event."""
        self._opened.close()


def described(subject: Subject) -> str:
    """Metadata are strict, anchors point the metric's way, and the README has its sections."""
    for track in subject.challenge.tracks:
        better = track.anchors.reference > track.anchors.floor
        if better != METRICS[track.metric].greater_is_better:
            raise Nonconforming(f"track {track.id}: the reference must be better than the floor, got {track.anchors}")
    text = (subject.challenge.folder / "README.md").read_text("utf-8")
    missing = [section for section in SECTIONS if f"\n## {section}\n" not in text]
    if missing:
        raise Nonconforming(f"README.md needs the sections {list(SECTIONS)}, it lacks {missing}")
    return f"{len(subject.challenge.tracks)} tracks, {len(SECTIONS)} sections"


def manifest(subject: Subject) -> str:
    """The manifest is valid Croissant and names where the real data are."""
    found = Manifest.read(subject.challenge.manifest)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the libraries that mlcroissant builds on
        try:
            from mlcroissant import Dataset as Croissant
            from mlcroissant import ValidationError
        except ImportError:
            return f"{found.name}; not validated: mlcroissant is not installed"
        logging.getLogger("absl").setLevel(logging.ERROR)  # recommendations are not errors
        try:
            Croissant(jsonld=str(subject.challenge.manifest))
        except ValidationError as error:
            raise Nonconforming(f"{subject.challenge.manifest} is no valid Croissant: {error}") from error
    return f"{found.name}: {len(found.files)} verified files, {len(found.unverified)} without published checksum"


def repeatable(subject: Subject) -> str:
    """The same seed gives the same arrays whatever the workers, another seed gives others."""
    can_share = "workers" in inspect.signature(subject.challenge.module("simulate").simulate).parameters
    for track in subject.challenge.tracks:
        again = subject.simulate(track, FIRST, **({"workers": 2} if can_share else {}))
        if not _equal(subject.data(track), again):
            workers = ", with two workers" if can_share else ""
            raise Nonconforming(f"{track.id}: seed {FIRST} gave other arrays the second time{workers}")
        if _equal(subject.data(track), subject.data(track, SECOND)):
            raise Nonconforming(f"{track.id}: seeds {FIRST} and {SECOND} gave the same arrays")
    return _rows(subject) + (", one worker and two" if can_share else "")


def like_the_real_files(subject: Subject) -> str:
    """Simulated rows, written as the real files are, come back through the loader in the same layout."""
    for track in subject.challenge.tracks:
        folder = subject.folder / "real" / track.id
        folder.mkdir(parents=True)
        data = subject.data(track)
        save, load = (subject.challenge.function("data", name, track) for name in ("save", "load"))
        read = load(*save(data, folder))
        for part in ("features", "targets"):
            ours, theirs = (_layout(getattr(one, part)) for one in (data, read))
            if ours != theirs:
                raise Nonconforming(f"{track.id}: the simulator gives {part} of {ours}, the loader {theirs}")
        if len(read) != len(data):
            raise Nonconforming(f"{track.id}: {len(data)} rows were written as real files, {len(read)} read")
    return _rows(subject)


def null(subject: Subject) -> str:
    """With the physics that carries the label switched off, no baseline finds the label again."""
    return "; ".join(
        null_check.examine(subject.challenge, track, subject.simulate(track, 3, signal=False))
        for track in subject.challenge.tracks
    )


def kit_tells_nothing(subject: Subject) -> str:
    """No target, no duplicate, no straddling group, and nothing in ids, order or archive that knows the labels."""
    for track in subject.challenge.tracks:
        folder = subject.kit / folder_of(subject.challenge, track)
        known = files.read_all_labelled(folder, track.targets).features
        repeated = files.count_repeated(known, files.read_test(folder)[1])
        if repeated:
            raise Nonconforming(f"{repeated} rows of {track.id} occur twice in the kit: expected every row once")
    clues = kit_audit.audit(subject.judge, subject.challenge.id)
    guilty = [clue for clue in clues if not clue.innocent]
    if guilty:
        one = guilty[0]
        raise Nonconforming(f"{one.what}: {one.value:.3f}, chance stays between {one.low:.3f} and {one.high:.3f}")
    return f"{len(clues)} clues within chance"


def answers_win(subject: Subject) -> str:
    """The answers get the best value there is, and a constant the worth of nothing."""
    for track in subject.challenge.tracks:
        holdout, metric = subject.holdout(track), METRICS[track.metric]
        for name in holdout.salts:
            best = _score(_answers(track, holdout), holdout, name)
            if best != (metric.high if metric.greater_is_better else metric.low):
                raise Nonconforming(
                    f"the answers of {track.id} score {best:g} on {name}: expected the best {metric.name}"
                )
            constant = np.full((len(holdout.ids), len(track.columns)), track.sample)
            if track.metric.endswith("roc_auc") and _score(constant, holdout, name) != 0.5:
                raise Nonconforming(f"a constant scores {_score(constant, holdout, name):g} on {track.id}, {name}")
    return "on every track and slice"


def starter_is_the_floor(subject: Subject) -> str:
    """Each track's starter runs as it is, its file is accepted, beats the sample, and is no better than the floor."""
    return "; ".join(f"{track.id}: {_starter(subject, track)}" for track in subject.challenge.tracks)


def _starter(subject: Subject, track: Track) -> str:
    folder, before = subject.kit / folder_of(subject.challenge, track), _cpu_seconds()
    run = subprocess.run([sys.executable, "starter.py"], cwd=folder, capture_output=True, text=True, check=False)
    seconds = _cpu_seconds() - before
    if run.returncode:
        raise Nonconforming(f"starter.py ended with status {run.returncode}: {run.stderr.strip()[-300:]}")
    holdout, metric = subject.holdout(track), METRICS[track.metric]
    files_sent = [folder / name(track) for name in (submission_name, sample_name)]
    sent = [check_file(subject.judge.event, subject.name(track), file).values for file in files_sent]
    answers = [scoring_judge.Predictions(values) for values in sent]
    value, trivial = scoring_judge.estimate(answers, holdout, PRIVATE).value.tolist()
    if (value > trivial) != metric.greater_is_better:
        raise Nonconforming(f"the starter scores {value:.3f}, not better than the sample with {trivial:.3f}")
    low, high = interval(scoring_judge.estimate(answers[:1], holdout, PRIVATE), LEVEL)[0]
    if low > track.anchors.floor if metric.greater_is_better else high < track.anchors.floor:
        raise Nonconforming(
            f"the starter scores {value:.3f} ({low:.3f} to {high:.3f}) on the small data, more than the floor "
            f"{track.anchors.floor:g}, which is to be its score on the default data"
        )
    if seconds > STARTER_SECONDS:
        raise Nonconforming(
            f"the starter took {seconds:.0f} s of processor time on the small data, not {STARTER_SECONDS}"
        )
    return f"{value:.3f} in {seconds:.1f} s of processor time"


def no_shortcut(subject: Subject) -> str:
    """No low-level summary of the features tells the label by itself, unless the README names it as physics."""
    told = []
    text = (subject.challenge.folder / "README.md").read_text("utf-8")
    for track in filter(shortcuts.known_to, subject.challenge.tracks):
        unnamed = [name for name in track.shortcuts if f"`{name}`" not in text]
        if unnamed:
            raise Nonconforming(f"{track.id}: README.md must name {unnamed} as physics, for [tracks.shortcuts] does")
        found = shortcuts.measured(track, subject.data(track))
        leads = [one for one in found if one.is_open]
        if leads:
            one = leads[0]
            raise Nonconforming(
                f"{track.id}: {one.name} alone reaches an AUC of {one.auc:.3f} ({one.low:.3f} to {one.high:.3f}), "
                f"expected at most {one.bound:g}"
            )
        told.append(f"{track.id}: at most {found[0].auc:.3f}, {found[0].name}")
    return "; ".join(told) or "no track asks for classes"


def nothing_to_look_up(subject: Subject) -> str:
    """Words of the texts that ship with the challenge, looked up, do not beat the best baseline."""
    known = lookup.shipped_words(subject.challenge)
    told = []
    for track in filter(shortcuts.known_to, subject.challenge.tracks if known else ()):
        features = subject.data(track).features
        if not isinstance(features, pd.DataFrame):
            continue
        holdout = subject.trial(track)
        best = max(_score(answers, holdout, ladders.WHOLE) for _, answers in subject.fitted(track))
        for name, share in lookup.looked_up(known, features):
            area = _score(share, holdout, ladders.WHOLE)
            if area >= best:
                raise Nonconforming(
                    f"{track.id}: looking {name} up among {len(known):,} words that ship reaches an AUC of {area:.3f}, "
                    f"the best baseline {best:.3f}"
                )
            told.append(f"{track.id}: {name} {area:.3f}, best baseline {best:.3f}")
    return "; ".join(told) or "no words ship"


def ladder_climbs(subject: Subject) -> str:
    """No rung stands below the one before, and the best leaves something to be won."""
    return "; ".join(
        ladders.climbs(track, list(subject.fitted(track)), subject.trial(track)) for track in subject.challenge.tracks
    )


CHECKS: dict[str, Callable[[Subject], str]] = {
    check.__name__: check
    for check in (
        described,
        manifest,
        repeatable,
        like_the_real_files,
        null,
        kit_tells_nothing,
        answers_win,
        starter_is_the_floor,
        no_shortcut,
        nothing_to_look_up,
        ladder_climbs,
    )
}


def run(challenge_id: str, folder: Path) -> Iterator[Finding]:
    """Examine a challenge, check by check; a check that breaks is a finding, not an end.

    Parameters
    ----------
    challenge_id : str
    folder : Path
        An empty one, for an event that is thrown away.

    Raises
    ------
    ChallengeError
        If there is no such challenge, or its challenge.toml is wrong.
    """
    subject = Subject(challenge_id, folder)
    try:
        for name, check in CHECKS.items():
            try:
                yield Finding(name, True, check(subject))
            except Exception as error:
                yield Finding(name, False, f"{type(error).__name__}: {error}")
    finally:
        subject.close()


def _rows(subject: Subject) -> str:
    return ", ".join(f"{len(subject.data(track)):,} rows of {track.id}" for track in subject.challenge.tracks)


def _equal(first: Dataset, second: Dataset) -> bool:
    same = all(np.array_equal(np.asarray(getattr(first, part)), np.asarray(getattr(second, part))) for part in _PARTS)
    return same and _layout(first.features) == _layout(second.features)


_PARTS = ("features", "targets", "groups")


def _layout(part: Rows) -> object:
    if isinstance(part, pd.DataFrame):
        return {name: str(dtype) for name, dtype in part.dtypes.items()}
    return part.shape[1:], str(part.dtype)


def _answers(track: Track, holdout: Holdout) -> np.ndarray:
    if track.answers == "images":
        return images_of(holdout.targets.iloc[:, 0].tolist())
    truth = holdout.targets.to_numpy()
    if track.answers == "texts":
        return truth.astype(np.str_)
    if METRICS[track.metric].kind == "class scores":
        return (truth == np.unique(truth)).astype(np.float64)
    return truth.astype(np.float64)


def _score(values: np.ndarray, holdout: Holdout, slice_name: str) -> float:
    return scoring_judge.score(scoring_judge.Predictions(values), holdout, slice_name).value


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
