"""Runs web and judge as two processes, apart where the system can part them, and starts each again whenever it ends."""

import fcntl
import ipaddress
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from challenges.files import sweep, write_atomically
from challenges.spec import ChallengeError
from leaderboard.event import (
    EVENT_VARIABLE,
    LOOPBACK_VARIABLE,
    METRICS_VARIABLE,
    SETTINGS_VARIABLE,
    Event,
    EventError,
)
from leaderboard.separation import Separation, separated
from leaderboard.supervision import Say, Supervised, address_of, health_of, supervision, wait_until_up
from leaderboard.tls.authority import own_authority
from leaderboard.tls.pair import Pair

SUPERVISOR_VARIABLE = "PHYSATHON_SUPERVISOR"
"""Variable that holds the number of the process without which the one that reads it shall not go on."""


def place_of(said: str) -> tuple[str, int]:
    """Return the address and the port that a text names; without an address it is the loopback's.

    Raises
    ------
    EventError
        If it names no port.

    Examples
    --------
    >>> place_of("9464"), place_of("10.0.0.5:9464"), place_of("[::1]:9464")
    (('127.0.0.1', 9464), ('10.0.0.5', 9464), ('::1', 9464))
    """
    host, _, port = said.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 2**16):
        raise EventError(f"expected PORT or ADDRESS:PORT for the metrics, got {said!r}")
    return host.strip("[]") or "127.0.0.1", int(port)


def is_loopback(host: str) -> bool:
    """Return whether an address can be reached from this machine only.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def in_clear(url: str) -> bool:
    """Return whether what is sent to an address can be read by others on its way.

    Examples
    --------
    >>> in_clear("http://192.168.1.20:8501/submit"), in_clear("https://hack.example"), in_clear("http://[::1]:8501")
    (True, False, False)
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def last_good(folder: Path, say: Say) -> Event:
    """Return the event of a folder by its event.toml, or if that is wrong by the last one that was served.

    Raises
    ------
    EventError
        If neither is in order.
    """
    try:
        return _in_order(Event(folder))
    except EventError as error:
        kept = Path(folder) / Event.SERVED
        if not kept.exists():
            raise
        event = _in_order(Event(folder, settings=kept))
        say(f"{error}\nserving with the settings of before, from {kept}: mend event.toml and start again")
        return event


def _in_order(event: Event) -> Event:
    """Return an event of which web and judge can open all that its settings name."""
    try:
        event.tracks()
        make_url(event.database_url).get_dialect()
    except (ChallengeError, SQLAlchemyError) as error:
        raise EventError(f"{event.settings}: {error}") from error
    return event


class ServedAlready(EventError):
    """An event that another process serves; the message says where."""


