"""Processes that are looked after: started again when they end, ended when they hang."""

import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager

from leaderboard.event import EventError
from leaderboard.tls.names import in_an_address

SHORT_LIFE = 10
"""Seconds; a process that ends sooner waits twice as long for its next start as for the one before."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30
"""Seconds between the end of a process and its next start: in the beginning, and at most."""

LOOK = 0.25
"""Seconds between two looks at a process."""

HUNG, STARTING = 20, 60
"""Seconds without an answer after which a process that lives is ended: once it has answered, and before.

They are counted in looks: while this process itself is stopped, or the machine asleep, none go by.
"""

Say = Callable[[str], None]


def address_of(host: str, port: int, *, tls: bool) -> str:
    """Return where a web process is found, by TLS or without."""
    return f"http{'s' * tls}://{in_an_address(host)}:{port}"


def health_of(host: str, port: int, *, tls: bool = False) -> Callable[[], bool]:
    """Return a function that waits for an answer of the API, by TLS or without, and returns whether there was one."""
    # It is asked whether our own process answers, not who it is: that its certificate is in order was checked before.
    unasked = ssl.create_default_context()
    unasked.check_hostname, unasked.verify_mode = False, ssl.CERT_NONE
    no_proxy, by_tls = urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=unasked)
    directly = urllib.request.build_opener(no_proxy, by_tls)
    address = f"{address_of(host, port, tls=tls)}/api/v1/health"

    def answers() -> bool:
        try:
            with directly.open(address, timeout=HUNG):
                return True
        except urllib.error.HTTPError:
            return True  # a database that is busy, say
        except OSError:
            return False

    return answers


def wait_until_up(host: str, port: int, web: subprocess.Popen, seconds: float = STARTING, *, tls: bool = False) -> None:
    """Return when the API answers, by TLS or without.

    Raises
    ------
    EventError
        If the web process ends, or does not answer in time.
    """
    answers, deadline = health_of(host, port, tls=tls), time.monotonic() + seconds
    while time.monotonic() < deadline:
        if web.poll() is not None:
            raise EventError(f"the web process ended with status {web.returncode} before it answered")
        if answers():
            return
        time.sleep(0.1)
    raise EventError(f"the web process did not answer on {host}:{port} within {seconds:g} s")


class Supervised:
    """A process that is started again whenever it ends, after a pause that doubles with each short life, for ever.

    One that can be asked and answers nothing for `HUNG` seconds is ended.

    Parameters
    ----------
    name : str
        What it is called when something is said of it.
    start : callable
        Starts it; may raise EventError, which counts as a short life.
    say : callable
        Told of each end.
    answers : callable, optional
        Asks it and returns whether it answered.
    """

    def __init__(
        self, name: str, start: Callable[[], subprocess.Popen], say: Say, answers: Callable[[], bool] | None = None
    ) -> None:
        self.name, self.say, self._start, self.answers = name, say, start, answers
        self.pause = FIRST_PAUSE
        self.process = start()
        self._started = time.monotonic()
        self._next: float | None = None
        self._silent, self._limit = 0, STARTING

    def heard(self) -> None:
        """Take in that it answered."""
        self._silent, self._limit = 0, HUNG

    def look(self) -> None:
        """End it if it hangs; start it again if it has ended and its pause is over."""
        moment = time.monotonic()
        if self._next is None:
            if self.process.poll() is not None:
                self._rest(f"ended with status {self.process.returncode}", moment - self._started)
            elif self.answers:
                self._silent += 1
                if self._silent * LOOK >= self._limit:
                    self.say(f"{self.name} lives and has answered nothing for {self._limit:g} s: it is ended")
                    self.process.kill()
                    self._silent = 0
        elif moment >= self._next:
            self._next = None
            try:
                self.process, self._started = self._start(), moment
                self._silent, self._limit = 0, STARTING
            except EventError as error:
                self._rest(f"could not be started ({error})", 0)

    def _rest(self, why: str, lived: float) -> None:
        self.pause = min(2 * self.pause, LONGEST_PAUSE) if lived < SHORT_LIFE else FIRST_PAUSE
        self._next = time.monotonic() + self.pause
        self.say(f"{self.name} {why}; it is started again in {self.pause:g} s")

    def stop(self) -> None:
        """End it, kindly at first."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def supervision(*processes: Supervised) -> Generator[None]:
    """Look after processes while the block lasts; each failure is for that one alone."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK):
            for process in processes:
                process.look()

    def ask(process: Supervised, answers: Callable[[], bool]) -> None:
        while not over.wait(8 * LOOK):
            if answers():
                process.heard()

    for process in processes:
        if process.answers:
            threading.Thread(target=ask, args=(process, process.answers), daemon=True).start()
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
