"""The pages /rules and /privacy: what everybody agrees to, and what is kept of persons, shown to each of them."""

from dataclasses import asdict
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from leaderboard.event import Event, EventError
from leaderboard.people import sessions
from leaderboard.people.joining import Person
from leaderboard.people.members import change_member
from leaderboard.people.privacy import kept_until
from leaderboard.people.providers import providers
from leaderboard.people.teams import TokenRefused
from leaderboard.public.texts import rules, texts
from leaderboard.site.markdown import MARKDOWN
from leaderboard.site.plain import identity
from leaderboard.site.plain.fields import Said, about, person_of
from leaderboard.site.plain.forms import read_form
from leaderboard.site.plain.sheet import bad, sheet
from leaderboard.site.problems import status_of
from leaderboard.store.database import Database
from leaderboard.store.erasure import erase
from leaderboard.store.tables import Member

OWN = (
    '<h2>All of it</h2><p><a class="act" href="/api/v1/me.json" download>Download all of it</a></p>'
    '<form method="post" action="/api/v1/session/end">'
    '<button class="quiet" name="everywhere" value="1">Sign out everywhere</button></form>'
    '<form method="post" action="/privacy"><label class="tick"><input type="checkbox" name="delete" value="1" required>'
    "<span>Delete what is kept of me. I am signed out everywhere; files and questions stay with my team, without my "
    "name. This cannot be undone.</span></label>"
    '<button class="quiet">Delete my data</button></form>'
)


def routes(event: Event, store: Database, *, loopback: bool) -> list[Route]:
    """Return the pages of an event; on the latter a member finds its own data, to change, have or delete."""
    cookie = sessions.cookie_name(event)

    def member_of(session: Session, request: Request) -> Member | None:
        return sessions.visitor(session, request.cookies.get(cookie), loopback=loopback).member

    def see(request: Request, said: Said | None = None, why: str = "", status: int = 200) -> HTMLResponse:
        with store.read() as session:
            member = member_of(session, request)
        body = bad(why) + _notice(event) + _own(member, event, said)
        return sheet(event, "Your data", body, status=status)

    def act(request: Request, said: Said) -> Response:
        with store.write() as session:
            member = member_of(session, request)
            if member is None:
                raise TokenRefused("nobody is signed in here as a member any more")
            if "delete" in said:
                erase(session, event, member, by="the person")
            else:
                change_member(session, member, **_changes(person_of(said)))
        if "delete" not in said:
            return RedirectResponse("/privacy", 303)
        answer = sheet(event, "Deleted", "<p>What was kept of you is deleted, and you are signed out everywhere.</p>")
        answer.delete_cookie(cookie)
        return answer

    async def ask(request: Request) -> Response:
        return await run_in_threadpool(see, request)

    async def answer(request: Request) -> Response:
        said = await read_form(request)
        try:
            return await run_in_threadpool(act, request, said)
        except (EventError, TokenRefused) as error:
            return await run_in_threadpool(see, request, said, str(error), status_of(error))

    async def show_rules(_request: Request) -> HTMLResponse:
        found = rules(event)
        body = "".join(
            f"<section>{_title(title, text)}{MARKDOWN.render(text)}</section>" for title, text in found.items()
        )
        return sheet(
            event, "Taking part", body or "<p>This event has no rules of its own.</p>", status=200 if found else 404
        )

    return [
        Route("/rules", show_rules),
        Route("/privacy", ask),
        Route("/privacy", answer, methods=["POST"]),
    ]


def _title(title: str, text: str) -> str:
    """Return the heading of a text that does not begin with one of its own."""
    return "" if text.lstrip().startswith("# ") else f"<h2>{escape(title)}</h2>"


def _notice(event: Event) -> str:
    config = event.config
    until = _day(kept_until(event), config.zone)
    names = " or ".join(map(escape, providers(event)))
    by_provider = (
        f" Who signs in by {names} is known by the number that they have there; meanwhile, for half an hour at most, "
        "two cookies hold it with the name and the ORCID iD that came along."
    )
    return (
        MARKDOWN.render(texts(event).get(Event.PRIVACY, ""))
        + f"""<h2>What is kept, and why</h2>
<p>Who joins a team gives a name, so that team and organisers know each other. An affiliation and an ORCID iD are
optional, and whoever is under 18 gives no ORCID iD. Beside them stand when you joined and agreed to the rules, and
whether your name may be published. Of sign-ins and tokens only digests and times are kept. Two cookies hold random
numbers and nothing else: one says that you are signed in, one guards what the pages send.{by_provider * bool(names)}
The record of files, questions and acts names you by a number alone.</p>
<h2>Who sees it</h2>
<p>Your team sees names, the organisers see all of it, nobody else sees anything. With the result your name is published
only if you said so, which is apart from the rules; nothing depends on it.</p>
<h2>How long</h2>
<p>Until {until}, {config.personal_days} days after the event closes; then all of it is deleted by itself, and the names
and files of teams remain. You can have, change and delete what is kept of you at any time before. What was deleted
stays so after a backup is restored: your number and the time are kept for this, and nothing else.</p>
<p>Addresses of computers are in the memory of the server alone, to count wrong codes and tokens, for a day at most; no
log has them.</p>"""
    )


def _own(member: Member | None, event: Event, said: Said | None) -> str:
    if member is None:
        return (
            "<h2>Yours</h2><p>Who is signed in as a member sees here what is kept, to change, download or delete it. "
            '<a href="/join">Join</a>, or sign in by a code of your own.</p>'
        )
    zone = event.config.zone
    agreed = f", agreed to the rules on {_day(member.agreed_at, zone)}" if member.agreed_at else ""
    since = f"You joined {escape(member.team.name)} on {_day(member.joined_at, zone)}{agreed}."
    change = f'<form method="post" action="/privacy">{about(said or _said(member))}<button>Save</button></form>'
    doors = "" if member.subject else identity.links(event, linking=True)
    return f"<h2>Yours</h2><p>{since}</p>{change}{doors}{OWN}"


def _said(member: Member) -> Said:
    """Return what a member has said of itself, as the fields of a form hold it."""
    ticks = {name: "1" for name in ("minor", "publishes") if getattr(member, name)}
    return {"name": member.name, "affiliation": member.affiliation or "", "orcid": member.orcid or ""} | ticks


def _changes(person: Person) -> dict[str, Any]:
    return {key: value for key, value in asdict(person).items() if key != "agrees"}


def _day(when: datetime, zone: str) -> str:
    local = when.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B %Y}"
