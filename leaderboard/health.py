"""How an event is: what waits, who lives, what is full; each good, to be watched or to be acted on, with what to do."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leaderboard import machine
from leaderboard.event import Event
from leaderboard.public.data import kit_file, ready_tracks
from leaderboard.store.heartbeats import alive, last_heard
from leaderboard.store.queries import now
from leaderboard.store.tables import AuditEntry, Code, Heartbeat, Job, Submission

Level = Literal["good", "watch", "act"]
"""Green, amber and red."""

WAITING = Job.state.in_(["queued", "claimed"])

LAST = 20
"""Files whose judging says how long the next one will take."""

PATIENCE = timedelta(minutes=1)
TIMES_USUAL = 10
"""The next file of the queue waits too long after a minute, and ten times what the last ones took at the median."""

LONG_QUEUE = timedelta(minutes=2)
HOUR = timedelta(hours=1)
OLD_BACKUP = timedelta(hours=24)
GIB = 2**30
ROOM: dict[Level, int] = {"act": GIB, "watch": 5 * GIB}
"""Bytes of a disk below which it is said that it becomes full."""

MEMORY: dict[Level, float] = {"act": 0.05, "watch": 0.15}
"""Shares of the memory, likewise."""

AHEAD = timedelta(seconds=2)
BACKUP = "backup made"
"""The audit log's word; its details say of ``what``."""


@dataclass(frozen=True)
class Finding:
    """One thing about an event, how it is, and what to do where that is not well.

    Examples
    --------
    >>> print(Finding("judge", "act", "no judge lives", "start one by `physathon judge`"))
    judge: no judge lives; start one by `physathon judge`
    """

    what: str
    level: Level
    says: str
    to_do: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.says}{f'; {self.to_do}' if self.to_do else ''}"


def look(session: Session, event: Event) -> list[Finding]:
    """Return how an event is now; it takes some milliseconds, and needs no vault."""
    at = now()
    return [found for examine in EXAMINED for found in examine(session, event, at)]


def worst(findings: list[Finding]) -> Level:
    """Return the level of what is worst."""
    return max((one.level for one in findings), key=("good", "watch", "act").index, default="good")


def _judges(session: Session, _event: Event, at: datetime) -> Iterator[Finding]:
    judges = alive(session, "judge")
    if judges:
        doing = "; ".join(f"{one.doing} ({one.name})" for one in judges)
        yield Finding("judge", "good", f"{len(judges)} alive: {doing}")
        return
    last = last_heard(session, "judge")
    since = f"since {in_words(at - last.at)}" if last else "within the last hour"
    waits = session.scalar(select(Job.id).where(WAITING).limit(1)) is not None
    to_do = "`physathon serve` starts one again by itself: read what it says, or start one by `physathon judge`"
    yield Finding(
        "judge", "act" if waits or alive(session, "web") else "watch", f"no judge was heard of {since}", to_do
    )


def _queue(session: Session, _event: Event, at: datetime) -> Iterator[Finding]:
    count, oldest = session.execute(select(func.count(), func.min(Job.created_at)).where(WAITING)).one()
    if not count:
        yield Finding("queue", "good", "no file waits")
        return
    done = select(Job.claimed_at, Job.finished_at).where(Job.finished_at.is_not(None)).order_by(Job.finished_at.desc())
    last = session.execute(done.limit(LAST)).all()
    took = [ended - began for began, ended in last if began and ended]
    usual = median_low(took) if took else timedelta()
    # The next file may have waited long behind others; it is the next since the last one was done.
    next_since = max([oldest, *(ended for _, ended in last[:1] if ended)])
    says = f"{count} {'file waits' if count == 1 else 'files wait'}, the oldest for {in_words(at - oldest)}"
    if at - next_since > max(PATIENCE, TIMES_USUAL * usual):
        says += f"; nothing was judged for {in_words(at - next_since)}, where a file takes {in_words(usual)}"
        yield Finding("queue", "act", says, "look at the judge: what it is at, its terminal, judge.log in the vault")
        return
    expected = count * usual / max(len(alive(session, "judge")), 1)
    if expected > LONG_QUEUE:
        to_do = "a second judge halves it: `physathon judge` where the vault is"
        yield Finding("queue", "watch", f"{says}; the last will be judged in {in_words(expected)}", to_do)
        return
    yield Finding("queue", "good", says)


