"""HTTP: who a token is of, and what that team may still send."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, FastAPI

from leaderboard.event import Event
from leaderboard.intake.quota import quota
from leaderboard.people.sessions import Visitor
from leaderboard.public.data import ready_tracks
from leaderboard.site.answers import Allowed, Mine
from leaderboard.store.database import Database
from leaderboard.store.queries import now


def serve_allowed(api: FastAPI, event: Event, store: Database, *, caller: Callable[..., Visitor]) -> None:
    """Serve what a team may still send.

    Parameters
    ----------
    api : FastAPI
    event : Event
    store : Database
    caller : callable
        The dependency that tells by its token who sent a request, or refuses it.
    """

    @api.get("/team")
    def my_team(sender: Annotated[Visitor, Depends(caller)]) -> Mine:
        """Who the token is of, and what that team may still send."""
        team, member, began = sender.team, sender.member, now()
        assert team is not None, "a token is a team's"
        out = [name for name in ready_tracks(event) if not event.not_out(name.partition(".")[0])]
        with store.read() as session:
            quotas = [Allowed(track=name, **vars(quota(session, event, team, name, began))) for name in out]
        return Mine(team=team.name, member=member.name if member else None, out=team.out, quotas=quotas)
