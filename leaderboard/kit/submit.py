#!/usr/bin/env python3
"""Take part in an event from a terminal or a notebook: send files, follow them, read the board.

One file, for Python 3.9 or newer with nothing installed. Which event: --url, else PHYSATHON_URL, else the event.json
beside this file, else where one logged in last. Whose token: PHYSATHON_TOKEN, else what `login` keeps, readable by you
alone. Exit status: 0 done, 1 refused, 2 misuse.
"""

from __future__ import annotations

import argparse
import base64
import getpass
import hashlib
import importlib.util
import json
import os
import random
import re
import socket
import ssl
import subprocess
import sys
import time
import unicodedata
import uuid
from argparse import Namespace
from contextlib import suppress
from datetime import datetime
from http.client import HTTPException, HTTPResponse
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Callable
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

KIT = Path(__file__).resolve().parent
HERE = "http://127.0.0.1:8501"
SECONDS, TRIES, LONGEST = 120, 6, 60
"""How long an answer may take, how often the same is asked, and the longest pause that a server may ask for."""

PASSING, NOTHING_KEPT = (429, 500, 502, 503, 504), (429, 503)
"""Statuses after which asking again may help, and those after which nothing was taken the first time."""

NEXT_PAGE = re.compile(r'<[^<>?]*\?([^<>]*)>; rel="next"')
"""How the header Link says what to ask for next."""

TOKEN = re.compile(r"[\w-]+", re.ASCII)
AROUND = " \t\r\n\v\f\u00a0\"'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a"
"""What may stand around a token that was copied from a letter, a table or a file of settings."""

LOG_IN = "`{} login` keeps your team's token; a notebook or a job sets PHYSATHON_TOKEN instead"
WAYS_OUT = {
    "about:blank/401": LOG_IN,
    "urn:physathon:token-refused": LOG_IN,
    "urn:physathon:quota-used-up": "`{} status` says when you may send the next",
    "urn:physathon:event-not-open": "`{} status` says when files are taken",
    "urn:physathon:team-out": "`{} ask` reaches the organiser",
    "urn:physathon:prediction-file-error": "nothing was taken; `{} check` tries a file at no cost",
}
"""What to do about a refusal, beside what the event says of it."""


class ClientError(Exception):
    """What went wrong, in a sentence; with the seconds after which asking again may help, the status and the name."""

    exit_status = 1

    def __init__(self, says: str, pause: float | None = None, code: int = 0, kind: str = "") -> None:
        self.pause, self.code, self.kind = pause, code, kind
        super().__init__(says)


class Misuse(ClientError):
    """Something that was typed, or was not, as it should be."""

    exit_status = 2


class StaysHere(HTTPRedirectHandler):
    """Follows no redirect: another host would be given the token."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Ask nothing more: the answer is the redirect itself."""


