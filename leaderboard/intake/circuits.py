"""Declared circuits: read by their challenge's own reader, kept word for word, named by the SHA-256 of the text."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import ModuleType
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from leaderboard.event import Event, EventError
from leaderboard.intake.repeats import Repeatable
from leaderboard.store.database import Database
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import Circuit

By = Callable[[ModuleType, bytes, int], Any]

WHAT_IT_MEANS = "A circuit is what its team declares: the text was checked, not that the scores came from it."
"""Stands wherever declared circuits are shown."""

HOW_TO = (
    "upload its OpenQASM 3 text beside the predictions, name it with `submit.py submit --circuit FILE`, or POST it to "
    "/api/v1/tracks/{track}/circuits and send the predictions with ?circuit= and the SHA-256 that comes back"
)


class DeclarationRefused(ValueError):
    """A circuit that may not be declared.

    Attributes
    ----------
    problems : tuple
        What is wrong, each with a ``line``, counted from 1, and a ``reason``; always safe to show.
    """

    def __init__(self, problems: tuple) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))

    def to_json(self) -> dict[str, Any]:
        """Return the problems as plain dictionaries and lists."""
        return {"problems": [asdict(problem) for problem in self.problems]}


class CircuitMissing(EventError):
    """Predictions without a declared circuit, for a track that asks for one."""


class CircuitMismatch(EventError):
    """A circuit for a track that has none, or another one than these very predictions came with before."""


def size_limit(event: Event, track: str) -> int:
    """Return how many bytes a declaration may have, or raise CircuitMismatch where a track has no circuits."""
    return _reader(event, track)[1].MAX_BYTES


@dataclass(frozen=True)
class Reading:
    """A declaration that may be kept: which track it is for, its text, and what its challenge's reader found in it.

    Attributes
    ----------
    found : object
        With the counts ``qubits``, ``features``, ``parameters``, ``depth`` and ``gates``, and in ``feature_names`` and
        ``parameter_names`` which inputs are which; as a string it says all that in a sentence.
    """

    track: str
    sha256: str
    text: str
    found: Any

    def to_json(self) -> dict[str, Any]:
        """Return what the team should see of it: what was recognised as what."""
        shown = ("qubits", "features", "parameters", "depth", "feature_names", "parameter_names")
        return {"sha256": self.sha256, **{name: getattr(self.found, name) for name in shown}}


def read(event: Event, track: str, text: bytes, *, by: By | None = None) -> Reading:
    """Read a declaration, without keeping it.

    Parameters
    ----------
    event : Event
    track : str
    text : bytes
    by : callable, optional
        What calls the challenge's own module: ``(module, text, qubits)`` to what it found; by default this process.

    Raises
    ------
    DeclarationRefused
        Naming each line and what is wrong with it.
    CircuitMismatch
        If the track has no circuits.
    """
    name, module, qubits = _reader(event, track)
    try:
        found = by(module, text, qubits) if by else module.read(text, max_qubits=qubits)
    except module.DeclarationError as error:
        raise DeclarationRefused(error.problems) from error
    return Reading(name, hashlib.sha256(text).hexdigest(), text.decode("utf-8"), found)


def keep(store: Database, reading: Reading, repeatable: Repeatable | None = None) -> Circuit:
    """Keep a declaration that was read; the same text again is the same circuit, whoever sends it.

    Its counts are those of the latest reading: a text may have come before, and been read by an earlier reader.
    """
    with store.write() as session:
        circuit = _find(session, reading.track, reading.sha256)
        if circuit is None:
            circuit = Circuit(track=reading.track, sha256=reading.sha256, text=reading.text, created_at=now())
            session.add(circuit)
            audit(session, "circuit declared", track=reading.track, circuit=reading.sha256)
        found = reading.found
        circuit.qubits, circuit.parameters, circuit.depth = found.qubits, found.parameters, found.depth
        circuit.gates = dict(found.gates)
        if repeatable:
            repeatable.keep(session, reading.to_json())
        return circuit


def declare(event: Event, store: Database, track: str, text: bytes) -> Circuit:
    """Read a declaration and keep it.

    Raises
    ------
    DeclarationRefused, CircuitMismatch
        As in `read`; nothing is kept.
    """
    return keep(store, read(event, track, text))


def must_fit(session: Session, event: Event, track: str, sha256: str | None, *, ghost: bool = False) -> Circuit | None:
    """Return the circuit that predictions come with: a declared one where the track asks for it, else None.

    Ghosts need none: a baseline without a circuit is a classical one.

    Raises
    ------
    CircuitMissing
        If the track asks for a circuit, and none is named or it was never declared.
    CircuitMismatch
        If the track has no circuits and one is named.
    """
    if sha256 is None and (ghost or event.track(track)[1].circuit is None):
        return None
    name, *_ = _reader(event, track)
    circuit = sha256 and _find(session, name, sha256)
    if not circuit:
        what = f"the circuit {sha256[:64]!r} was never declared to {name}" if sha256 else f"{name} asks for a circuit"
        raise CircuitMissing(f"{what}: {HOW_TO.format(track=name)}")
    return circuit


def _reader(event: Event, track: str) -> tuple[str, ModuleType, int]:
    """Return a track's full name, the module that reads its declarations, and how many qubits they may have."""
    challenge, found = event.track(track)
    name = challenge.full_name(found)
    if found.circuit is None:
        raise CircuitMismatch(f"{name} has no circuits: send the predictions alone")
    return name, challenge.module("declaration"), found.circuit.qubits


def _find(session: Session, track: str, sha256: str) -> Circuit | None:
    return session.scalar(select(Circuit).where(Circuit.track == track, Circuit.sha256 == sha256))
