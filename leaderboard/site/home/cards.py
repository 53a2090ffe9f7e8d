"""A card for each challenge: a picture of its data, who leads, and whether anybody beats its baselines."""

from collections.abc import Sequence
from functools import lru_cache
from html import escape

from challenges.spec import Challenge, find_track, load
from leaderboard.board.entries import Entry, metric_of
from leaderboard.board.overall import counting
from leaderboard.site.home.feed import baseline_name
from leaderboard.site.home.glance import Glance
from leaderboard.site.live import Snapshot
from leaderboard.site.pages import page_address
from leaderboard.site.parts import board_of
from leaderboard.site.words import decimals, followed_by

MOST_LEADERS = 2


@lru_cache(maxsize=64)
def card(challenge_id: str, glance: Glance) -> str:
    """Return the card of a challenge that is out."""
    challenge = load(challenge_id)
    tracks = [track for track in glance.boards if track.partition(".")[0] == challenge.id]
    main = next(iter(counting(tracks)), tracks[0])
    view = glance.boards[main]
    files = sum(one.submissions for track in tracks for one in _teams(glance.boards[track].entries))
    page = page_address("challenge", main)
    best = followed_by(escape(find_track(main)[1].title), leaders(view)) if len(tracks) > 1 else leaders(view)
    boards = " · ".join(_link(track, alone=len(tracks) == 1) for track in tracks)
    return (
        f'<li><a href="{escape(page)}"><img src="/api/v1/samples/{challenge.id}/0" loading="lazy" '
        f'alt="A training row, drawn"><h3>{escape(challenge.title)}</h3></a>'
        f'<p class="first">{best}</p><p>{escape(beaten(challenge, view))}</p>'
        f'<p class="note">{files} {"file" if files == 1 else "files"} · {boards}</p></li>'
    )


def later(challenge: Challenge, says: str) -> str:
    """Return the card of a challenge of which nothing is out: what it asks, and when it opens."""
    title, summary = escape(challenge.title), escape(challenge.summary)
    return f'<li class="later"><h3>{title}</h3><p>{summary}</p><p class="note">{escape(says)}</p></li>'


def leaders(view: Snapshot) -> str:
    """Say who has the best value on a board, as HTML."""
    first = [one for one in _teams(view.entries) if one.rank == 1]
    if not first:
        return "Nobody is on the board yet" if not view.published_at else "Nobody has a place"
    names = ", ".join(f"<bdi>{escape(one.team)}</bdi>" for one in first[:MOST_LEADERS])
    more = f" and {len(first) - MOST_LEADERS} more" if len(first) > MOST_LEADERS else ""
    return f"<b>{names}</b>{more} <b>{first[0].value:.{digits(view)}f}</b>"


def digits(view: Snapshot) -> int:
    """Return how many decimals a board shows: those of its grid, after publication two more than the track's."""
    return decimals(find_track(view.track)[1].step) + 2 if view.published_at else decimals(view.step)


def beaten(challenge: Challenge, view: Snapshot) -> str:
    """Say how many teams beat the best baseline of a board; nothing where there is none.

    It is meant as the board shows it, by the values alone.
    """
    best = next((one for one in view.entries if one.kind != "team"), None)
    if best is None:
        return ""
    sign = 1 if metric_of(view.track).greater_is_better else -1
    count = sum(sign * one.value > sign * best.value for one in _teams(view.entries))
    who = {0: "No team beats", 1: "1 team beats"}.get(count, f"{count} teams beat")
    yet = "" if count or view.finalized_at else " yet"
    return f"{who} {baseline_name(best.team, challenge)}{yet}"


def _teams(entries: Sequence[Entry]) -> list[Entry]:
    return [one for one in entries if one.kind == "team"]


def _link(name: str, *, alone: bool) -> str:
    challenge, track = find_track(name)
    return f'<a href="{escape(board_of(challenge, track))}">{"Board" if alone else escape(track.title)}</a>'