class Event:
    """A served event: its address, a token, and the certificate of who vouches for it if that is not well known."""

    def __init__(self, address: str, token: str | None = None, authority: str | None = None) -> None:
        self.address, self.unread, self._token = address, "", token
        self._next_page: dict[str, str] = {}
        try:
            trusted = HTTPSHandler(context=ssl.create_default_context(cafile=authority))
        except OSError as error:
            raise Misuse(f"expected a certificate in {authority}: {error.strerror or 'it holds none'}") from None
        host = urlsplit(address).hostname or ""
        here = host in ("localhost", "::1") or host.startswith("127.")
        self.in_clear = address.startswith("http:") and not here
        # A proxy that the environment names is for other machines.
        self._opener = build_opener(ProxyHandler({} if here else None), trusted, StaysHere())

    def ask(self, method: str, *parts: object, wanted: str, once: bool = False, **how: Any) -> Any:
        """Return the JSON that the event answers; a field, in a list of each entry, tells that it is the event's.

        What fails in passing is asked again; what must not arrive twice, only where nothing was taken.
        """

        def answered() -> Any:
            with self.open(method, *parts, **how) as answer:
                document = json_of(self.read(answer)) if answer.status != 204 else {wanted: None}
            rows = document if isinstance(document, list) else [document]
            if not all(isinstance(row, dict) and wanted in row for row in rows):
                raise self._no_event(answer.status)
            return document

        return patiently(answered, once)

    def whole(self, *parts: object, wanted: str, items: str = "") -> Any:
        """Return a list, or a document with a list of items, that the event answers a page at a time."""

        def page(query: dict[str, str]) -> tuple[Any, list]:
            document = self.ask("GET", *parts, wanted=wanted, query=query)
            return document, document[items] if items else document

        document, rows = page({})
        while asked := self._next_page:
            _, more = page(asked)
            rows += more
            if self._next_page == asked or not more:
                break
        return document

    def open(self, method: str, *parts: object, body: Any = None, query: dict | None = None, **headers: str) -> Any:
        """Return the open answer to one request; its body is bytes, or a dictionary that is sent as JSON."""
        url = "/".join((self.address, "api", "v1", *(quote(str(part), safe="") for part in parts)))
        content = json.dumps(body).encode() if isinstance(body, dict) else body
        request = Request(f"{url}?{urlencode(query)}" if query else url, content, method=method)
        request.add_header("Content-Type", "application/json" if content is not body else "application/octet-stream")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        if self._token:
            request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        try:
            answer = self._opener.open(request, timeout=SECONDS)
        except HTTPError as error:
            raise self._refusal(error) from None
        except (OSError, HTTPException) as error:
            raise self._silence(error) from None
        self.unread = answer.headers.get("Physathon-Unread", "")
        leads_on = NEXT_PAGE.search(answer.headers.get("Link", ""))
        self._next_page = dict(parse_qsl(leads_on[1])) if leads_on else {}
        return answer

    def read(self, answer: HTTPResponse | HTTPError, *most: int) -> bytes:
        """Return what comes of an open answer, at most so many bytes."""
        try:
            return answer.read(*most)
        except (OSError, HTTPException) as error:
            raise self._silence(error) from None

    def _refusal(self, error: HTTPError) -> ClientError:
        """Return what the event refuses in its own words; anything else is not shown, for who knows what it repeats."""
        if 300 <= error.code < 400:
            target = urlsplit(error.headers.get("Location", ""))
            place = f"{target.scheme}://{target.netloc}" if target.netloc else "another page of its own"
            return ClientError(f"{self.address} leads on to {place}, where nothing was sent: name that by --url")
        document, after = json_of(self.read(error)), error.headers.get("Retry-After", "")
        problem = error.headers.get("Content-Type", "").startswith("application/problem+json")
        if not (problem and isinstance(document, dict) and isinstance(document.get("detail"), str)):
            return self._no_event(error.code)
        # A quota that is used up names no moment, or one that is not worth waiting for.
        pause = int(after[:9]) if after.isdecimal() else LONGEST + 1 if error.code == 429 else 0
        again = error.code in PASSING and pause <= LONGEST
        kind = f"{document.get('type')}{'/401' if error.code == 401 else ''}"
        return ClientError(document["detail"], pause if again else None, error.code, kind)

    def _no_event(self, status: int) -> ClientError:
        says = f"{self.address} answers {status}, and not as an event does: name the event's own address by --url"
        return ClientError(says, 0 if status in PASSING else None, status)

    def _silence(self, error: Exception) -> ClientError:
        """Say why there is no answer; what the libraries say is about their own parts, and some of it about tokens."""
        cause = error.reason if isinstance(error, URLError) else error
        why = "the connection broke; is the event served there, and by http:// or by https://?"
        if isinstance(cause, ssl.SSLError):
            why = "no TLS is there (perhaps its address begins with http://), or none that this machine trusts: "
            why += "--ca names the certificate of a venue's own authority"
        elif isinstance(cause, socket.timeout):
            why = f"none came within {SECONDS} s"
        elif isinstance(cause, OSError) and cause.strerror:
            why = f"{cause.strerror}; is the event served there?"
        return ClientError(f"no answer from {self.address}: {why}", None if isinstance(cause, ssl.SSLError) else 0)


