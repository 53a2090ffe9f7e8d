"""Checks revealed answers against what the organiser committed to before the event."""

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from leaderboard.event import EventError
from leaderboard.store import HoldoutRecord


def verify_revealed(session: Session, revealed: bytes) -> str:
    """Return which commitment a revealed file keeps.

    Raises
    ------
    EventError
        If its SHA-256 was never committed to.
    """
    sha256 = hashlib.sha256(revealed).hexdigest()
    for record in session.scalars(select(HoldoutRecord).order_by(HoldoutRecord.created_at)):
        for name, committed in record.commitments.items():
            if committed == sha256:
                return f"the {name} answers of {record.track}, committed to on {record.created_at.isoformat()}"
    raise EventError(f"no holdout of this event was committed to with SHA-256 {sha256}")