def _failures(session: Session, _event: Event, at: datetime) -> Iterator[Finding]:
    failed = select(Job.error, Job.finished_at).join(Submission, Submission.id == Job.submission_id)
    failed = failed.where(Job.state == "failed", Submission.excluded.is_(None), Submission.lost.is_(False))
    given_up = session.execute(failed).all()
    if not given_up:
        yield Finding("failures", "good", "no file failed")
        return
    lately = Counter(error for error, ended in given_up if ended and at - ended <= HOUR)
    kinds = ", ".join(f"{count} {kind}" for kind, count in lately.most_common()) or "none"
    to_do = "judge.log in the vault says why; `physathon judge --retry-failed` judges them again"
    says = f"{len(given_up)} given up after three tries; within the last hour {kinds}"
    yield Finding("failures", "act" if lately else "watch", says, to_do)


def _files(session: Session, _event: Event, _at: datetime) -> Iterator[Finding]:
    count = select(func.count()).select_from(Submission)
    lost = session.scalar(count.where(Submission.lost, Submission.excluded.is_(None)))
    out = session.scalar(count.where(Submission.excluded.is_not(None)))
    excluded = f"{out} excluded" if out else "none excluded"
    if lost:
        to_do = "let their teams send them again, or take them out by `physathon exclude`"
        yield Finding("files", "act", f"{lost} missing or damaged, {excluded}", to_do)
    else:
        yield Finding("files", "good", f"none is lost, {excluded}")


def _disk(session: Session, event: Event, _at: datetime) -> Iterator[Finding]:
    free = {"event": shutil.disk_usage(event.folder).free}
    for judge in alive(session, "judge"):
        free["vault"] = min(free.get("vault", judge.disk_free), judge.disk_free)
    says = ", ".join(f"{size(room)} free where the {what} is" for what, room in free.items())
    level = _level(min(free.values()), ROOM)
    yield Finding("disk", level, says, "make room: full, it takes no more files" if level != "good" else "")


def _memory(session: Session, _event: Event, _at: datetime) -> Iterator[Finding]:
    held = [f"{one.kind} {size(one.memory)}" for kind in ("web", "judge") for one in alive(session, kind)]
    at_most = f"; held at most: {', '.join(held)}" if held else ""
    left = machine.memory()
    if left is None:
        yield Finding("memory", "good", f"the system does not say what is free{at_most}")
        return
    free, whole = left
    level = _level(free / whole, MEMORY)
    says = f"{size(free)} of {size(whole)} free{at_most}"
    yield Finding("memory", level, says, "end what else runs here, or fewer judges" if level != "good" else "")


def _clock(session: Session, _event: Event, at: datetime) -> Iterator[Finding]:
    newest = session.scalar(select(func.max(Heartbeat.at)))
    if newest and newest - at > AHEAD:
        says = f"web and judge disagree on the time: one is ahead by {in_words(newest - at)}, or it was set back"
        yield Finding("clock", "act", says, "set both machines by the same time service (NTP)")
        return
    kept = machine.clock_is_kept()
    if kept is False:
        to_do = "before the opening, let a time service (NTP) keep it: deadlines follow it"
        yield Finding("clock", "watch", f"{at:%H:%M:%S} UTC, and no time service keeps it right", to_do)
        return
    how = "a time service keeps it right" if kept else "compare it: the system does not say whether it is kept right"
    yield Finding("clock", "good", f"{at:%H:%M:%S} UTC; {how}")


def _backup(session: Session, event: Event, at: datetime) -> Iterator[Finding]:
    made = select(AuditEntry).where(AuditEntry.action == BACKUP).order_by(AuditEntry.id.desc())
    last: dict[str, datetime] = {}
    for entry in session.scalars(made):
        for what in entry.details["what"]:
            last.setdefault(what, entry.at)
        if len(last) == 2:
            break
    says, old = [], False
    for what in ("tables", "vault"):
        age = at - last[what] if what in last else None
        says.append(f"{what} {f'{in_words(age)} ago' if age is not None else 'never'}")
        old |= age is None or age > OLD_BACKUP
    begun = event.phase(at) != "before"
    to_do = "`physathon backup FILE --vault FILE`, kept on another machine" if old and begun else ""
    yield Finding("backup", "watch" if to_do else "good", ", ".join(says), to_do)


