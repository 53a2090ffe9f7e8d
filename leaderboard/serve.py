"""Runs web and judge as two processes and keeps them running."""

import ipaddress
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing

from leaderboard.event import EVENT_VARIABLE, LOOPBACK_VARIABLE, VAULT_VARIABLES, Event, EventError

SHORT_LIFE, MOST_SHORT_LIVES = 10, 3
"""A judge that ends within so many seconds, so often in a row, is not started again."""


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


def start_web(event: Event, host: str, port: int) -> subprocess.Popen:
    """Start the web process; the vault's place and key are taken out of its environment.

    Raises
    ------
    EventError
        If the port is taken.
    """
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise EventError(f"cannot serve on {host}:{port}: {error.strerror}; choose another --port") from error
    environment = {name: value for name, value in os.environ.items() if name not in VAULT_VARIABLES}
    environment |= {EVENT_VARIABLE: str(event.folder), LOOPBACK_VARIABLE: "1" if is_loopback(host) else "0"}
    command = [sys.executable, "-m", "uvicorn", "--factory", "leaderboard.site.web:create", "--host", host]
    command += ["--port", str(port), "--log-level", "warning", "--timeout-graceful-shutdown", "2"]
    return subprocess.Popen(command, env=environment)


def start_judge(event: Event) -> subprocess.Popen:
    """Start the judge's process."""
    return subprocess.Popen([sys.executable, "-m", "leaderboard", "judge", "--event", str(event.folder)])


def wait_until_up(host: str, port: int, web: subprocess.Popen, seconds: float = 60) -> None:
    """Return when the API answers.

    Raises
    ------
    EventError
        If the web process ends, or does not answer in time.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if web.poll() is not None:
            raise EventError(f"the web process ended with status {web.returncode} before it answered")
        try:
            with urllib.request.urlopen(f"http://{host}:{port}/api/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise EventError(f"the web process did not answer on {host}:{port} within {seconds:g} s")


def serve(event: Event, host: str, port: int, *, announce=lambda: None, meanwhile=lambda: None) -> None:
    """Serve until interrupted; a judge that dies is started again, and takes its jobs up where they were.

    Parameters
    ----------
    event : Event
    host : str
    port : int
    announce : callable
        Called once when the page is up.
    meanwhile : callable
        Called after that, while the page is read and files are judged.
    """
    processes = [start_web(event, host, port)]
    (web,) = processes
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        wait_until_up(host, port, web)
        announce()
        judge = start_judge(event)
        processes.append(judge)
        meanwhile()
        started, short_lives = time.monotonic(), 0
        while web.poll() is None:
            if judge.poll() is not None:
                short_lives = short_lives + 1 if time.monotonic() - started < SHORT_LIFE else 0
                if short_lives == MOST_SHORT_LIVES:
                    raise EventError(f"the judge ended {short_lives} times in a row, with status {judge.returncode}")
                print(f"the judge ended with status {judge.returncode}; starting it again", file=sys.stderr)
                judge = processes[1] = start_judge(event)
                started = time.monotonic()
            time.sleep(0.5)
        raise EventError(f"the web process ended with status {web.returncode}")
    except KeyboardInterrupt:
        pass
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
