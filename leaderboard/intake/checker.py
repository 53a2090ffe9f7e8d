"""The process that a web process has files and circuits checked in: it reads jobs, and dies rather than take too much.

It imports what reads prediction files and circuits, and nothing of the event: ``python -m leaderboard.intake.checker``,
with the modules that read declared circuits as arguments. It ends when its standard input does, or whoever started it.
"""

import gc
import json
import os
import sys
import threading
import time
import traceback
from dataclasses import asdict
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from scoring.predictions import Format, PredictionFileError, check

try:
    import resource
except ImportError:  # Windows has no such limits: there a job has its time alone.
    resource = None

LARGEST_FILES = 4
"""How many times the largest file of its track a check may hold, besides what its job allows."""


def send(stream: BinaryIO, head: dict[str, Any], body: bytes | memoryview = b"") -> None:
    """Write a message: one line of JSON, then bytes."""
    stream.write(json.dumps(head | {"size": len(body)}).encode() + b"\n")
    stream.write(body)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """Read a message.

    Raises
    ------
    EOFError
        If the other side is gone.
    """
    head = json.loads(stream.readline() or "null")
    body = stream.read(head.pop("size")) if head else b""
    if not head and head != {}:
        raise EOFError
    return head, body


def predictions(job: dict[str, Any], upload: bytes, held: int) -> tuple[dict[str, Any], bytes | memoryview]:
    """Check a prediction file against the format that lies at a path; it comes with the job, or lies at a path too."""
    path = Path(job["format"])
    format = _read_format(path, path.stat().st_mtime_ns)
    _limit(job, held + LARGEST_FILES * format.size_limit)
    try:
        values = np.ascontiguousarray(check(Path(job["path"]) if job["path"] else upload, format).values)
    except PredictionFileError as error:
        return error.to_json(), b""
    return {"dtype": values.dtype.str, "shape": values.shape}, values.ravel().view(np.uint8).data


def circuit(job: dict[str, Any], text: bytes, held: int) -> tuple[dict[str, Any], bytes]:
    """Read a declared circuit by the module of its challenge."""
    module = import_module(job["module"])
    _limit(job, held)
    try:
        return {"found": asdict(module.read(text, max_qubits=job["max_qubits"]))}, b""
    except module.DeclarationError as error:
        return {"problems": [asdict(problem) for problem in error.problems]}, b""


JOBS = {"predictions": predictions, "circuit": circuit}


def main(modules: list[str]) -> None:
    """Do jobs until there are no more."""
    jobs, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # Whatever else is printed belongs into the log.
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    for module in modules:
        import_module(module)
    held = _held()
    if resource:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # It would hold a team's file.
    gc.freeze()
    try:
        while True:
            job, body = receive(jobs)
            try:
                head, body = JOBS[job["what"]](job, body, held)
            except MemoryError:
                head, body = {"broke": "memory"}, b""
            except Exception as error:
                traceback.print_exc()
                head, body = {"broke": type(error).__name__}, b""
            send(answers, head, body)
    except (EOFError, BrokenPipeError):
        os._exit(0)


def _end_with(parent: int) -> None:
    """End this process soon after its parent has, whatever it is doing."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def _limit(job: dict[str, Any], held: int) -> None:
    """Give this process what its job may take: seconds beyond those it has used, bytes beyond those it needs anyway."""
    if resource:
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime) + 1 + job["seconds"]
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_DATA, (held + job["memory"], resource.RLIM_INFINITY))


def _held() -> int:
    """Return how much memory of its own this process holds, in bytes, as `_limit` counts it, or a little more."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # Confined, it may not look there.
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if resource else 0


@lru_cache(maxsize=32)
def _read_format(path: Path, _changed: int) -> Format:
    return Format.from_json(json.loads(path.read_text("utf-8")))


if __name__ == "__main__":
    main(sys.argv[1:])
