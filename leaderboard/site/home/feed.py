"""What is new: files by which teams became better, and what the organiser announced."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from html import escape

from challenges.spec import Challenge, find_track
from leaderboard.board.entries import metric_of
from leaderboard.people.talk import Message
from leaderboard.site.home.glance import Glance, News
from leaderboard.site.markdown import MARKDOWN
from leaderboard.site.parts import board_of
from leaderboard.site.words import ago, decimals

MOST_TOLD = 3
"""Announcements that are shown; the page Help has all."""


@lru_cache(maxsize=8)
def feed(glance: Glance, minute: datetime, *, most: int, linked: bool = True) -> str:
    """Return the newest rises as a list, with their age at a minute; a projector's lead nowhere."""
    lines = (
        f"<li>{sentence(one, glance.boards[one.track].step, linked=linked)} "
        f"<small>{ago(minute - one.rise.step.at)}</small></li>"
        for one in glance.news[:most]
    )
    return f'<ul class="physathon-feed">{"".join(lines)}</ul>'


def sentence(one: News, step: float, *, linked: bool) -> str:
    """Say what happened, as HTML.

    Parameters
    ----------
    one : News
    step : float
        The grid of the track's board.
    linked : bool
        Whether the track's name leads to its board.
    """
    (challenge, track), shown, digits = find_track(one.track), one.rise.step, decimals(step)
    title = escape(challenge.title if len(challenge.tracks) == 1 else track.title)
    where = f'<a href="{escape(board_of(challenge, track))}">{title}</a>' if linked else title
    value = f"<b>{shown.value:.{digits}f}</b>"
    if shown.kind != "team":
        return f"The baseline <bdi>{escape(baseline_name(shown.team, challenge))}</bdi> shows {value} on {where}"
    who = f"<bdi>{escape(shown.team)}</bdi>"
    if one.rise.before is None:
        return f"{who} came in with {value} on {where}"
    moved = "rose" if metric_of(one.track).greater_is_better else "came down"
    return f"{who} {moved} by {abs(shown.value - one.rise.before):.{digits}f} to {value} on {where}"


def baseline_name(team: str, challenge: Challenge) -> str:
    """Return how a baseline is called where it is clear which challenge it is of."""
    return team.removesuffix(f", {challenge.id}")


def announcements(told: Iterable[Message], minute: datetime, most: int = MOST_TOLD) -> str:
    """Return the newest of some notices as a list, with their age at a minute."""
    lines = (f"<li>{MARKDOWN.render(one.text)}<small>{ago(minute - one.at)}</small></li>" for one in list(told)[:most])
    return f'<ul class="physathon-feed announced">{"".join(lines)}</ul>'
