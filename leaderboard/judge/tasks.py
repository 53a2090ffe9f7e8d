"""What the desk asks of the judge. The web writes the rows: a row alone moves nothing that cannot be taken back.

For each such task the judge draws a code, keeps it in the vault and shows it on its own side alone, beside what the row
truly asks for. Only the code, typed at the desk, lets it be done: once, for this very row, its kind, track and details.
"""

import fcntl
import hmac
import json
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sqlalchemy import select

from challenges.files import make_folder, write_atomically
from challenges.mass import ClusterError, WorkersDied
from leaderboard.event import EventError
from leaderboard.judge import ceremony, corrections, finals, malformed, rescoring
from leaderboard.judge.judging import Judge
from leaderboard.judge.results import TaskProgress
from leaderboard.judge.vault import VaultError
from leaderboard.kit.build import build_kit
from leaderboard.people.codes import new_code, tidy_code
from leaderboard.people.desk import FREELY, digest_of
from leaderboard.public.data import kit_file
from leaderboard.store import copies
from leaderboard.store.faults import StoreFault
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import Task, TaskState
from leaderboard.store.tables.ceremonies import POINTS
from scoring.sealed.holdout import HoldoutError

TO_DO = Task.state.in_(["waiting", "running"]) | ((Task.state == "asking") & Task.code.is_not(None))

TRIES = 3
"""Codes that may be wrong before a task is refused."""

LONG = ("rescore", "switch", "roll back", "finalize")
"""Tasks that are mass work."""

Say = Callable[[str], None]
Sharing = Callable[[], AbstractContextManager[None]]
"""Returns what shares mass work while a block lasts."""


@dataclass(frozen=True)
class Pending:
    """A task that waits for its code, as the judge's side shows it: what it truly is, and the code."""

    task: int
    kind: str
    track: str
    digest: str
    code: str
    tries: int = 0

    def __str__(self) -> str:
        return f"task {self.task}: {self.kind} {self.track} (details {self.digest[:8]}): code {self.code}"


def look_after(judge: Judge, say: Say, sharing: Sharing = nullcontext) -> None:
    """Take up what is asked, draw codes, do what has its code; of several judges one at a time does.

    A ceremony goes on, too; whatever goes wrong with it keeps nothing else from being done.
    """
    try:
        ceremony.go_on(judge)
    except (VaultError, StoreFault):
        raise
    except Exception as error:
        judge.vault.log("ceremony", error)
    with judge.store.read() as session:
        if session.scalar(select(Task.id).where(TO_DO).limit(1)) is None:
            return
    with _alone(judge) as alone:
        if not alone:
            return
        with judge.store.read() as session:
            numbers = list(session.scalars(select(Task.id).where(TO_DO).order_by(Task.id)))
        for number in numbers:
            try:
                task = _read_task(judge, number)
            except (VaultError, StoreFault):
                raise
            except Exception as error:
                malformed.pass_over_task(judge, number, error)
            else:
                _take_up(judge, task, say, sharing)


def _read_task(judge: Judge, number: int) -> Task:
    """Return a task, or raise whatever is wrong with its row."""
    with judge.store.read() as session:
        task = session.get_one(Task, number)
    digest_of(task)
    for name, value, kind in (
        ("kind", task.kind, str),
        ("track", task.track, str),
        ("details", task.details, dict),
        ("asked_by", task.asked_by, str),
        ("code", task.code or "", str),
    ):
        if not isinstance(value, kind):
            raise TypeError(f"{name}: expected {kind.__name__}, got {type(value).__name__}")
    return task


def _take_up(judge: Judge, task: Task, say: Say, sharing: Sharing) -> None:
    if task.state == "running":
        _end(judge, task, "refused", "the judge ended while it did this: look what is done, and ask again")
    elif not _is_sound(judge, task):
        _end(judge, task, "refused", "there is no such task, or no such track")
    elif task.state == "waiting" and task.kind not in FREELY:
        _ask_for_code(judge, task, say)
    elif task.state == "waiting" or _has_its_code(judge, task):
        _do(judge, task, sharing if task.kind in LONG else nullcontext)


