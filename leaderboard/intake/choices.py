"""Which file of each team decides, or would: who chose what, who has none, which files are missing; never a value."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from leaderboard.event import Event
from leaderboard.store import prediction_files
from leaderboard.store.queries import accepted, track_state
from leaderboard.store.tables import Submission, Team


@dataclass(frozen=True)
class Choice:
    """The final of one team on a track, as far as it is known.

    Attributes
    ----------
    team : Team
    decided : bool
        Whether the team has a final, or has selected one before they are chosen.
    final : Submission or None
        That file. Where a freeze keeps back which of its files was the best, it is not named before the result is.
    said : str
        How it came to be chosen, or why there is none.
    missing : list of Submission
        Those of its files that are not here, or are damaged.
    """

    team: Team
    decided: bool
    final: Submission | None
    said: str
    missing: list[Submission]


def choices(session: Session, event: Event, track: str) -> list[Choice]:
    """Return the choice of each team, in the order in which they were formed."""
    sent: dict[int, list[Submission]] = {}
    for one in accepted(session, track):
        sent.setdefault(one.team_id, []).append(one)
    lost = select(Submission).where(Submission.track == track, Submission.excluded.is_(None)).order_by(Submission.id)
    missing: dict[int, list[Submission]] = {}
    for one in session.scalars(lost):
        if one.lost or not prediction_files.is_there(event, one.sha256):
            missing.setdefault(one.team_id, []).append(one)
    state = track_state(session, track)
    kept_back = state.published_at is None and event.config.freezes_at is not None
    teams = session.scalars(select(Team).where(Team.kind == "team").order_by(Team.id))
    found = []
    for team in teams:
        final, said = _choice(sent.get(team.id, []), state.finals)
        named = None if final and kept_back and not final.selected else final
        said += ", named with the result" if named is not final else ""
        said += f"; {team.out}, decides nothing" if team.out else ""
        found.append(Choice(team, final is not None, named, said, missing.get(team.id, [])))
    return found


def _choice(sent: list[Submission], finals: list[int] | None) -> tuple[Submission | None, str]:
    """Return the final among what a team sent, and how it came to be chosen."""
    if not sent:
        return None, "no file"
    if finals is None:
        final = next((one for one in sent if one.selected), None)
        return final, "the team's choice" if final else "none chosen: the best on the board will be"
    final = next((one for one in sent if one.id in finals), None)
    if final is None:
        return None, "no final"
    return final, "the team's choice" if final.selected else "its best"