def patiently(attempt: Callable[[], Any], once: bool = False) -> Any:
    """Return what an attempt returns; it is made again after longer and longer pauses, where that may help."""
    for tries in range(TRIES):
        try:
            return attempt()
        except ClientError as error:
            if error.pause is None or tries == TRIES - 1 or (once and error.code not in NOTHING_KEPT):
                raise
            pause = max(error.pause, random.uniform(0.5, 1) * 2**tries)
            note(f"{error}; trying again in {pause:.0f} s")
        time.sleep(pause)


def json_of(content: bytes) -> Any:
    """Return what is written as JSON; None where it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def content_of(file: Path) -> bytes:
    """Return what is in a file."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise Misuse(f"cannot read {file}: {error.strerror}") from None


def write_whole(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file whole, or leave what was there."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        partial.replace(path)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()


def of_kit(key: str) -> Any:
    """Return what the event.json beside this file says; None where this file lies in no kit."""
    path = KIT / "event.json"
    return json.loads(path.read_text("utf-8")).get(key) if path.is_file() else None


def tokens() -> Path:
    """Return the folder of a user's settings where tokens are kept, each in a file named by its event's address."""
    place = Path.home() / (".config" if sys.platform != "darwin" else "Library/Application Support")
    return Path(os.environ.get("APPDATA" if os.name == "nt" else "XDG_CONFIG_HOME") or place) / "physathon" / "tokens"


def address_of(given: str | None) -> str:
    """Return the address of the event that is meant, without a slash at its end."""
    last = sorted(tokens().glob("http*"), key=lambda file: file.stat().st_mtime)
    found = given or os.environ.get("PHYSATHON_URL") or of_kit("address") or (unquote(last[-1].name) if last else HERE)
    with suppress(ValueError):
        parts = urlsplit(found)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True) and found.isprintable()
        if good and not (parts.query or parts.fragment or parts.username):
            return found.rstrip("/")
    raise Misuse(f"--url wants an address such as {HERE}, got {found!r}")


def token_for(address: str) -> str | None:
    """Return the token for an event, if one is set or kept, without what came along when it was copied."""
    path = tokens() / quote(address, safe="")
    known = os.environ.get("PHYSATHON_TOKEN") or (path.read_text("utf-8") if path.is_file() else None)
    return tidy(known) if known else None


def tidy(token: str) -> str:
    """Return a token without what came along when it was copied."""
    token = "".join(letter for letter in token if unicodedata.category(letter) != "Cf").strip(AROUND)
    if not TOKEN.fullmatch(token):
        raise Misuse("this is no token: one has letters, digits, _ and - alone; copy it again, as it was given")
    return token


def shown(text: str) -> str:
    """Return a text without what would move about in a terminal."""
    return "".join(letter for letter in text if letter.isprintable() or letter == "\n")


def note(text: str) -> None:
    """Say something beside what was asked for."""
    print(shown(text), file=sys.stderr, flush=True)


def table(*rows: tuple) -> str:
    """Return rows as text, columns below each other."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)


def moment(text: str) -> str:
    """Return a moment as this machine's clock shows it."""
    return f"{datetime.fromisoformat(text.replace('Z', '+00:00')).astimezone():%Y-%m-%d %H:%M %Z}"


def score(one: dict, digits: int = 3) -> str:
    """Return a score with its limits; nothing where none is shown."""
    return "" if one["value"] is None else "{value:.{n}f} ({low:.{n}f} to {high:.{n}f})".format(n=digits, **one)


def ranks(one: dict) -> str:
    """Return the ranks that one may truly have."""
    best, worst = one["rank_best"], one["rank_worst"]
    return "" if best is None else f"{best}" if best == worst else f"{best}–{worst}"