@contextmanager
def _alone(judge: Judge) -> Generator[bool]:
    """Yield whether no other judge of this vault looks after tasks while the block lasts."""
    judge.vault.must_be_there()
    make_folder(_folder(judge), 0o700)
    with (_folder(judge) / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


def _is_sound(judge: Judge, task: Task) -> bool:
    """Return whether a task is one that there is: its words are shown where codes are."""
    names = [*(judge.event.config.challenges if task.kind == "kit" else judge.event.tracks())]
    names += [POINTS] * (task.kind == "ceremony")
    return task.kind in _DEEDS and task.track in names


def pending(judge: Judge) -> list[Pending]:
    """Return the tasks that wait for their codes."""
    return [_read(path) for path in sorted(_folder(judge).glob("*.json"))]


def _ask_for_code(judge: Judge, task: Task, say: Say) -> None:
    asked = Pending(task.id, task.kind, task.track, digest_of(task), new_code())
    _keep(judge, asked)
    say(str(asked))
    _enter(judge, task.id, "asking", said="a code is shown where the judge runs")


def _has_its_code(judge: Judge, task: Task) -> bool:
    """Return whether a task may be done; a wrong code is counted, and after some the task is refused."""
    path = _folder(judge) / f"{task.id}.json"
    if not path.exists():
        _enter(judge, task.id, "waiting", said=None)
        return False
    asked = _read(path)
    same = hmac.compare_digest(asked.digest, digest_of(task))
    right = hmac.compare_digest(asked.code, tidy_code(task.code or ""))
    if same and right:
        path.unlink()
        return True
    if not same:
        path.unlink()
        _end(judge, task, "refused", "this is not the task any more that the code was drawn for")
    elif asked.tries + 1 >= TRIES:
        path.unlink()
        _end(judge, task, "refused", f"{TRIES} codes were wrong: ask for it again")
    else:
        _keep(judge, replace(asked, tries=asked.tries + 1))
        _enter(judge, task.id, "asking", said="that was not the code: look again where the judge runs")
    return False


def _do(judge: Judge, task: Task, sharing: Sharing) -> None:
    """Do a task; what goes wrong is its result, and nobody else's trouble."""
    _enter(judge, task.id, "running", said=None)

    def progress(what: str, done: int, total: int | None) -> None:
        _enter(judge, task.id, "running", progress=f"{what}: {done:,}{f' of {total:,}' if total else ''}")

    try:
        with sharing():
            said, result = _DEEDS[task.kind](judge, task, progress)
    except (EventError, HoldoutError, ClusterError, WorkersDied) as error:
        _end(judge, task, "refused", str(error))
    except Exception as error:
        # What went wrong may speak of labels: its text stays in the vault.
        judge.vault.log(f"task {task.id}, {task.kind} {task.track}", error)
        _end(judge, task, "refused", f"{type(error).__name__}: see judge.log in the vault")
    else:
        _end(judge, task, "done", said, result)


def _enter(judge: Judge, number: int, state: TaskState, **values: object) -> None:
    with judge.store.write() as session:
        task = session.get_one(Task, number)
        task.state, task.code = state, None
        for name, value in values.items():
            setattr(task, name, value)


def _end(judge: Judge, task: Task, state: TaskState, said: str, result: dict | None = None) -> None:
    _enter(judge, task.id, state, said=said, result=result, progress=None, finished_at=now())
    with judge.store.write() as session:
        audit(session, f"task {state}", task=task.id, kind=task.kind, track=task.track, said=said)


def _kit(judge: Judge, task: Task, _progress: TaskProgress) -> tuple[str, dict | None]:
    copies.remove(judge.event, kit_file(judge.event, task.track))
    path = build_kit(judge.event, task.track)
    return f"{path.name} of {task.track}: {path.stat().st_size:,} bytes", None


def _rescore(judge: Judge, task: Task, progress: TaskProgress) -> tuple[str, dict | None]:
    corrected = corrections.corrected_holdout(judge, task.track, task.details["corrections"])
    dry_run = rescoring.rescore(judge, task.track, corrected, progress=progress)
    moves = [asdict(move) for move in dry_run.moves]
    result = {"dry_run": dry_run.name, "holdout": corrected.digest, "moves": moves}
    return f"dry run {dry_run.name}: nothing has changed", result


def _switch(judge: Judge, task: Task, progress: TaskProgress) -> tuple[str, dict | None]:
    corrected = corrections.corrected_holdout(judge, task.track, task.details["corrections"])
    dry_run = rescoring.rescore(judge, task.track, corrected, progress=progress)
    if dry_run.name != task.details["dry_run"]:
        raise rescoring.BoardChanged(
            f"this would be dry run {dry_run.name}, not {task.details['dry_run']}: the board changed; look again"
        )
    rescoring.switch(judge, dry_run)
    return f"the board of {task.track} is that of dry run {dry_run.name}", None


def _roll_back(judge: Judge, task: Task, progress: TaskProgress) -> tuple[str, dict | None]:
    earlier = rescoring.earlier_holdout(judge, task.track)
    rescoring.switch(judge, rescoring.rescore(judge, task.track, earlier, progress=progress))
    return f"{task.track} is judged as before the last correction", None


def _finalize(judge: Judge, task: Task, progress: TaskProgress) -> tuple[str, dict | None]:
    chosen = finals.finalize(judge, task.track, progress=progress)
    return f"{len(chosen)} finals of {task.track}", None


def _ceremony(judge: Judge, task: Task, _progress: TaskProgress) -> tuple[str, dict | None]:
    plan = ceremony.begin(judge, task.track)
    return f"the ceremony of {task.track} is on the screen: {len(plan.turns)} teams, one by one", None


def _publish(judge: Judge, task: Task, _progress: TaskProgress) -> tuple[str, dict | None]:
    return f"{task.track} is published: {len(finals.publish(judge, task.track))} rows", None


def _reveal(judge: Judge, task: Task, _progress: TaskProgress) -> tuple[str, dict | None]:
    return "revealed: " + ", ".join(path.name for path in finals.reveal(judge, task.track)), None


_DEEDS = {
    "kit": _kit,
    "rescore": _rescore,
    "switch": _switch,
    "roll back": _roll_back,
    "finalize": _finalize,
    "ceremony": _ceremony,
    "publish": _publish,
    "reveal": _reveal,
}


def _folder(judge: Judge) -> Path:
    return judge.vault.folder / "tasks"


def _keep(judge: Judge, asked: Pending) -> None:
    judge.vault.must_be_there()
    write_atomically(_folder(judge) / f"{asked.task}.json", json.dumps(asdict(asked)).encode(), 0o600)


def _read(path: Path) -> Pending:
    return Pending(**json.loads(path.read_text("utf-8")))
