"""The page /join: a code, then what it opens. A code is in no address but behind #, and is spent by POST alone."""

import asyncio
from functools import partial
from html import escape

from anyio import CapacityLimiter, to_thread
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from leaderboard.event import Event, EventError
from leaderboard.people import joining, sessions
from leaderboard.people.codes import CodeRefused, tidy_code
from leaderboard.people.joining import Door
from leaderboard.people.providers import Identity, IdentityRefused, keep
from leaderboard.public.texts import rules
from leaderboard.site import problems
from leaderboard.site.plain import identity
from leaderboard.site.plain.fields import Said, about, field, person_of, tick
from leaderboard.site.plain.forms import address_of, clear_note, read_form, signed_in
from leaderboard.site.plain.sheet import bad, sheet
from leaderboard.site.rates import TooManyRequests, rates_of
from leaderboard.store.database import Database
from leaderboard.store.tables import Member
from leaderboard.store.team_names import LONGEST as LONGEST_TEAM

FROM_FRAGMENT = """function look() {
  const code = decodeURIComponent(location.hash.slice(1));
  if (!code) return;
  history.replaceState(null, "", location.pathname);
  const form = document.forms[0];
  form.noValidate = true;
  form.elements.code.value = code;
  form.requestSubmit();
}
addEventListener("hashchange", look);
look();"""
"""A code that was scanned, also while this page is open, is looked up at once, which spends nothing; it leaves the
address and the history."""

REFUSALS = (CodeRefused, IdentityRefused, EventError)

DESK, HOME = "/desk", "/team"
WRITERS = 10


def routes(event: Event, store: Database) -> list[Route]:
    """Return the page of an event: GET asks for a code, POST looks it up, and spends it when the form says ``go``."""
    rates, limiter = rates_of(event.folder), CapacityLimiter(WRITERS)
    rules(event)  # read now, so that a text that cannot be read is noticed when serving starts

    cookie = sessions.cookie_name(event)

    def look(code: str, signed_in: str | None) -> tuple[Door, Member | None]:
        with store.read() as session:
            member = sessions.visitor(session, signed_in, loopback=True).member
            return joining.door(session, event, code), member

    def go(said: Said, address: str, who: Identity | None) -> tuple[str, str]:
        with store.write() as session:
            if not tidy_code(said.get("code", "")):
                rates.forms(address)
            return _come_in(session, event, said, who)

    async def ask(request: Request) -> HTMLResponse:
        return _ask_for_code(event, request)

    async def answer(request: Request) -> Response:
        said, address = await read_form(request), address_of(request)
        code, who = said.get("code", ""), identity.verified(event, request)
        try:
            try:
                if "go" in said:
                    value, place = await to_thread.run_sync(partial(go, said, address, who), limiter=limiter)
                    done = signed_in(event, request, value, place)
                    if who:
                        identity.forget_verified(event, done)
                    return done
                found, here = await to_thread.run_sync(look, code, request.cookies.get(cookie), limiter=limiter)
            except CodeRefused:
                rates.wrong(address)
                raise
            known = {"name": who.name, "orcid": who.orcid} if who else {}
            return _ask_for_person(event, found, code, said if "go" in said else known, here=here)
        except REFUSALS as error:
            return await refused(error, request, said)

    async def refused(error: Exception, request: Request, said: Said) -> HTMLResponse:
        status, code = problems.status_of(error), said.get("code", "")
        if isinstance(error, TooManyRequests):
            await asyncio.sleep(problems.PATIENCE)
        status = 422 if status == 404 else status
        if "go" in said and not isinstance(error, CodeRefused | TooManyRequests):
            try:
                found, here = await to_thread.run_sync(look, code, request.cookies.get(cookie), limiter=limiter)
                return _ask_for_person(event, found, code, said, here=here, why=str(error), status=status)
            except REFUSALS:
                pass
        return _ask_for_code(event, request, code, why=str(error), status=status)

    return [Route("/join", ask), Route("/join", answer, methods=["POST"])]


def _come_in(session: Session, event: Event, said: Said, who: Identity | None) -> tuple[str, str]:
    """Do what a code is for; return the cookie of the session that is opened with it, and where one goes on.

    A member whom an identity provider knows signs in by it from now on.
    """
    code = said.get("code", "")
    found = joining.door(session, event, code)
    if found.way in ("member", "organiser", "preview"):
        found = joining.come_back(session, event, code, agrees="agrees" in said)
        if found.member and who:
            keep(session, found.member, who)
        opened = {"member": found.member, "organiser": found.organiser, "previews": found.way == "preview"}
        return sessions.open_session(session, **opened), HOME if found.member else DESK if found.organiser else "/"
    person = person_of(said)
    if found.way == "team":
        member = joining.join_team(session, event, code, person)
    else:
        team, bracket = said.get("team", ""), said.get("bracket", "")
        member = joining.form_team(session, event, code, team, bracket, person)
    if who:
        keep(session, member, who)
    return sessions.open_session(session, member=member), HOME