# Ed25519 as RFC 8032 defines it in section 5.1: points (x, y) of a curve over the integers modulo P.
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, -1, P) % P
BEFORE_KEY = bytes.fromhex("302a300506032b6570032100")
"""What stands in DER before the 32 bytes of a public key."""


def added(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """Return the sum of two points."""
    (x1, y1), (x2, y2) = one, other
    product = CURVE * x1 * x2 * y1 * y2
    x, y = x1 * y2 + x2 * y1, y1 * y2 + x1 * x2
    return x * pow(1 + product, -1, P) % P, y * pow(1 - product, -1, P) % P


def times(number: int, point: tuple[int, int]) -> tuple[int, int]:
    """Return the sum of so many times the same point."""
    total = 0, 1
    for bit in f"{number:b}":
        total = added(total, total)
        total = added(total, point) if bit == "1" else total
    return total


def point_of(content: bytes) -> tuple[int, int]:
    """Return the point that 32 bytes stand for, or raise ValueError."""
    odd, y = divmod(int.from_bytes(content, "little"), 2**255)
    square = (y * y - 1) * pow(CURVE * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    x = next((x for x in (root, root * pow(2, (P - 1) // 4, P) % P) if x * x % P == square), None)
    if x is None or y >= P or (x == 0 and odd):
        raise ValueError("these bytes stand for no point")
    return x if x % 2 == odd else P - x, y


def signed(key: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether a signature of a message was made with the private half of a key."""
    first, second = signature[:32], int.from_bytes(signature[32:], "little")
    number = int.from_bytes(hashlib.sha512(first + key + message).digest(), "little") % ORDER
    base = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    with suppress(ValueError):
        return second < ORDER and times(second, base) == added(point_of(first), times(number, point_of(key)))
    return False


# The commands: each is given an event and what was typed, and returns a document for programs, and a text.


def login(event: Event, typed: Namespace) -> tuple[Any, str]:
    """Keep your team's token for this event."""
    token, there = os.environ.get("PHYSATHON_TOKEN"), sys.stdin.isatty()
    if there and not (typed.url or os.environ.get("PHYSATHON_URL") or of_kit("address")):
        event = Event(address_of(input(f"Address of the event [{event.address}]: ") or event.address))
    with suppress(EOFError):
        token = token or (getpass.getpass("Your team's token: ") if there else input())
    if event.in_clear:
        note(f"WARNING: whoever is in the same network can read what you send to {event.address}, your token too")
    if not token:
        raise Misuse("nobody is here to be asked for a token: set PHYSATHON_TOKEN, or send it in by a pipe")
    found = Event(event.address, tidy(token), typed.ca).ask("GET", "team", wanted="quotas")
    path = tokens() / quote(event.address, safe="")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(path, tidy(token).encode(), 0o600)
    return found, f"{event.address} knows you as {found['team']}; your token is kept in {path}, readable by you alone"


def logout(event: Event, _typed: Namespace) -> tuple[Any, str]:
    """Forget the token that is kept for this event."""
    with suppress(FileNotFoundError):
        (tokens() / quote(event.address, safe="")).unlink()
    return {}, f"no token is kept for {event.address} any more; the token itself still works"


def status(event: Event, _typed: Namespace) -> tuple[Any, str]:
    """Say where the event stands, and what your team may still send."""
    about, mine = event.ask("GET", "event", wanted="phase"), event.ask("GET", "team", wanted="quotas")
    phase = f"paused: {about['paused']}" if about["paused"] else about["phase"]
    frozen = f", boards stand still from {moment(about['freezes_at'])}" if about["freezes_at"] else ""
    rows = [("track", "left in 24 hours", "in all", "the next")]
    for one in mine["quotas"]:
        today, in_all = "{left_today} of {a_day}".format(**one), "{left_in_all} of {in_all}".format(**one)
        waits = moment(one["next_at"]) if one["next_at"] else "never"
        rows.append((one["track"], today, in_all, "now" if one["left_today"] and one["left_in_all"] else waits))
    times_ = f"{moment(about['opens'])} to {moment(about['closes'])}{frozen}"
    lines = f"{about['name']} at {event.address}: {phase}", times_, f"you are {mine['team']}", table(*rows)
    return {"event": about, **mine}, "\n".join(lines)


def track_of(given: str | None, folder: Path = KIT) -> str:
    """Return the track that is meant: the one that was typed, else that of a kit's folder, else the kit's only one."""
    for place in (folder.resolve() / "format.json", KIT / "format.json"):
        if not given and place.is_file():
            return "{challenge}.{track}".format(**json.loads(content_of(place)))
    if not given:
        raise Misuse("say which track is meant; `status` lists them")
    return given


def check(event: Event, typed: Namespace) -> tuple[Any, str]:
    """Check a file, by the kit's own check where that runs, else by the event; it costs nothing."""
    upload, track = content_of(typed.file), track_of(typed.track, typed.file.parent)
    runs = sys.version_info >= (3, 10) and all(map(importlib.util.find_spec, ("numpy", "pyarrow")))
    if runs and (KIT / "check.py").is_file():
        command = [sys.executable, KIT / "check.py", typed.file, "--track", track.rpartition(".")[2]]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
        if done.returncode:
            raise ClientError(f"{done.stdout}{done.stderr}".strip())
        return {"track": track}, done.stdout.strip()
    found = event.ask("POST", "tracks", track, "check", wanted="predictions_sha256", body=upload)
    return {"track": track, **found}, f"OK: {track}, {found['rows']:,} rows, sha256 {found['predictions_sha256']}"


def submit(event: Event, typed: Namespace) -> tuple[Any, str]:
    """Send a file; its signed receipt is kept beside it."""
    upload, said, track = content_of(typed.file), card_of(typed), track_of(typed.track, typed.file.parent)
    if said and not typed.title:
        raise Misuse("a card begins with its --title")
    # A name that is no text is sent with signs in the place of what is none.
    query = {"filename": os.fsencode(typed.file.name).decode("utf-8", "replace")}
    if typed.circuit:
        circuit = content_of(typed.circuit)
        found = event.ask("POST", "tracks", track, "circuits", wanted="sha256", body=circuit)
        query["circuit"] = found["sha256"]
    if typed.sample:
        query["sample"] = "yes"
    how = {"body": upload, "query": query, "Idempotency_Key": str(uuid.uuid4())}
    receipt = event.ask("POST", "tracks", track, "submissions", wanted="signature", **how)
    number = receipt["submission"]
    path = typed.file.with_name(f"{typed.file.name}.receipt-{number}.json")
    note(f"taken as no. {number} on {track}")
    write_whole(path, json.dumps(receipt, indent=2).encode())
    if said:
        event.ask("PUT", "submissions", number, "card", wanted="title", body=said)
    return followed(event, number) if typed.wait else (receipt, f"the signed receipt is {path}")


def followed(event: Event, number: int) -> tuple[Any, str]:
    """Say what becomes of a submission until it is judged."""
    told = None
    while True:
        one = event.ask("GET", "submissions", number, wanted="state")
        if told != state(one):
            note(f"no. {number}: {state(one)}")
        told = state(one)
        if one["state"] == "failed":
            raise ClientError("nothing was scored and nothing counted: send the same file again")
        if one["state"] == "scored":
            rank = f", rank {ranks(one)}" if ranks(one) else ""
            board = f"the board shows {score(one)}, with 95% confidence{rank}"
            return one, board if score(one) else "what it scores is shown with the result"
        time.sleep(1)


def state(one: dict) -> str:
    """Return where a submission stands, in words."""
    if one["excluded"] or one["lost"]:
        return f"excluded: {one['excluded']}" if one["excluded"] else "lost there: send it again, at no cost"
    if one["state"] == "scored":
        return {None: "judged", True: "became your best", False: "did not move your best"}[one["moved"]]
    words = {"judging": "being judged", "failed": "the judge failed", "queued": f"queued, {one['ahead']} before it"}
    return words.get(one["state"], one["state"])


def card_of(typed: Namespace) -> dict:
    """Return what was typed of a card."""
    return {name: value for name, value in vars(typed).items() if name in ON_CARD and value is not None}


def card(event: Event, typed: Namespace) -> tuple[Any, str]:
    """Say how a file was made, or read what was said; what is not named stays, an empty text takes it away."""
    said, place = card_of(typed), ("submissions", typed.number)
    known = event.ask("GET", *place, wanted="card")["card"]
    if said:
        known = event.ask("PUT", *place, "card", wanted="title", body={**(known or {}), **said})
    if known is None:
        raise Misuse(f"no. {typed.number} has no card yet: give it a --title")
    return known, table(*((name, value) for name, value in known.items() if value))


def sent(event: Event, _typed: Namespace) -> tuple[Any, str]:
    """List what your team has sent, the newest first."""
    found = event.whole("submissions", wanted="submission")
    rows = [("no.", "track", "received", "state", "the board showed", "", "file")]
    for one in found:
        mark, at = "final" if one["decides"] else "best" if one["best"] else "", moment(one["received_at"])
        rows.append((one["submission"], one["track"], at, state(one), score(one), mark, one["filename"]))
    return found, table(*rows)


def board(event: Event, typed: Namespace) -> tuple[Any, str]:
    """Show the board of a track."""
    found = event.whole("tracks", track_of(typed.track), "board", wanted="entries", items="entries")
    rows = [("rank", "truly", "team", "score, limits of 95% confidence", "files")]
    for one in found["entries"]:
        team = one["team"] + ("" if one["kind"] == "team" else " (baseline)")
        rows.append((one["rank"], ranks(one), team, score(one, 5 if found["published"] else 3), one["submissions"]))
    return found, table(*rows)


def download(event: Event, typed: Namespace) -> tuple[Any, str]:
    """Get a challenge's kit; what broke off goes on where it ended."""
    known = event.ask("GET", "kits", typed.challenge, wanted="sha256")
    path = typed.to / f"{typed.challenge}-kit.zip"
    # Of another kit in its place nothing is taken for a part of this one.
    partial = path.with_name(f"{path.name}.{known['sha256'][:8]}.part")

    def more() -> None:
        done = partial.stat().st_size if partial.exists() else 0
        with event.open("GET", "kits", f"{typed.challenge}.zip", Range=f"bytes={done}-") as answer:
            done = done if answer.status == 206 else 0
            with partial.open("ab" if done else "wb") as file:
                while block := event.read(answer, 2**18):
                    done += file.write(block)
                    if sys.stderr.isatty():
                        print(f"\r{done / 1e6:.1f} of {known['bytes'] / 1e6:.1f} MB", end="", file=sys.stderr)

    while not partial.exists() or partial.stat().st_size < known["bytes"]:
        patiently(more)
    if hashlib.sha256(content_of(partial)).hexdigest() != known["sha256"]:
        partial.unlink()
        raise ClientError(f"what came has another SHA-256 than the kit at {event.address}: get it again")
    partial.replace(path)
    return {**known, "file": str(path)}, f"{path}, SHA-256 {known['sha256']}; python -m zipfile -e {path} . unpacks it"


def final(event: Event, typed: Namespace) -> tuple[Any, str]:
    """Choose the submission that is judged at the end."""
    one = event.ask("POST", "submissions", typed.number, "select", wanted="submission")
    return one, f"no. {one['submission']} is your final on {one['track']}"


def automatic(event: Event, typed: Namespace) -> tuple[Any, str]:
    """Leave your final to the board: the best there is judged at the end."""
    track = track_of(typed.track)
    found = event.ask("DELETE", "tracks", track, "final", wanted="final")
    return found, f"your best on the board is your final on {track}"


def receipt(event: Event, typed: Namespace) -> tuple[Any, str]:
    """Print the receipt of a submission again."""
    found = event.ask("GET", "submissions", typed.number, "receipt", wanted="signature")
    return found, json.dumps(found, indent=2)


def key_of(event: Event, given: Path | None) -> bytes:
    """Return the event's public key in DER: the one that was typed, else the kit's, else the one that is served."""
    file = given or KIT / "receipts.pem"
    if given or file.is_file():
        pem = content_of(file)
    else:
        with event.open("GET", "receipts.pem") as answer:
            pem = event.read(answer)
    body = pem.partition(b"-----BEGIN PUBLIC KEY-----")[2].partition(b"-----END")[0]
    key = bytes_of(body.decode("latin-1"))
    if not (key.startswith(BEFORE_KEY) and len(key) == 44):
        raise Misuse(f"expected an Ed25519 key in PEM, as the event's receipts.pem, in {file}")
    promised = None if given else of_kit("key_sha256")
    if promised not in (None, hashlib.sha256(key).hexdigest()):
        raise ClientError(f"{file} is not the key that the kit's event.json names, {promised}")
    return key


def bytes_of(text: str) -> bytes:
    """Return what is written in base64, nothing where it is none."""
    with suppress(ValueError):
        return base64.b64decode("".join(text.split()), validate=True)
    return b""


def verify(event: Event, typed: Namespace) -> tuple[Any, str]:
    """Verify a receipt, and that a file is the one it is for, by the event's public key."""
    found, key = json_of(content_of(typed.receipt)), key_of(event, typed.key)
    fingerprint = hashlib.sha256(key).hexdigest()
    try:
        signature = bytes_of(found.pop("signature"))
        words = "{team} sent {filename} to {track}; it is no. {submission}, taken in at {received_at}".format(**found)
        other_file = typed.sent and hashlib.sha256(content_of(typed.sent)).hexdigest() != found["upload_sha256"]
    except (AttributeError, KeyError, TypeError):
        raise ClientError(f"{typed.receipt} is no receipt") from None
    if found.get("key", fingerprint) != fingerprint:
        raise ClientError(f"this receipt names the key {found['key']}, and the event's is {fingerprint}")
    message = json.dumps(found, sort_keys=True, separators=(",", ":")).encode()
    if len(signature) != 64 or not signed(key[-32:], signature, message):
        raise ClientError("the signature does not fit: the receipt was changed, or comes from another event")
    if other_file:
        raise ClientError(f"the receipt is good, but {typed.sent} is not the file that it is for")
    return {**found, "verified_by": fingerprint}, f"OK: {words}\nsigned by the key {fingerprint}"


def questions(event: Event, _typed: Namespace) -> tuple[Any, str]:
    """Read what your team has asked, and the answers."""
    found = event.whole("questions", wanted="number")
    return found, "\n".join(f"{one['number']}. {one['text']}\n-> {one['answer'] or 'no answer yet'}" for one in found)


def ask(event: Event, typed: Namespace) -> tuple[Any, str]:
    """Ask the organiser, about a track or at large."""
    body = {"text": typed.text, "track": typed.track}
    found = event.ask("POST", "questions", wanted="number", body=body, once=True)
    return found, f"asked; `questions` shows the answer to no. {found['number']}"


def announcements(event: Event, _typed: Namespace) -> tuple[Any, str]:
    """Read what the organiser announced and answered; at a terminal it counts as read."""
    found = event.whole("announcements", wanted="announcements", items="announcements")["announcements"]
    if sys.stdout.isatty() and any(one.get("unread") for one in found):
        event.ask("POST", "announcements", found[0]["id"], "read", wanted="unread")
    return found, "\n".join(f"{'* ' if one.get('unread') else ''}{moment(one['at'])}: {one['text']}" for one in found)


OPTIONS: dict[str, dict[str, Any]] = {
    "file": {"type": Path},
    "receipt": {"type": Path},
    "sent": {"type": Path, "nargs": "?", "help": "the file that it should be for"},
    "number": {"type": int, "help": "of the submission"},
    "track": {"nargs": "?", "help": "such as higgs.signal; by default the kit's, if it has one alone"},
    "challenge": {"help": "such as higgs"},
    "text": {"help": "the question, in quotes"},
    "--track": {"help": "such as higgs.signal; a file in its track's folder of a kit needs none"},
    "--circuit": {"type": Path, "metavar": "FILE", "help": "a circuit to declare first, in OpenQASM 3"},
    "--sample": {"action": "store_true", "help": "the kit's sample as it came is meant"},
    "--wait": {"action": "store_true", "help": "until it is judged, and say what the board shows then"},
    "--to": {"type": Path, "default": Path(), "metavar": "FOLDER", "help": "where it goes"},
    "--key": {
        "type": Path,
        "metavar": "FILE",
        "help": "by default the kit's receipts.pem, else the one that is served",
    },
    "--title": {"help": "of its card: what it is, in a line"},
    "--tag": {"dest": "tags", "action": "append", "help": "of its card: a method, as trees; repeated for several"},
    "--code": {"dest": "code_url", "help": "of its card: where its code is, https://..."},
    "--external-data": {"help": "of its card: data other than the kit's that it learnt from"},
    "--compute": {"help": "of its card: what it was trained on, and for how long"},
    "--hours": {"help": "of its card: hours of training, as 2.5"},
    "--ai": {"choices": ["none", "assisted", "autonomous"], "help": "of its card: how much AI helped to make it"},
    "--ai-model": {"help": "of its card: which model helped"},
    "--url": {"help": "where the event is served"},
    "--ca": {"metavar": "FILE", "help": "the certificate of the venue's own authority, as its page /trust gives it"},
    "--json": {"action": "store_true", "help": "print what a program reads"},
}
ON_CARD = ("title", "tags", "code_url", "external_data", "compute", "hours", "ai", "ai_model")
CARD = "--title --tag --code --external-data --compute --hours --ai --ai-model"
COMMANDS: dict[str, tuple[Callable[[Event, Namespace], tuple[Any, str]], str]] = {
    "login": (login, ""),
    "logout": (logout, ""),
    "status": (status, ""),
    "download": (download, "challenge --to"),
    "check": (check, "file --track"),
    "submit": (submit, f"file --track --circuit --sample --wait {CARD}"),
    "list": (sent, ""),
    "card": (card, f"number {CARD}"),
    "board": (board, "track"),
    "final": (final, "number"),
    "automatic": (automatic, "track"),
    "receipt": (receipt, "number"),
    "verify": (verify, "receipt sent --key"),
    "questions": (questions, ""),
    "ask": (ask, "text --track"),
    "announcements": (announcements, ""),
}


def main(arguments: list[str] | None = None, program: str = "python submit.py") -> int:
    """Run a command and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(
        program, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (run, options) in COMMANDS.items():
        command = commands.add_parser(name, description=run.__doc__, help=run.__doc__, allow_abbrev=False)
        command.set_defaults(run=run)
        for option in f"{options} --url --ca --json".split():
            command.add_argument(option, **OPTIONS[option])
    typed = parser.parse_args(arguments)
    try:
        address = address_of(typed.url)
        event = Event(address, token_for(address), typed.ca)
        document, text = typed.run(event, typed)
        print(json.dumps(document, indent=2) if typed.json else shown(text))
    except ClientError as error:
        note(f"{error}\n{WAYS_OUT.get(error.kind, '').format(program)}".strip())
        return error.exit_status
    except OSError as error:
        note(f"{error}")
        return 1
    except KeyboardInterrupt:
        note("stopped; what was sent is sent")
        return 130
    if event.unread and typed.run is not announcements:
        note(f"{event.unread} announcements or answers are new: `{program} announcements` shows them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
