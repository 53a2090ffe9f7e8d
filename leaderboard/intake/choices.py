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
    final : Submission or None
        The file that decides once the finals are chosen; before, the one that the team selected.
    said : str
        How it came to be chosen, or why there is none.
    missing : list of Submission
        Those of its files that are not here, or are damaged.
    """

    team: Team
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
    finals = track_state(session, track).finals
    teams = session.scalars(select(Team).where(Team.kind == "team").order_by(Team.id))
    return [_choice(team, sent.get(team.id, []), finals, missing.get(team.id, [])) for team in teams]


def _choice(team: Team, sent: list[Submission], finals: list | None, missing: list[Submission]) -> Choice:
    if finals is None:
        final = next((one for one in sent if one.selected), None)
        said = "the team's choice" if final else "none chosen: the board's best will be" if sent else "no file"
    else:
        final = next((one for one in sent if one.id in finals), None)
        by = "the team's choice" if final and final.selected else "the board's best"
        said = by if final else "no final" if sent else "no file"
    return Choice(team, final, f"{said}; {team.out}, decides nothing" if team.out else said, missing)
