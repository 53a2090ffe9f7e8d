"""The whole event in one go, for a first look: data, kit, baselines, three teams, a judged board."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np

from baselines.rungs import Baseline, rungs
from challenges.dataset import Dataset
from challenges.files import write_atomically
from challenges.pythia import SimulatorMissing
from challenges.spec import Track
from leaderboard import ghosts
from leaderboard.event import Event, EventError, EventNotOpen
from leaderboard.intake import receipts
from leaderboard.intake.receive import receive
from leaderboard.judge import prepare, results, worker
from leaderboard.judge.judging import Judge
from leaderboard.judge.vault import Vault
from leaderboard.kit.build import build_kit
from leaderboard.people import teams
from leaderboard.public.data import kit_file
from leaderboard.store.queries import accepted

TEAMS = {"Muon Collective": (0, 0.1), "Transverse Mass": (-1, 0.15), "Boosted Tops": (-1, 0.6)}
"""Each demo team trains one rung of the ladder (first or last) on a fraction of the training rows."""

Say = Callable[[str], None]


def tokens_file(event: Event) -> Path:
    """Where the demo teams' tokens lie, readable by their owner alone."""
    return event.folder / "demo-tokens.txt"


def open_demo(folder: Path, *, size: str = "default") -> Judge:
    """Return the judge of a demo event, made first if there is none; ``size`` (small or default) is for a new one."""
    if not (folder / "event.toml").exists():
        Event.create(folder, name="physathon demo", size=size)
    event = Event(folder)
    receipts.make_key(event)
    return Judge(event, Vault(event, create=True))


def play(
    judge: Judge,
    *,
    slow: bool = False,
    say: Say,
    bars: Callable[[], AbstractContextManager[results.TaskProgress]],
) -> Iterator[str]:
    """Fill one challenge after the other and yield the id of each that is judged.

    Those whose simulator is not installed here are left out, which is said in the end; a later run takes them up.

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
    for challenge_id in challenges:
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
    if not (event.public / challenge_id).exists():
        prepare.simulate(judge, challenge_id, progress=progress)
    if not kit_file(event, challenge_id).exists():
        say(f"kit: {build_kit(event, challenge_id)}")
    for track in event.tracks(challenge_id):
        _, found = event.track(track)
        if _played(judge, track) and not slow:
            continue
        train = ghosts.training_data(event, track)
        climbed = rungs(challenge_id, found.id, slow=slow)
        for done, rung in enumerate(climbed, start=1):
            ghosts.enter(event, judge.store, track, rung, train)
            progress(f"baselines of {track}", done, len(climbed))
        played = playable(found, climbed)
        try:
            for done, name in enumerate(TEAMS if played else (), start=1):
                _play(judge, track, name, played, train)
                progress(f"demo teams on {track}", done, len(TEAMS))
        except EventNotOpen as refused:
            say(f"demo teams send nothing to {track}: {refused}")
    worker.work(judge, once=True)


def _played(judge: Judge, track: str) -> bool:
    """Return whether every demo team has sent its file to a track: they do so last, after the baselines."""
    with judge.store.read() as session:
        return set(TEAMS) <= {submission.team.name for submission in accepted(session, track)}


def playable(track: Track, ladder: Sequence[Baseline]) -> list[Baseline]:
    """Return the rungs that demo teams train: the quick ones; where a circuit is asked for, those that run one."""
    return [rung for rung in ladder if (rung.declaration if track.circuit else not rung.slow)]


def _play(judge: Judge, track: str, name: str, played: list[Baseline], train: Dataset) -> None:
    """Let a demo team send one file, as any team would; a team that has sent one stays as it is."""
    event, (rung, fraction) = judge.event, TEAMS[name]
    with judge.store.write() as session:
        team = teams.find_team(session, name)
        if team is None:
            team = teams.add_team(session, name)
            token = teams.issue_token(session, team, demo=True)
            known = tokens_file(event).read_text() if tokens_file(event).exists() else ""
            write_atomically(tokens_file(event), f"{known}{name}: {token}\n".encode(), 0o600)
        if accepted(session, track, team.id):
            return
    rows = np.random.default_rng(1).permutation(len(train))[: int(fraction * len(train))]
    upload = ghosts.prediction_file(event, track, played[rung], train.take(rows))
    circuit = ghosts.declared(event, judge.store, track, played[rung])
    receive(event, judge.store, team, track, upload, "submission.csv", circuit=circuit)
