"""Streams that do not end by themselves, in a module that a process of their own loads at once."""

import time


def endless(stream: int, n_rows: int, *, report) -> None:
    """Report a row, then none any more."""
    report(1)
    time.sleep(3600)


def fails(stream: int, n_rows: int, *, report) -> None:
    """Fail in the first stream; the others go on."""
    if stream == 0:
        raise ArithmeticError("the jets are odd")
    endless(stream, n_rows, report=report)
