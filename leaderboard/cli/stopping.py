"""Ctrl-C: back at the prompt within two seconds, by one sentence, whatever a command is at."""

import os
import signal
import socket
import sys
import threading
from typing import Any

import typer
from typer.core import TyperGroup

STOPPED = "stopped: what was finished stays, and nothing is half done"
STATUS = 128 + signal.SIGINT
PATIENCE = 1.0
"""Seconds that a computation outside Python is given to come back; then the process ends without it."""


class Stoppable(TyperGroup):
    """Commands that say one sentence when they are stopped."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _say()
            raise typer.Exit(STATUS) from None


def stop_soon() -> None:
    """Let Ctrl-C end this process even while it computes outside Python, where Python hears of no signal.

    Whatever is being written then is under another name, or in a transaction: nothing is half done. A process that was
    started deaf to it, as a shell starts what runs in the background, stays so.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return
    heard = threading.Event()

    def interrupt(*_: object) -> None:
        heard.set()
        raise KeyboardInterrupt

    def watch() -> None:
        while signals := reading.recv(64):
            if signal.SIGINT in signals and not heard.wait(PATIENCE):
                _say()
                os._exit(STATUS)
            heard.clear()

    def ignored(what: Any) -> None:
        """Interrupt again: Python ignores what is raised in a finalizer, or where a weak reference ends."""
        if what.exc_type is KeyboardInterrupt:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        else:
            unraisable(what)

    unraisable, sys.unraisablehook = sys.unraisablehook, ignored
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    signal.signal(signal.SIGINT, interrupt)
    signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=watch, name="stopping", daemon=True).start()
    _kept.append(writing)


_kept: list[socket.socket] = []


def _say() -> None:
    print(f"\n{STOPPED}", file=sys.stderr, flush=True)