def _ask_for_code(event: Event, request: Request, code: str = "", *, why: str = "", status: int = 200) -> HTMLResponse:
    who = identity.verified(event, request)
    above = bad(why) + clear_note(event, request)
    if who:
        above += f"<p>You are {escape(who.name) or 'known'} now. A code is needed once, to find your team.</p>"
    without = ""
    if event.config.registration == "open":
        without = (
            '<form method="post" action="/join"><input type="hidden" name="code" value="">'
            '<button class="quiet">Form a team without a code</button></form>'
        )
    body = (
        f'{above}<form method="post" action="/join"><div><label for="code">Code</label>'
        f'<input class="code" id="code" name="code" value="{escape(code)}" required maxlength="40" autocomplete="off" '
        'autocapitalize="characters" spellcheck="false" placeholder="7GK2-MQ4T-WXYZ" aria-describedby="where">'
        '<small id="where">The organiser shows one to form a team by. A team gives its own to who joins it.</small>'
        f"</div><button>Go on</button></form>{without}{'' if who else identity.links(event)}"
        '<p><small>With a team\'s token you <a href="/submit">sign in here</a>.</small></p>'
    )
    return sheet(event, "Join", body, status=status, script=FROM_FRAGMENT)


def _ask_for_person(
    event: Event, found: Door, code: str, said: Said, *, here: Member | None, why: str = "", status: int = 200
) -> HTMLResponse:
    title, word = {
        "new team": ("A new team", "Form the team"),
        "team": (f"Join {found.team.name}" if found.team else "", "Join the team"),
        "member": ("Sign in", "Sign in"),
        "organiser": ("Sign in", "Sign in"),
        "preview": ("Preview", "Open the preview"),
    }[found.way]
    if found.way == "preview":
        fields = "<p>This shows the event before it opens. Nothing can be sent from it.</p>"
    elif found.organiser:
        fields = f"<p>You are <b>{escape(found.organiser.name)}</b>, {escape(found.organiser.role)} of this event.</p>"
    elif found.member and found.team:
        fields = f"<p>You are <b>{escape(found.member.name)}</b> of <b>{escape(found.team.name)}</b>.</p>"
        fields += _agreement(event, said) if found.member.agreed_at is None else ""
    else:
        fields = (_team(event, said) if found.way == "new team" else "") + _person(event, said)
    body = (
        f'{bad(why)}{_is_here(here, found)}<form method="post" action="/join">'
        f'<input type="hidden" name="code" value="{escape(code)}">'
        f'{fields}<button name="go" value="1">{word}</button></form>'
    )
    return sheet(event, title, body, status=status, script=FROM_FRAGMENT)


def _is_here(here: Member | None, found: Door) -> str:
    """Say who is signed in in this browser, lest the same person joins twice."""
    if here is None or (found.member and found.member.id == here.id):
        return ""
    return (
        f"<p>This browser is signed in already: you are <b>{escape(here.name)}</b> of <b>{escape(here.team.name)}</b>. "
        f'<a href="{HOME}">Go to your team</a>, or go on here as somebody else, who is signed in instead.</p>'
    )


def _team(event: Event, said: Said) -> str:
    brackets, chosen = ("", *event.config.brackets), said.get("bracket", "")
    options = "".join(
        f'<option value="{escape(one)}"{" selected" * (one == chosen)}>{escape(one or "none")}</option>'
        for one in brackets
    )
    choice = f'<div><label for="bracket">Bracket</label><select id="bracket" name="bracket">{options}</select></div>'
    return field("team", "Name of the team", said, required=True, most=LONGEST_TEAM) + choice * (len(brackets) > 1)


def _person(event: Event, said: Said) -> str:
    return (
        about(said)
        + _agreement(event, said)
        + '<small>What is kept of you, why and how long: <a href="/privacy" target="_blank">your data</a>. '
        "You can see, change and delete all of it there.</small>"
    )


def _agreement(event: Event, said: Said) -> str:
    wanted = rules(event)
    if not wanted:
        return ""
    names = " and the ".join(title.lower() for title in wanted)
    return tick("agrees", f'I agree to the <a href="/rules" target="_blank">{names}</a>', said, required=True)
