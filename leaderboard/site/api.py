"""HTTP: what the page can do, a program can do. No label and no raw score can be reached.

Programs send a bearer token. The page's own browser has a cookie instead, which opens uploads, and what links on it
lead to.
"""

import asyncio
from collections.abc import Callable, Generator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.routing import Mount

from leaderboard.board.entries import metric_of
from leaderboard.event import Event
from leaderboard.intake import circuits, receipts
from leaderboard.intake.checking import started
from leaderboard.intake.receive import given_before, is_sample, receive
from leaderboard.intake.repeats import Repeatable
from leaderboard.people import sessions
from leaderboard.people.privacy import kept_of
from leaderboard.people.sessions import Visitor
from leaderboard.people.teams import TokenRefused, serving, token_of
from leaderboard.public.data import public_data, ready_tracks
from leaderboard.site import answers
from leaderboard.site.board.served import serve_board
from leaderboard.site.ceremony import serve_ceremony
from leaderboard.site.docs import serve_docs
from leaderboard.site.housekeeping import tokens_used
from leaderboard.site.kits import serve_kits
from leaderboard.site.live import Boards, News, Snapshot
from leaderboard.site.live import news as news_of
from leaderboard.site.multipart import DESCRIBED
from leaderboard.site.pages import PAGES, page_address
from leaderboard.site.past import Past
from leaderboard.site.plain import forms
from leaderboard.site.plain.verify import revealed_addresses, serve_verify
from leaderboard.site.problems import RESPONSES, answer_in_one_shape
from leaderboard.site.rates import rates_of
from leaderboard.site.ready import serve_ready
from leaderboard.site.results.serving import serve_results
from leaderboard.site.samples import serve_samples
from leaderboard.site.spool import KEPT_FOR, Kind, spool_of
from leaderboard.site.talk import note_unread, serve_talk
from leaderboard.site.team.allowed import serve_allowed
from leaderboard.site.team.submissions import serve_submissions
from leaderboard.site.unchanged import NamedRoute
from leaderboard.store.database import Database
from leaderboard.store.queries import REVEALING, step_of
from leaderboard.store.tables import HoldoutRecord, Member, Team, TrackState

T = TypeVar("T")

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern="^[!-~]{1,200}$",
        description="Of the sender, another one for each request: the same request again gives the first answer.",
    ),
]

VERSIONED, UNVERSIONED = "/api/v1", "/api"
"""Where the API is found, and where it was before it had a version: the same is answered there still."""

PATIENT = 40
"""Threads for what may wait, for a check or for others who write: other threads than those that answer readers."""


