"""What the web process sees to by itself: that it lives, when tokens were used last, what is to be forgotten by now."""

import logging
import os
import threading
import time
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy import update

from leaderboard.event import APART_VARIABLE, Event
from leaderboard.people.privacy import erase_all_when_due
from leaderboard.site.rates import rates_of
from leaderboard.store.database import Database
from leaderboard.store.faults import StoreFault
from leaderboard.store.heartbeats import Pulse, beating
from leaderboard.store.queries import now
from leaderboard.store.tables import Token

MINUTE, MINUTES = 60.0, 60
"""Seconds between two rounds, and how many rounds it takes until persons and addresses are looked at again."""


class TokensUsed:
    """When tokens were used last: noted in memory, so that nobody waits for a disk, and written down each minute."""

    def __init__(self) -> None:
        self._noted: dict[str, datetime] = {}

    def note(self, token: Token) -> None:
        """Note that a token was used now."""
        self._noted[token.sha256] = now()

    def write(self, store: Database) -> None:
        """Write down what was noted; what cannot be written now is written next time."""
        noted, self._noted = self._noted, {}
        if not noted:
            return
        try:
            with store.write() as session:
                for sha256, at in list(noted.items()):
                    session.execute(update(Token).where(Token.sha256 == sha256).values(last_used_at=at))
        except StoreFault:
            self._noted = noted | self._noted


@lru_cache(maxsize=32)
def tokens_used(folder: Path) -> TokensUsed:
    """Return when tokens of the event in a folder were used, as far as it is not written down yet."""
    return TokensUsed()


def tidy(event: Event, store: Database) -> None:
    """Delete what is kept of persons when its time is over, and forget addresses that did nothing lately."""
    rates_of(event.folder).forget()
    erase_all_when_due(store, event)


def start(event: Event, store: Database) -> None:
    """See to an event for as long as this process lives."""
    threading.Thread(target=_see_to, args=(event, store), name="housekeeping", daemon=True).start()


def _see_to(event: Event, store: Database) -> None:
    apart = {"1": True, "0": False}.get(os.environ.get(APART_VARIABLE, ""))
    pulse = Pulse(store, "web", disk=event.folder, apart=apart)
    pulse.doing = "serves"
    rounds = 0
    with beating(pulse):
        while True:
            try:
                tokens_used(event.folder).write(store)
                if rounds % MINUTES == 0:
                    tidy(event, store)
            except Exception:
                logging.getLogger(__name__).exception("housekeeping goes on in a minute")
            rounds += 1
            time.sleep(MINUTE)
