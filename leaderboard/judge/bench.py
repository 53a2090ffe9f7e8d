"""Where files are judged, here or in other processes: those are told addresses, and open the vault themselves."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from challenges import mass
from challenges.spec import PUBLIC
from leaderboard.board.entries import metric_of
from leaderboard.event import Event
from leaderboard.judge.judging import Judge, KeptPredictions
from leaderboard.judge.ladder import Judged, climb
from leaderboard.judge.raw_scores import Scored, scores_of
from leaderboard.judge.vault import LENT, Vault
from leaderboard.store.prediction_files import DamagedFile
from leaderboard.store.tables import Submission
from scoring.sealed import judge as scorer
from scoring.sealed.holdout import Holdout
from scoring.sealed.judge import Score
from scoring.sealed.lent import borrow, lend

Sent = tuple[Judged, str]
"""A score, and the SHA-256 of the predictions that it is of."""


@dataclass(frozen=True)
class Bench:
    """A holdout, and what finds files to judge on it; pickled it is two addresses, behind which the vault opens both.

    Attributes
    ----------
    event : Event
    vault : Vault
    holdout : Holdout
    lent : Path
        Where other processes find the holdout while this bench is theirs.
    """

    event: Event
    vault: Vault
    holdout: Holdout
    lent: Path

    def __reduce__(self) -> tuple:
        return _opened, (self.event.folder, self.lent)

    def predictions(self, sha256: str) -> KeptPredictions:
        """Return the predictions of that name."""
        return KeptPredictions(self.event, self.vault, sha256)

    def score(self, slice_name: str, sha256: str) -> Score | None:
        """Return what predictions score; None where their file is lost."""
        with suppress(DamagedFile):
            return scorer.score(self.predictions(sha256), self.holdout, slice_name)
        return None

    def difference_errors(self, step: float, sent: Sequence[Sent]) -> dict[tuple[int, int], float]:
        """Return the standard errors that the Ladder of one team asks for, up to a file that is lost."""
        sha256_of = {one.submission: sha256 for one, sha256 in sent}
        found: dict[tuple[int, int], float] = {}

        def difference_error(*pair: int) -> float:
            both = [self.predictions(sha256_of[one]) for one in pair]
            found[pair[0], pair[1]] = error = scorer.estimate(both, self.holdout, PUBLIC).difference_error()
            return error

        upwards = metric_of(self.holdout.track).greater_is_better
        with suppress(DamagedFile):
            climb([one for one, _ in sent], difference_error, step, greater_is_better=upwards)
        return found


@lru_cache(maxsize=1)
def _opened(folder: Path, lent: Path) -> Bench:
    """Return the bench at two addresses, in a process that was told them."""
    event = Event(folder)
    vault = Vault(event)
    return Bench(event, vault, borrow(lent, vault.derive(LENT)), lent)


@contextmanager
def bench_of(judge: Judge, holdout: Holdout) -> Generator[Bench]:
    """Yield the bench of a holdout; where work is shared, it lies in the vault under its key while the block lasts."""
    if not mass.is_shared():
        yield Bench(judge.event, judge.vault, holdout, judge.vault.folder)
        return
    with judge.vault.passing_folder(LENT) as folder:
        lend(holdout, folder / "holdout", judge.vault.derive(LENT))
        yield Bench(judge.event, judge.vault, holdout, folder / "holdout")


def scores(
    judge: Judge, bench: Bench, submissions: Sequence[Submission], slice_name: str
) -> Iterator[tuple[Submission, Scored | None]]:
    """Yield each submission with its score on a slice, kept or worked out now; None where its file is lost."""
    kept = scores_of(judge.scores, None, bench.holdout, slice_name)
    waiting = [one.sha256 for one in submissions if one.id not in kept]
    found = mass.each(partial(bench.score, slice_name), waiting)
    for one in submissions:
        yield one, kept[one.id] if one.id in kept else next(found)