@contextmanager
def _served_once(event: Event, address: str) -> Generator[None]:
    """Hold an event while it is served: a second server would change its settings and clear its uploads."""
    with (event.folder / "served.lock").open("a+") as file:
        file.seek(0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            where = file.read().strip()
            raise ServedAlready(f"{event.folder} is served already{f', on {where}' if where else ''}") from None
        file.truncate(0)
        file.write(address)
        file.flush()
        yield


def must_not_be_served(event: Event) -> None:
    """Raise ServedAlready, with the address, if another process serves an event."""
    if (event.folder / "served.lock").exists():
        with _served_once(event, ""):
            pass


def _keep_settings(event: Event) -> Event:
    """Copy what an event was read from, and return it as it is read from the copy."""
    kept = event.folder / Event.SERVED
    if event.settings != kept:
        write_atomically(kept, event.settings.read_bytes())
        os.utime(kept, (changed := event.settings.stat().st_mtime, changed))  # kits tell when settings were changed
    return Event(event.folder, settings=kept)


def start_web(
    event: Event,
    host: str,
    port: int,
    *,
    proxy: str | None = None,
    separation: Separation | None = None,
    tls: Pair | None = None,
    metrics: str | None = None,
) -> subprocess.Popen:
    """Start the web process; the vault's place and key are taken out of its environment.

    Parameters
    ----------
    event : Event
    host : str
    port : int
    proxy : str, optional
        Address of the one proxy whose word is taken for where a request came from, and by what scheme.
    separation : Separation, optional
        How to keep it away from the vault; none starts it as this process is.
    tls : Pair, optional
        What to serve by TLS with; none serves plain HTTP. The files are read anew at each start.
    metrics : str, optional
        Where it tells its figures to Prometheus, see `place_of`.

    Raises
    ------
    EventError
        If a port is taken.
    """
    _must_be_free(host, port)
    if metrics:
        _must_be_free(*place_of(metrics))
    separation = separation or Separation()
    mine_alone = is_loopback(host) and proxy is None
    environment = _environment(event) | {LOOPBACK_VARIABLE: "1" if mine_alone else "0", METRICS_VARIABLE: metrics or ""}
    command = [sys.executable, "-m", "uvicorn", "--factory", "leaderboard.site.web:create", "--host", host]
    command += ["--port", str(port), "--log-level", "warning", "--timeout-graceful-shutdown", "2"]
    # A page says a few kilobytes to the server; the web server would hold 16 MB of each message, from anybody.
    command += ["--ws-max-size", str(2**16)]
    command += ["--forwarded-allow-ips", proxy] if proxy else ["--no-proxy-headers"]
    if tls:
        command += ["--ssl-certfile", str(separation.lend("server.pem", tls.certificate))]
        command += ["--ssl-keyfile", str(separation.lend("server.key", tls.key))]
    return separation.start(command, environment)


def start_trust(event: Event, host: str, port: int, separation: Separation) -> subprocess.Popen:
    """Start what tells devices, by plain HTTP one port further, how to trust the event's authority, and nothing else.

    Raises
    ------
    EventError
        If that port is taken.
    """
    _must_be_free(host, port + 1)
    command = [sys.executable, "-m", "leaderboard.site.plain.trust", host, str(port)]
    return separation.start(command, _environment(event))


def _must_be_free(host: str, port: int) -> None:
    with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or error
            raise EventError(f"cannot serve on {host}:{port}: {why}; choose another --port") from error


def start_judge(event: Event) -> subprocess.Popen:
    """Start the judge's process."""
    command = [sys.executable, "-m", "leaderboard", "judge", "--event", str(event.folder)]
    return subprocess.Popen(command, env=_environment(event))


def _environment(event: Event) -> dict[str, str]:
    mine = {EVENT_VARIABLE: event.folder, SETTINGS_VARIABLE: event.settings, SUPERVISOR_VARIABLE: os.getpid()}
    return os.environ | {name: str(value) for name, value in mine.items()}


def end_with_supervisor() -> None:
    """Let this process end, as SIGTERM would end it, within a second of the end of the one that supervises it."""
    supervisor = os.environ.get(SUPERVISOR_VARIABLE)

    def watch() -> None:
        while str(os.getppid()) == supervisor:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    if supervisor:
        threading.Thread(target=watch, daemon=True).start()


def serve(
    event: Event,
    host: str,
    port: int,
    *,
    judging: bool = True,
    web_user: str | None = None,
    proxy: str | None = None,
    tls: Pair | None = None,
    metrics: str | None = None,
    say: Say = lambda text: print(text, file=sys.stderr, flush=True),
    announce: Callable[[], None] = lambda: None,
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """Serve until interrupted; web and judge are started again, each by itself, whenever they end.

    Parameters
    ----------
    event : Event
    host : str
    port : int
    judging : bool
        Whether a judge runs beside the web; without, one runs elsewhere, by ``physathon judge``.
    web_user : str, optional
        Whom the web process runs as, see `leaderboard.separation.separated`.
    proxy, tls, metrics : optional
        See `start_web`. If the event's own authority signed the certificate, `start_trust` is served beside it.
    say : callable
        Told what the organiser should know.
    announce : callable
        Called once when the page is up.
    meanwhile : callable
        Called after that, while the page is read and files are judged.

    Raises
    ------
    EventError
        If the web process does not come up the first time.
    """
    with ExitStack() as stack:
        stack.enter_context(_served_once(event, address_of(host, port, tls=tls is not None)))
        event = _keep_settings(_in_order(event))
        if left := sweep(event.folder):
            say(f"removed what was left half done: {', '.join(str(path.relative_to(event.folder)) for path in left)}")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        separation = stack.enter_context(separated(event, web_user))
        say(str(separation))

        def supervised(name: str, start: Callable[[], subprocess.Popen], **how) -> Supervised:
            process = Supervised(name, start, say, **how)
            stack.callback(process.stop)
            return process

        try:
            how = {"proxy": proxy, "separation": separation, "tls": tls, "metrics": metrics}
            answers = health_of(host, port, tls=tls is not None)
            web = supervised("the web process", lambda: start_web(event, host, port, **how), answers=answers)
            wait_until_up(host, port, web.process, tls=tls is not None)
            beside = []
            if tls and tls.issued_by(own_authority(event)):
                beside.append(supervised("the page of trust", lambda: start_trust(event, host, port, separation)))
            announce()
            judges = [supervised("the judge", lambda: start_judge(event))] if judging else []
            with supervision(web, *beside, *judges):
                meanwhile()
                while True:
                    signal.pause()
        except KeyboardInterrupt:
            pass
