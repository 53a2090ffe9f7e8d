"""Checks of files and circuits from strangers: in processes of their own, which have limits and see no secret."""

import atexit
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO, cast

import numpy as np

from leaderboard.event import Event, EventError
from leaderboard.intake import checker, circuits
from leaderboard.intake.receive import check_file, formats_of
from leaderboard.public.data import public_data
from leaderboard.store.tables import Team
from scoring.predictions import PredictionFileError, Predictions
from scoring.predictions.problems import Example, Problem, naming_track

WORKERS = 3
SECONDS, LONGEST = 20, 60
"""Of processor time that a check may take, and by the clock on the wall, for whatever waits instead."""

MEMORY = 2**29
"""Bytes that a check may take beyond four times the largest file of its track."""

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}


class CheckFailed(EventError):
    """A check that took more than it may, or broke off."""


class Checkers:
    """Processes that check what teams send, one thing at a time for each team.

    However much a team asks for, it waits for itself, and holds up one process at most. All end with the process that
    made them.

    Parameters
    ----------
    event : Event
    workers : int
        How many processes.
    """

    def __init__(self, event: Event, workers: int = WORKERS) -> None:
        self.event = event
        tracks = map(event.track, event.tracks())
        modules = sorted({f"challenges.{challenge.id}.declaration" for challenge, track in tracks if track.circuit})
        self._processes = [Process(modules) for _ in range(workers)]
        self._idle: queue.Queue[Process] = queue.Queue()
        for process in self._processes:
            self._idle.put(process)
        self._turns: dict[int, threading.Lock] = {}
        self._asked: Counter[int] = Counter()
        self._lock = threading.Lock()
        atexit.register(self.close)

    def check(self, track: str, upload: bytes | Path, team: Team) -> Predictions:
        """Check a file as `receive.check_file` does.

        Raises
        ------
        scoring.predictions.PredictionFileError
            Naming everything that is wrong with the file.
        CheckFailed
            If it took too much.
        EventError
            If the event has no such track.
        """
        format_file = public_data(self.event, track).format_file
        path = str(upload.resolve()) if isinstance(upload, Path) else None
        job = {"what": "predictions", "format": str(format_file), "path": path}
        answer, body = self._ask(team, job, upload if isinstance(upload, bytes) else b"")
        if problems := answer.get("problems"):
            raise naming_track(PredictionFileError([_problem(**one) for one in problems]), formats_of(self.event))
        return Predictions(np.frombuffer(body, answer["dtype"]).reshape(answer["shape"]))

    def read_circuit(self, track: str, text: bytes, team: Team) -> circuits.Reading:
        """Read a declared circuit as `circuits.read` does.

        Raises
        ------
        leaderboard.intake.circuits.DeclarationRefused, leaderboard.intake.circuits.CircuitMismatch
            As there.
        CheckFailed
            If it took too much.
        """

        def read(module: ModuleType, text: bytes, max_qubits: int) -> Any:
            job = {"what": "circuit", "module": module.__name__, "max_qubits": max_qubits}
            answer, _ = self._ask(team, job, text)
            if problems := answer.get("problems"):
                raise module.DeclarationError([module.Problem(**one) for one in problems])
            found = answer["found"].items()
            found = {name: tuple(value) if isinstance(value, list) else value for name, value in found}
            return module.Declaration(**found)

        return circuits.read(self.event, track, text, by=read)

    def close(self) -> None:
        """End all processes."""
        atexit.unregister(self.close)
        for process in self._processes:
            process.end()

    def _ask(self, team: Team, job: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        with self._turn(team.id):
            process = self._idle.get()
            try:
                return process.ask(job, body)
            finally:
                self._idle.put(process)

    @contextmanager
    def _turn(self, team: int) -> Generator[None]:
        """Wait until no other check of a team is going on."""
        with self._lock:
            self._asked[team] += 1
            turn = self._turns.setdefault(team, threading.Lock())
        try:
            with turn:
                yield
        finally:
            with self._lock:
                self._asked[team] -= 1
                if not self._asked[team]:
                    del self._asked[team], self._turns[team]


class Process:
    """A process that does jobs one after the other; one that died is replaced.

    Parameters
    ----------
    modules : list of str
        What it imports at once, besides the reader of prediction files.
    """

    def __init__(self, modules: list[str]) -> None:
        self._command = [sys.executable, "-m", checker.__name__, *modules]
        self._start()

    def ask(self, job: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """Return what the process answers.

        Raises
        ------
        CheckFailed
            If it dies instead.
        """
        if self._popen.poll() is not None:
            self._start_anew()
        too_long = threading.Timer(LONGEST, self._popen.kill)
        too_long.start()
        try:
            checker.send(self._to, job | {"seconds": SECONDS, "memory": MEMORY}, body)
            answer, body = checker.receive(self._from)
        except BaseException as error:
            self._popen.kill()  # Whatever it may still say is no answer any more.
            ended = self._popen.wait()
            self._start_anew()
            if not isinstance(error, EOFError | OSError | ValueError):
                raise
            raise CheckFailed(_why(ended)) from error
        finally:
            too_long.cancel()
        if broke := answer.get("broke"):
            raise CheckFailed(_why(broke))
        return answer, body

    def end(self) -> None:
        """End the process."""
        self._popen.kill()
        self._popen.wait()
        for stream in (self._to, self._from):
            with suppress(OSError):  # What could not be written any more.
                stream.close()

    def _start_anew(self) -> None:
        self.end()
        self._start()

    def _start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PHYSATHON_")}
        self._popen = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=environment | ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the web, which ends them.
        )
        self._to, self._from = cast(BinaryIO, self._popen.stdin), cast(BinaryIO, self._popen.stdout)


class Here:
    """Checks in this very process: for commands, the judge, and where no `Checkers` were started."""

    def __init__(self, event: Event) -> None:
        self.event = event

    def check(self, track: str, upload: bytes | Path, team: Team) -> Predictions:
        """Check a file."""
        return check_file(self.event, track, upload)

    def read_circuit(self, track: str, text: bytes, team: Team) -> circuits.Reading:
        """Read a declared circuit."""
        return circuits.read(self.event, track, text)


_started: dict[Path, Checkers] = {}


def start(event: Event) -> Checkers:
    """Start the processes that check what is sent to an event, once in this process."""
    if event.folder not in _started:
        _started[event.folder] = Checkers(event)
    return _started[event.folder]


def started(event: Event) -> Checkers | Here:
    """Return what checks files for an event in this process."""
    return _started.get(event.folder) or Here(event)


def _problem(examples: list[dict[str, Any]], kind: str, count: int, meaning: str) -> Problem:
    return Problem(kind, count, [Example(**one) for one in examples])


def _why(ended: int | str) -> str:
    """Say why there was no answer, by how a process ended or what it said."""
    if ended == "memory":
        what = f"took more than {MEMORY >> 20} MiB of memory beyond its file"
    elif ended == -getattr(signal, "SIGXCPU", 0):
        what = f"took more than {SECONDS} s of processor time"
    elif ended == -getattr(signal, "SIGKILL", 0):
        what = f"was ended: it took longer than {LONGEST} s, or the machine had no more memory"
    elif isinstance(ended, int) and ended < 0:
        what = f"broke off ({signal.Signals(-ended).name})"
    else:
        what = f"broke off ({ended})"
    return f"the check {what}; this cost you nothing"
