"""Runs a program that reaches only the files it is given, by Landlock: ``python -m leaderboard.confine RULES PROGRAM``.

Landlock is Linux's way for a process without any rights to give up more of them, for itself and all it starts. Files
beyond the rules cannot be opened, and processes outside (the judge) cannot be traced nor their memory read, whoever the
user is. System calls and structures: https://docs.kernel.org/userspace-api/landlock.html
"""

import contextlib
import ctypes
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, *_, TRUNCATE = (1 << bit for bit in range(15))
ALL_OF_FIRST_VERSION, REFER = (1 << 13) - 1, 1 << 13
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
"""Rights that a rule about a single file may have."""

CREATE_RULESET, ADD_RULE, RESTRICT_SELF, NO_NEW_PRIVILEGES = 444, 445, 446, 38
PATH_BENEATH, ASK_VERSION = 1, 1


class ConfinementError(OSError):
    """A kernel that does not confine a process as it was asked to."""


@dataclass(frozen=True)
class Rules:
    """What a confined program reaches. Names in folders can be listed everywhere, their content cannot be read.

    Attributes
    ----------
    read : tuple of str
        Files and folders to read and to run programs from.
    write : tuple of str
        Files and folders to read and to change.
    """

    read: tuple[str, ...]
    write: tuple[str, ...]

    @classmethod
    def of(cls, *, read: Iterable[Path | str], write: Iterable[Path | str]) -> "Rules":
        """Return the rules for those of the paths that exist."""
        there = [
            tuple(sorted({os.path.realpath(path) for path in paths if Path(path).exists()})) for paths in (read, write)
        ]
        return cls(*there)

    def command(self, program: Sequence[str]) -> list[str]:
        """Return the command that runs a program under these rules."""
        return [sys.executable, "-m", "leaderboard.confine", json.dumps(asdict(self)), *program]


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled_access_fs", ctypes.c_uint64),)


class _PathBeneath(ctypes.Structure):
    _pack_, _layout_ = 1, "ms"
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def version() -> int:
    """Return the version of Landlock that the kernel offers; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    try:
        return _call(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(ASK_VERSION))
    except OSError:
        return 0


def confine(rules: Rules) -> None:
    """Confine this thread, and all that it starts, to some rules, for good.

    Raises
    ------
    ConfinementError
        If the kernel has no Landlock, or one that cannot keep a file from being cut short (before Linux 6.2).
    """
    if version() < 3:
        raise ConfinementError("this kernel has no Landlock of version 3 or later (Linux 6.2)")
    handled = ALL_OF_FIRST_VERSION | REFER | TRUNCATE
    attributes = _Ruleset(handled)
    ruleset = _call(
        CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(ctypes.sizeof(attributes)), ctypes.c_uint32(0)
    )
    try:
        _allow(ruleset, "/", READ_DIR)
        for path in rules.read:
            _allow(ruleset, path, EXECUTE | READ_FILE | READ_DIR)
        for path in rules.write:
            _allow(ruleset, path, handled)
        _call_prctl(NO_NEW_PRIVILEGES, 1)
        _call(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathBeneath(rights if Path(path).is_dir() else rights & OF_FILES, descriptor)
        _call(ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(descriptor)


def _call(number: int, *arguments) -> int:
    return _checked(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *arguments))


def _call_prctl(option: int, value: int) -> None:
    unused = ctypes.c_ulong(0)
    libc = ctypes.CDLL(None, use_errno=True)
    _checked(libc.prctl(ctypes.c_int(option), ctypes.c_ulong(value), unused, unused, unused))


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise ConfinementError(code, f"Landlock: {os.strerror(code)}")
    return result


def main() -> None:
    """Confine this process and become the program."""
    rules, *program = sys.argv[1:]
    with contextlib.suppress(ConfinementError):  # `leaderboard.separation` has found out before, and said so
        confine(Rules(**{key: tuple(paths) for key, paths in json.loads(rules).items()}))
    os.execv(program[0], program)


if __name__ == "__main__":
    main()
