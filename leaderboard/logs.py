"""What processes say while they run: sentences by default, or by PHYSATHON_LOG=json one line of JSON for each event.

A line tells what happened and never about whom: of what other packages say the sentence is kept without the values in
it, of an error its kind and the lines of code that it went through, of a request the route and not the address.
"""

import json
import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LOG_VARIABLE = "PHYSATHON_LOG"
"""Variable that says how: ``text`` or ``json``."""

REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
"""The number of the request that is being answered: who is told it can tell the organiser."""

VALUES = re.compile(
    r"'[^'\n]*'|\"[^\"\n]*\"|physathon_[\w-]+|\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]{2,40}"
)
"""What may be about somebody in a sentence that is put together already: what is quoted, tokens, addresses."""

FRAMES = 15
"""Lines of code, the innermost, that are told of an error."""

_OURS = logging.getLogger("physathon")


def by_json() -> bool:
    """Return whether lines of JSON are asked for.

    Raises
    ------
    ValueError
        If PHYSATHON_LOG asks for something else.
    """
    asked = os.environ.get(LOG_VARIABLE, "text")
    if asked not in ("text", "json"):
        raise ValueError(f"expected json or text in {LOG_VARIABLE}, got {asked!r}")
    return asked == "json"


def started() -> bool:
    """Return whether this process logs by lines of JSON."""
    return any(isinstance(handler.formatter, Lines) for handler in logging.root.handlers)


def note(what: str, **facts: str | int | float | None) -> None:
    """Write a line where lines of JSON are asked for; what it says must be about nobody."""
    _OURS.info(what, extra={"facts": facts})


def note_error(what: str, error: BaseException) -> None:
    """Write a line about an error, likewise: its kind and where it came from, not what it says."""
    _OURS.error(what, exc_info=error, extra={"facts": {}})


def speaking(say: Callable[[str], None]) -> Callable[[str], None]:
    """Return how the organiser is told sentences: as they are, or each in a line of JSON."""
    return (lambda text: note("says", text=text)) if by_json() else say


def start(process: str) -> bool:
    """Let all that this process logs be lines of JSON on the standard error, if they are asked for; return whether.

    Parameters
    ----------
    process : str
        What it is: ``web``, ``judge`` or ``serve``.
    """
    if not by_json():
        return False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(process))
    logging.root.handlers[:] = [handler]
    for name in list(logging.root.manager.loggerDict):
        through_root(logging.getLogger(name))
    _OURS.setLevel(logging.INFO)
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, error, trace: note_error("ended by an error", error)
    threading.excepthook = lambda what: note_error("a thread ended by an error", what.exc_value or what.exc_type())
    return True


def through_root(logger: logging.Logger) -> None:
    """Let a logger say nothing by itself; what it is told comes out with all else."""
    logger.handlers.clear()
    logger.propagate = True


class Lines(logging.Formatter):
    """Makes a line of JSON of what is logged.

    Examples
    --------
    >>> record = logging.LogRecord("asyncio", logging.ERROR, "", 0, "no answer to %s from 10.0.0.7", ("Ada",), None)
    >>> line = json.loads(Lines("web").format(record))
    >>> line["level"], line["process"], line["what"]
    ('error', 'web', 'no answer to %s from ...')
    """

    def __init__(self, process: str) -> None:
        super().__init__()
        self.process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        facts = getattr(record, "facts", None)
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self.process,
            "what": record.msg if facts is not None else _without_values(_sentence(record)),
        }
        if (request := REQUEST.get()) is not None:
            line["request"] = request
        line |= facts or {}
        if record.exc_info and record.exc_info[1] is not None:
            line |= _told(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def _sentence(record: logging.LogRecord) -> object:
    """Return what is said: by ourselves as it is, by others as it was before values were put in."""
    ours = record.name.startswith("leaderboard") and isinstance(record.msg, str)
    return record.getMessage() if ours else record.msg


def _without_values(said: object) -> str:
    if not isinstance(said, str):
        return type(said).__name__
    return VALUES.sub("...", said.partition("\n")[0][:500])


def _told(error: BaseException) -> dict[str, Any]:
    """Return of an error what it is, what it came from, and the lines of code, the innermost last."""
    kinds, one = [], error
    while one is not None and len(kinds) < FRAMES:
        kinds.append(type(one).__name__)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    places = [
        f"{'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-FRAMES:]
    ]
    return {"error": kinds[0], "because": kinds[1:], "where": places}
