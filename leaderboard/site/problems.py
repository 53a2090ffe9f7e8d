"""Everything that goes wrong over HTTP has one shape: problem details, as RFC 9457 defines them."""

import asyncio
import inspect
import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from challenges.spec import ChallengeError
from leaderboard.event import EventError, EventNotOpen, NotOut
from leaderboard.intake.cards import CardError, CardFixed
from leaderboard.intake.checking import CheckFailed
from leaderboard.intake.circuits import CircuitMismatch, CircuitMissing, DeclarationRefused
from leaderboard.intake.quota import QuotaUsedUp
from leaderboard.intake.receipts import ReceiptError, ReceiptKeyError
from leaderboard.intake.receive import SampleSent
from leaderboard.intake.repeats import KeyUsed
from leaderboard.people.codes import CodeRefused
from leaderboard.people.desk import NotAllowed
from leaderboard.people.joining import RegistrationClosed
from leaderboard.people.members import MemberError
from leaderboard.people.providers import IdentityRefused, ProviderUnreachable
from leaderboard.people.talk import TextRefused, TooManyQuestions
from leaderboard.people.teams import TeamOut, TokenRefused
from leaderboard.site.multipart import FormRefused
from leaderboard.site.rates import TooManyRequests
from leaderboard.site.results.shown import NotPublished
from leaderboard.site.spool import DiskFull, UploadInFlight, UploadTooLarge, UploadTooSlow
from leaderboard.store.faults import StoreFault, StoreFull
from scoring.predictions import PredictionFileError

STATUS = {
    PredictionFileError: 422,
    DeclarationRefused: 422,
    CircuitMissing: 422,
    CircuitMismatch: 422,
    CheckFailed: 422,
    TextRefused: 422,
    SampleSent: 422,
    KeyUsed: 422,
    FormRefused: 422,
    CardError: 422,
    CardFixed: 409,
    QuotaUsedUp: 429,
    TooManyQuestions: 429,
    TooManyRequests: 429,
    EventNotOpen: 409,
    NotPublished: 409,
    TeamOut: 409,
    RegistrationClosed: 409,
    TokenRefused: 403,
    ProviderUnreachable: 502,
    IdentityRefused: 403,
    CodeRefused: 403,
    NotAllowed: 403,
    MemberError: 422,
    UploadTooSlow: 408,
    UploadTooLarge: 413,
    UploadInFlight: 429,
    DiskFull: 507,
    StoreFull: 507,
    StoreFault: 503,
    ReceiptError: 422,
    ReceiptKeyError: 503,
    EventError: 404,
    ChallengeError: 404,
}
"""The status of each expected error, and of its kinds that are not named here."""

WITH_MORE = (PredictionFileError, DeclarationRefused, NotOut)
"""Errors that tell a program more than a sentence."""

_DOCUMENT = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "about:blank, or urn:physathon: and the name of the error"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what is wrong this time"},
        "opens": {"type": "string", "format": "date-time", "description": "when what is not out yet will be"},
        "problems": {"type": "array", "items": {"type": "object"}, "description": "each of them, if there are several"},
    },
}
MEDIA_TYPE = "application/problem+json"

RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": meaning, "content": {MEDIA_TYPE: {"schema": _DOCUMENT}}}
    for status, meaning in {
        400: "the connection ended before the body did",
        401: "no token came, or nobody is signed in",
        403: "the token or code is not known here, this is not for who asks, or the request came from another site",
        404: "there is no such thing",
        408: "the body was not here in time",
        409: "not now: the event is not open (`opens` says when), a team is out, or a result is published, or not yet",
        413: "the body is too large",
        422: "the file, the circuit or the request is not in order",
        429: "a quota or a rate is used up: Retry-After says when to come back",
        503: "the database or disk is busy or read-only and nothing was kept, or the server is being started anew: "
        "Retry-After says when to come back",
        507: "the server's disk is full: nothing was kept",
    }.items()
}
"""What the API's own description says of everything that goes wrong."""

NO_RECEIPTS = "this event can sign no receipts now, so nothing was taken: tell the organiser, and send it again then"

RETRY_AFTER = {"Retry-After": "5"}
"""Seconds; sent with what is the database's fault and not the sender's."""

PATIENCE = 1.0
"""Seconds before a request too many is answered, so that who sends one after the other sends fewer."""

BETWEEN_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def problem(
    status: int,
    detail: str,
    *,
    kind: type[Exception] | None = None,
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> JSONResponse:
    """Return a problem document.

    Parameters
    ----------
    status : int
    detail : str
        What is wrong this time, in a sentence.
    kind : type, optional
        The error that stands behind it; its name makes ``type`` (``urn:physathon:quota-used-up``), its docstring
        ``title``. Without one the status says it all.
    headers : mapping, optional
    **more
        What else there is to tell, such as the list of a prediction file's ``problems``.
    """
    name, title = "about:blank", HTTPStatus(status).phrase
    if kind is not None:
        name = "urn:physathon:" + BETWEEN_WORDS.sub("-", kind.__name__).lower()
        title = (inspect.getdoc(kind) or title).splitlines()[0].rstrip(".")
    document = {"type": name, "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(document, status, headers, media_type=MEDIA_TYPE)


def status_of(error: Exception) -> int:
    """Return the status of an expected error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def answer_in_one_shape(api: FastAPI) -> None:
    """Let an API answer all errors, expected or not, by problem documents."""

    async def expected(_request: Request, error: Exception) -> JSONResponse:
        status = status_of(error)
        more = error.to_json() if isinstance(error, WITH_MORE) else {}
        headers = RETRY_AFTER if isinstance(error, StoreFault) else getattr(error, "headers", None)
        if isinstance(error, ReceiptKeyError):  # What it says is for the organiser.
            logging.getLogger(__name__).error(error)
            return problem(status, NO_RECEIPTS, kind=type(error), headers=RETRY_AFTER)
        if isinstance(error, TooManyRequests):
            await asyncio.sleep(PATIENCE)
        return problem(status, str(error), kind=type(error), headers=headers, **more)

    for kind in STATUS:
        api.exception_handler(kind)(expected)

    @api.exception_handler(HTTPException)
    def refused(_request: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, error.detail, headers=error.headers)

    @api.exception_handler(ClientDisconnect)
    def gone(_request: Request, _error: Exception) -> JSONResponse:
        return problem(400, "the connection ended before the body did")

    @api.exception_handler(RequestValidationError)
    def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        wrong = [{"where": list(one["loc"]), "reason": one["msg"]} for one in error.errors()]
        detail = "; ".join(f"{'.'.join(map(str, one['where']))}: {one['reason']}" for one in wrong)
        return problem(422, detail, problems=wrong)

    @api.exception_handler(Exception)
    def broken(_request: Request, _error: Exception) -> JSONResponse:
        return problem(500, "something broke here, not with you; it was logged, and trying again may work")