def create_api(
    event: Event,
    store: Database,
    boards: Boards | None = None,
    news: News | None = None,
    past: Past | None = None,
    *,
    loopback: bool,
) -> FastAPI:
    """Return the API of one event.

    Parameters
    ----------
    event : Event
    store : Database
        The event's tables.
    boards : Boards, optional
        What is shown of them now, where others look at the same.
    news : News, optional
        What is announced now, likewise.
    past : Past, optional
        How boards came to be, likewise.
    loopback : bool
        Whether only this machine can reach the server; demo tokens are refused elsewhere.
    """
    checkers, rates, used = started(event), rates_of(event.folder), tokens_used(event.folder)

    async def must_be_out(request: Request) -> None:
        """Answer nothing of a challenge, whatever path names it, before it is out; who previews may look."""
        name = request.path_params.get("track") or request.path_params.get("challenge")
        early = event.not_out(name.partition(".")[0], began(request)) if name else None
        if early and not (request.method == "GET" and (await run_in_threadpool(looks, request)).previews):
            raise early

    title, gate = f"physathon: {event.config.name}", [Depends(must_be_out)]
    here = {"servers": [{"url": VERSIONED}], "root_path_in_servers": False}
    api = FastAPI(title=title, docs_url=None, redoc_url=None, responses=RESPONSES, dependencies=gate, **here)
    api.router.route_class = NamedRoute
    answer_in_one_shape(api)
    serve_docs(api)
    serve_ready(api, event, store)
    boards, news = boards or Boards(store), news or news_of(store)
    patient = CapacityLimiter(PATIENT)

    async def patiently(function: Callable[..., T], *arguments: object, **options: object) -> T:
        return await to_thread.run_sync(partial(function, *arguments, **options), limiter=patient)

    spool = spool_of(event.folder)
    cookie = sessions.cookie_name(event)

    Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]

    def caller(request: Request, bearer: Bearer) -> Visitor:
        if bearer is None:
            raise HTTPException(401, "send the header 'Authorization: Bearer <token>'", {"WWW-Authenticate": "Bearer"})
        try:
            with store.read() as session:
                token = token_of(session, bearer.credentials)
                found = Visitor(serving(token, loopback=loopback), token.member, token=token)
        except TokenRefused:
            rates.wrong(forms.address_of(request))
            raise
        used.note(token)
        note_unread(request, news, found)
        return found

    Caller = Annotated[Visitor, Depends(caller)]

    def team(found: Caller) -> Team:
        assert found.team is not None, "a token is a team's"
        return found.team

    def visitor(session: Session, request: Request) -> Visitor:
        return sessions.visitor(session, request.cookies.get(cookie), loopback=loopback)

    def looks(request: Request) -> Visitor:
        with store.read() as session:
            return visitor(session, request)

    def signed_in(found: Annotated[Visitor, Depends(looks)]) -> Team:
        if found.team is None:
            raise HTTPException(
                401, "nobody is signed in here any more: sign in on the page, then choose the file again"
            )
        return found.team

    def who(request: Request, bearer: Bearer) -> Visitor:
        return caller(request, bearer) if bearer else looks(request)

    def person(found: Annotated[Visitor, Depends(who)]) -> Member:
        member = found.member
        if member is None:
            raise HTTPException(401, "this is about one person: sign in as a member, or send a member's own token")
        return member

    def reader(found: Annotated[Visitor, Depends(who)]) -> Team:
        return signed_in(found)

    Sender = Annotated[Team, Depends(team)]
    SignedIn = Annotated[Team, Depends(signed_in)]

    def checking(sender: Sender) -> Generator[Team]:
        with rates.check(sender.id):
            yield sender

    Checking = Annotated[Team, Depends(checking)]

    # Plain functions: FastAPI runs them on a thread, so that no file is read on the event loop.
    def prediction_limit(track: str) -> int:
        return public_data(event, track).format().size_limit

    def circuit_limit(track: str) -> int:
        return circuits.size_limit(event, track)

    PredictionLimit = Annotated[int, Depends(prediction_limit)]
    CircuitLimit = Annotated[int, Depends(circuit_limit)]

    def began(request: Request) -> datetime | None:
        return getattr(request.state, "began", None)

    @api.post("/session", include_in_schema=False)
    async def sign_in(request: Request) -> RedirectResponse:
        said = await forms.read_form(request)
        token, page, track = said.get("token", ""), said.get("to", "submit"), said.get("track")
        page = page if page in PAGES else "submit"
        track = track if track in event.tracks() else None

        def opened() -> str:
            with store.write() as session:
                return sessions.sign_in(session, token, loopback=loopback)

        try:
            value = await patiently(opened)
        except TokenRefused as error:
            rates.wrong(forms.address_of(request))
            return RedirectResponse(page_address(page, track, refused=type(error).__name__), 303)
        return forms.signed_in(event, request, value, page_address(page, track))

    @api.post("/session/end", include_in_schema=False)
    async def sign_out(request: Request) -> RedirectResponse:
        everywhere = "everywhere" in await forms.read_form(request)

        def closed() -> None:
            with store.write() as session:
                sessions.sign_out(session, request.cookies.get(cookie), everywhere=everywhere)

        await patiently(closed)
        answer = RedirectResponse("/submit", 303)
        answer.delete_cookie(cookie)
        return answer

    @api.post("/tracks/{track}/files", status_code=201, include_in_schema=False)
    async def upload(track: str, request: Request, sender: SignedIn, kind: Kind, filename: str) -> dict:
        limit = await run_in_threadpool(circuit_limit if kind == "circuit" else prediction_limit, track)
        async with spool.take(request, sender.id, limit) as path:
            kept = spool.keep(path, sender.id, filename)
        asyncio.get_running_loop().call_later(KEPT_FOR, spool.drop, kept.id)
        return {"file": kept.id}

    @api.get("/event", response_model=answers.Event)
    def show_event() -> dict:
        """The event: its times, its rules, what is asked."""
        config, ready = event.config, ready_tracks(event)
        with store.read() as session:
            revealing = session.scalars(select(TrackState.name).where(REVEALING).order_by(TrackState.name)).all()
        return {
            "name": config.name,
            "opens": config.opens,
            "closes": config.closes,
            "freezes_at": config.freezes_at,
            "releases": config.releases,
            "phase": event.phase(),
            "paused": config.paused,
            "banner": config.banner,
            "registration": config.registration,
            "largest_team": config.largest_team,
            "brackets": config.brackets,
            "source": config.source,
            "submissions_per_day": config.submissions_per_day,
            "submissions_in_all": config.submissions_in_all,
            "key_sha256": receipts.fingerprint(event),
            "tracks": [name for name in ready if not event.not_out(name.partition(".")[0])],
            "revealing": revealing,
            "challenges": [
                {
                    "challenge": one.id,
                    "title": one.title,
                    "summary": one.summary,
                    "opens": config.out_at(one.id),
                    "tracks": [name for name in ready if name.partition(".")[0] == one.id],
                }
                for one in map(event.challenge, config.challenges)
            ],
        }

    @api.get("/tracks/{track}", response_model=answers.Track)
    def show_track(track: str) -> dict:
        """What a track asks, and how far it has come."""
        challenge, found = event.track(track)
        name = challenge.full_name(found)
        with store.read() as session:
            state = session.get(TrackState, name)
            holdout = state and session.get(HoldoutRecord, state.holdout)
            step = step_of(session, name) if state else found.step
        return {
            "track": name,
            "title": found.title,
            "opens": event.config.out_at(challenge.id),
            "task": found.task,
            "metric": found.metric,
            "greater_is_better": metric_of(name).greater_is_better,
            "columns": ["id", *found.columns],
            "step": step,
            "circuit": found.circuit and found.circuit.model_dump(),
            "exhibition": found.exhibition,
            "finalized": bool(state and state.finalized_at),
            "revealing": bool(state and state.revealing_at and not state.published_at),
            "published": bool(state and state.published_at),
            "revealed": revealed_addresses(event, name),
            "holdout": holdout
            and {"digest": holdout.digest, "commitments": holdout.commitments, "secret": holdout.secret},
        }

    def board_now(track: str) -> Snapshot:
        challenge, found = event.track(track)
        return boards.now(challenge.full_name(found))

    @api.get("/receipts.pem", response_class=FileResponse, responses=_file_of("application/x-pem-file"))
    def get_key() -> FileResponse:
        """The public key that verifies receipts."""
        return FileResponse(event.public / "receipts.pem", media_type="application/x-pem-file")

    def of_key(
        key: str | None, sender: Team, path: Path, what: str, track: str, *about: str | None
    ) -> Repeatable | None:
        challenge, found = event.track(track)
        return Repeatable.of(sender, key, path, what, challenge.full_name(found), *about) if key else None

    def before(response: Response, answer: Callable[[Session], dict | None]) -> dict | None:
        with store.read() as session:
            first = answer(session)
        if first is not None:
            response.headers["Idempotency-Replayed"] = "true"
        return first

    def checked(track: str, path: Path, sender: Team) -> answers.Checked:
        predictions = checkers.check(track, path, sender)
        sample = is_sample(event, track, predictions)
        return answers.Checked(rows=len(predictions.values), predictions_sha256=predictions.sha256, sample=sample)

    @api.post("/tracks/{track}/check", openapi_extra=DESCRIBED)
    async def check_only(track: str, request: Request, sender: Checking, limit: PredictionLimit) -> answers.Checked:
        """Check a prediction file, the body; it costs no file."""
        async with spool.take(request, sender.id, limit) as path:
            return await patiently(checked, track, path, sender)

    @api.post("/tracks/{track}/circuits", status_code=201, response_model=answers.Circuit, openapi_extra=DESCRIBED)
    async def declare(
        track: str, request: Request, response: Response, sender: Checking, limit: CircuitLimit, key: Key = None
    ) -> dict:
        """Declare a circuit, the body, in OpenQASM 3."""

        def declared(path: Path) -> dict:
            repeatable = of_key(key, sender, path, "circuit", track)
            if repeatable and (first := before(response, repeatable.answer)):
                return first
            reading = checkers.read_circuit(track, path.read_bytes(), sender)
            circuits.keep(store, reading, repeatable)
            return reading.to_json()

        async with spool.take(request, sender.id, limit) as path:
            return await patiently(declared, path)

    @api.post(
        "/tracks/{track}/submissions",
        status_code=201,
        response_model=answers.Receipt,
        response_model_exclude_unset=True,
        openapi_extra=DESCRIBED,
    )
    async def submit(
        track: str,
        request: Request,
        response: Response,
        found: Caller,
        sender: Sender,
        limit: PredictionLimit,
        filename: str = "predictions",
        circuit: str | None = None,
        sample: bool = False,
        key: Key = None,
    ) -> dict:
        """Send a prediction file, the body; the answer is its receipt, signed."""
        how = {
            "member": found.member,
            "circuit": circuit,
            "sample": sample,
            "began": began(request),
            "check": partial(checkers.check, team=sender),
        }

        def sent(path: Path) -> dict:
            repeatable = of_key(key, sender, path, "submission", track, circuit)
            if repeatable and (first := before(response, partial(given_before, request=repeatable))):
                return first
            return receive(event, store, sender, track, path, filename, repeatable=repeatable, **how)

        async with spool.take(request, sender.id, limit) as path:
            return await patiently(sent, path)

    @api.get("/me.json", response_model=answers.Person)
    def kept_of_me(member: Annotated[Member, Depends(person)], response: Response) -> dict:
        """All that is kept of a member."""
        response.headers["Cache-Control"] = "no-store"
        response.headers["Content-Disposition"] = f'attachment; filename="physathon-member-{member.id}.json"'
        with store.read() as session:
            return kept_of(session, session.get_one(Member, member.id))

    serve_board(api, event, boards, past or Past(store), board_now)
    serve_allowed(api, event, store, caller=caller)
    serve_submissions(api, event, store, boards, sender=team, reader=reader, patiently=patiently)
    serve_samples(api, event)
    serve_kits(api, event)
    serve_verify(api, event)
    serve_ceremony(api, event, store, visitor=visitor, patiently=patiently)
    serve_results(api, event, board_now)
    serve_talk(api, event, store, news, caller=caller, patiently=patiently)
    return api


def mounts(api: FastAPI) -> list[Mount]:
    """Return the routes at which an API is found: one application, so that both ask the same of whoever comes."""
    return [Mount(prefix, api) for prefix in (VERSIONED, UNVERSIONED)]


def _file_of(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "the file", "content": {media_type: {}}}}
