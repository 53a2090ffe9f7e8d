"""Declared circuits: read by their challenge's own reader, kept word for word, named by the SHA-256 of the text."""

import hashlib
from dataclasses import asdict
from types import ModuleType
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from leaderboard.event import Event, EventError
from leaderboard.store.database import Database
from leaderboard.store.queries import audit, now
from leaderboard.store.tables import Circuit

WHAT_IT_MEANS = "A circuit is what its team declares: the text was checked, not that the scores came from it."
"""Stands wherever declared circuits are shown."""

HOW_TO = (
    "upload its OpenQASM 3 text beside the predictions, name it with `physathon submit --circuit FILE`, or POST it to "
    "/api/tracks/{track}/circuits and send the predictions with ?circuit= and the SHA-256 that comes back"
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


def read(event: Event, track: str, text: bytes) -> Circuit:
    """Read a declaration as `declare` would, without keeping it.

    Raises
    ------
    DeclarationRefused
        Naming each line and what is wrong with it.
    CircuitMismatch
        If the track has no circuits.
    """
    name, module, qubits = _reader(event, track)
    try:
        found = module.read(text, max_qubits=qubits)
    except module.DeclarationError as error:
        raise DeclarationRefused(error.problems) from error
    return Circuit(
        track=name,
        sha256=_digest(text),
        text=text.decode("utf-8"),
        qubits=found.qubits,
        parameters=found.parameters,
        depth=found.depth,
        gates=dict(found.gates),
        created_at=now(),
    )


def declare(event: Event, store: Database, track: str, text: bytes) -> Circuit:
    """Keep a declaration; the same text again is the same circuit, whoever sends it.

    Raises
    ------
    DeclarationRefused, CircuitMismatch
        As in `read`; nothing is kept.
    """
    name, *_ = _reader(event, track)
    with store.read() as session:
        known = _find(session, name, _digest(text))
    if known is not None:
        return known
    circuit = read(event, name, text)
    with store.write() as session:
        # Once more: somebody may have sent the same text meanwhile.
        known = _find(session, name, circuit.sha256)
        if known is None:
            session.add(circuit)
            audit(session, "circuit declared", track=name, circuit=circuit.sha256)
        return known or circuit


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


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
