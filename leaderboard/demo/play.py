"""The whole event in one go: data, kits, baselines, made-up teams, judged boards."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from baselines.rungs import Baseline
from challenges import mass
from challenges.pythia import SimulatorMissing
from challenges.spec import SizeName, Track
from challenges.streams import available_cores
from leaderboard import ghosts
from leaderboard.demo import teams
from leaderboard.event import Event, EventError, EventNotOpen
from leaderboard.intake import receipts
from leaderboard.judge import prepare, results, worker
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.kit.build import build_kit
from leaderboard.people.teams import find_team
from leaderboard.public.data import kit_file
from leaderboard.store.queries import accepted, now
from leaderboard.store.tables import Submission

STORY = "exoplanet"
"""The challenge whose whole ladder is climbed: a small net, the same with care, trees on what astronomers measure."""

Say = Callable[[str], None]
Bars = Callable[[], AbstractContextManager[results.TaskProgress]]


def open_demo(folder: Path, *, size: SizeName = "demo") -> Judge:
    """Return the judge of a demo event, made first if there is none, by data of this size."""
    opens = now().replace(microsecond=0) - teams.LASTED
    return opened(folder, name="physathon demo", size=size, opens=opens, brackets=list(teams.BRACKETS))


def opened(folder: Path, **settings: Any) -> Judge:
    """Return the judge of an event, made first by these settings if there is none."""
    if not (folder / "event.toml").exists():
        Event.create(folder, **settings)
    event = Event(folder)
    receipts.make_key(event)
    return Judge(event, Vault(event, create=True))


def play(
    judge: Judge,
    *,
    slow: bool = False,
    say: Say,
    bars: Bars,
) -> Iterator[str]:
    """Fill one challenge after the other and yield the id of each that is judged.

    Those whose simulator is not installed here are left out, which is said in the end; a later run takes them up. The
    one that takes longest comes last, so that nothing waits for it.

    Parameters
    ----------
    judge : Judge
        Of a demo event.
    slow : bool
        Train the baselines that take minutes too.
    say : callable
        Told what goes on.
    bars : callable
        ``with bars() as progress`` gives each challenge what shows its progress.

    Raises
    ------
    EventError
        If no challenge is left.
    """
    left_out: dict[str, list[str]] = {}
    challenges = judge.event.config.challenges
    for challenge_id in sorted(challenges, key=STORY.__eq__):
        try:
            with bars() as progress:
                fill(judge, challenge_id, slow=slow, say=say, progress=progress)
        except SimulatorMissing as error:
            left_out.setdefault(str(error), []).append(challenge_id)
        else:
            yield challenge_id
    for why, those in left_out.items():
        say(f"left out: {', '.join(those)}, because {why}")
    if sum(map(len, left_out.values())) == len(challenges):
        raise EventError(f"no simulator of this event's challenges is installed: {', '.join(challenges)}")


def fill(judge: Judge, challenge_id: str, *, slow: bool = False, say: Say, progress: results.TaskProgress) -> None:
    """Bring a challenge up to its judged boards, reusing whatever is there.

    Parameters
    ----------
    judge : Judge
        Of a demo event.
    challenge_id : str
    slow : bool
        Train the baselines that take minutes too.
    say, progress : callable
        Told what goes on.
    """
    event = judge.event
    if challenge_id == STORY and not slow:
        slow = find_spec("torch") is not None
        if not slow:
            say(f"the nets of {STORY} are left out: torch is not installed")
    supply(judge, challenge_id, say=say, progress=progress)
    climb(judge, challenge_id, slow=slow, progress=progress)
    teams.enter(event, judge.store)
    for track in event.tracks(challenge_id):
        _, found = event.track(track)
        played = playable(found, ghosts.rungs_of(event, track, slow=slow))
        best = _file_of(judge, track, played[-1]) if played else None
        try:
            if best:
                teams.send(event, judge.store, track, best)
        except EventNotOpen as refused:
            say(f"demo teams send nothing to {track}: {refused}")
    worker.work(judge, once=True)


def supply(judge: Judge, challenge_id: str, *, say: Say, progress: results.TaskProgress) -> None:
    """Make the data and the kit of a challenge, unless they are there."""
    if not (judge.event.public / challenge_id).exists():
        prepare.simulate(judge, challenge_id, progress=progress)
    if not kit_file(judge.event, challenge_id).exists():
        say(f"kit: {build_kit(judge.event, challenge_id)}")


def climb(judge: Judge, challenge_id: str, *, slow: bool = False, progress: results.TaskProgress) -> None:
    """Train the baselines of a challenge that are not on its boards yet, several at once where that takes long."""
    tracks = judge.event.tracks(challenge_id)
    total = sum(len(ghosts.rungs_of(judge.event, track, slow=slow)) for track in tracks)
    with mass.processes(1 if judge.event.config.size == "small" else min(total, available_cores())):
        for done, _ in enumerate(ghosts.enter_all(judge.event, judge.store, tracks, slow=slow), start=1):
            progress(f"baselines of {challenge_id}", done, total)


def _file_of(judge: Judge, track: str, rung: Baseline) -> Submission | None:
    with judge.store.read() as session:
        ghost = find_team(session, ghosts.name_of(rung, track))
        return next(iter(accepted(session, track, ghost.id)), None) if ghost else None


def playable(track: Track, ladder: Sequence[Baseline]) -> list[Baseline]:
    """Return the rungs that demo teams train: the quick ones; where a circuit is asked for, those that run one."""
    return [rung for rung in ladder if (rung.declaration if track.circuit else not rung.slow)]
