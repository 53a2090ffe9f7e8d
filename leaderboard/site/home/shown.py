"""Home as pages show it: the standings, what is new, and a card for each challenge."""

from leaderboard.site import opened, parts
from leaderboard.site.alive import EARLY, Part, Said
from leaderboard.site.home import cards, feed, standings
from leaderboard.site.home.glance import Glance
from leaderboard.site.opened import Site
from leaderboard.site.pages import PAGE, page_address
from leaderboard.site.words import moment, page_number, zone_of
from leaderboard.store.queries import now

OFTEN, SELDOM = 3, 10
"""Seconds between two looks at standings and news, and at the challenges' cards."""

NEWS = 8


def standings_html(site: Site, said: Said) -> str:
    """Return a ``page`` of the standings, in which the team that is the reader's ``own`` is marked."""
    glance = _glance(site, said)
    if not glance.totals:
        return parts.caption_html("No team is on a board yet: the first file that is judged opens the standings.")
    pages = standings.pages(glance)
    page = min(page_number(said.get(PAGE)), pages)
    return (
        standings.table(glance, page, said.get("own"))
        + parts.pages_html(page, pages, lambda at: page_address("", **{PAGE: str(at)}))
        + parts.caption_html(standings.meaning(glance))
    )


def new_html(site: Site, said: Said) -> str:
    """Return the newest rises, and since when they stand still."""
    glance, at, frozen = _glance(site, said), now(), site.event.config.freezes_at
    still = ""
    if frozen and frozen <= at and len(glance.final) < len(glance.boards):
        since = moment(frozen, zone_of(said.get("zone")))
        still = parts.caption_html(f"Stands still since {since}: the rest comes with the result.")
    minute = at.replace(second=0, microsecond=0)
    return still + (feed.feed(glance, minute, most=NEWS) if glance.news else parts.caption_html("Nothing yet."))


def cards_html(site: Site, said: Said) -> str:
    """Return a card for each challenge of the event."""
    glance, config, zone = _glance(site, said), site.event.config, zone_of(said.get("zone"))
    out, found = {track.partition(".")[0] for track in glance.boards}, []
    for challenge in map(site.event.challenge, config.challenges):
        if challenge.id in out:
            found.append(cards.card(challenge.id, glance))
        elif site.event.not_out(challenge.id):
            found.append(cards.later(challenge, opened.opens("It", config.out_at(challenge.id), zone)))
        else:
            found.append(cards.later(challenge, "The organiser is preparing its data"))
    return f'<ul class="physathon-cards">{"".join(found)}</ul>'


def _glance(site: Site, said: Said) -> Glance:
    return site.glances.now(early=EARLY in said)


STANDINGS = Part("standings", standings_html, OFTEN)
NEW = Part("new", new_html, OFTEN)
CARDS = Part("cards", cards_html, SELDOM)
