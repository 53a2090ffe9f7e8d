"""The libraries that only this challenge needs, found or named."""

from importlib import import_module
from types import ModuleType


class LibraryMissing(ImportError):
    """A library of the extra ``renaissance`` is not installed."""


def library(name: str) -> ModuleType:
    """Import a library of the extra.

    Raises
    ------
    LibraryMissing
        If it is not installed; the message says how to install it.

    Examples
    --------
    >>> library("no_such_library")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    challenges.renaissance.extra.LibraryMissing: this needs no_such_library, which is not installed: ...
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise LibraryMissing(
            f"this needs {name}, which is not installed: pip install 'physathon[renaissance]'"
        ) from error