def _separation(session: Session, _event: Event, _at: datetime) -> Iterator[Finding]:
    apart = {one.apart for one in alive(session, "web")}
    if not apart:
        yield Finding("separation", "good", "no web process is served now")
    elif False in apart:
        says = "web and judge are not apart: who takes over the web process can open the vault"
        yield Finding("separation", "watch", says, "docs/security.md says how to part them")
    elif None in apart:
        yield Finding("separation", "watch", "the web process was not started by `physathon serve`: not known", "")
    else:
        yield Finding("separation", "good", "web and judge are apart: the web process cannot open the vault")


def _doors(session: Session, event: Event, at: datetime) -> Iterator[Finding]:
    config, phase = event.config, event.phase(at)
    says = {
        "before": f"opens in {in_words(config.opens - at)}",
        "open": f"open for {in_words(config.closes - at)} more",
        "closed": f"closed since {in_words(at - config.closes)}",
    }[phase]
    if config.freezes_at:
        frozen = config.freezes_at <= at
        says += ", boards stand still" if frozen else f", boards stand still from {in_words(config.freezes_at - at)} on"
    if config.paused and phase == "open":
        yield Finding("event", "watch", f"{says}; no files are taken: {config.paused}", "`physathon set paused none`")
    else:
        yield Finding("event", "good", says)
    formed = f"registration: {config.registration}"
    if config.registration == "open" and phase != "closed":
        yield Finding("doors", "watch", f"{formed}: anybody may form teams", "`physathon set registration code`")
        return
    lasts = Code.expires_at.is_(None) | (Code.expires_at > at)
    live = select(func.count()).select_from(Code).where(Code.kind == "preview", Code.uses_left > 0, lasts)
    previews = session.scalar(live) or 0
    seen = f", {previews} unspent {'codes' if previews > 1 else 'code'} for a preview" if previews else ""
    yield Finding("doors", "good", f"{formed}{seen}")


def _tracks(_session: Session, event: Event, _at: datetime) -> Iterator[Finding]:
    challenges = list(event.config.challenges)
    ready = {name.partition(".")[0] for name in ready_tracks(event)}
    empty = [one for one in challenges if one not in ready]
    bare = [one for one in challenges if one in ready and not kit_file(event, one).exists()]
    if empty:
        step = "fetch" if event.config.source == "real" else "simulate"
        yield Finding("tracks", "watch", f"no data yet: {', '.join(empty)}", f"`physathon {step} {' '.join(empty)}`")
    if bare:
        to_do = f"`physathon kit build {' '.join(bare)}`; else it is built when the first team asks"
        yield Finding("tracks", "watch", f"no kit yet: {', '.join(bare)}", to_do)
    if not (empty or bare):
        yield Finding("tracks", "good", "all have their data and kits")


EXAMINED: tuple[Callable[[Session, Event, datetime], Iterator[Finding]], ...] = (
    _queue,
    _judges,
    _failures,
    _files,
    _disk,
    _memory,
    _clock,
    _backup,
    _separation,
    _doors,
    _tracks,
)


def _level(left: float, limits: dict[Level, float] | dict[Level, int]) -> Level:
    return next((level for level in ("act", "watch") if left < limits[level]), "good")


def size(count: float) -> str:
    """Return a number of bytes as people write it.

    >>> size(3_500_000_000), size(120_000_000)
    ('3.5 GB', '120 MB')
    """
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def in_words(time: timedelta) -> str:
    """Return a time in its largest unit, or its two largest.

    Examples
    --------
    >>> in_words(timedelta(seconds=3)), in_words(timedelta(minutes=4)), in_words(timedelta(hours=30, minutes=5))
    ('3 s', '4 min', '1 d 6 h')
    >>> in_words(timedelta(milliseconds=20))
    '0.02 s'
    """
    seconds = time.total_seconds()
    if seconds < 1:
        return f"{max(seconds, 0):.1g} s"
    parts, left = [], int(seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2])


class Alarms:
    """What is to be acted on, told once when it begins and once when it ends.

    Parameters
    ----------
    say : callable
        Told of each.
    """

    LOOKS = 3
    """How often in a row a thing must be so before it is told: processes need some seconds to start."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._seen: Counter[str] = Counter()

    def hear(self, findings: list[Finding]) -> None:
        """Take in how an event is now."""
        for one in findings:
            if one.level == "act":
                self._seen[one.what] += 1
                if self._seen[one.what] == self.LOOKS:
                    self._say(f"ALARM: {one}")
            elif self._seen.pop(one.what, 0) >= self.LOOKS:
                self._say(f"ALARM over: {one}")
