"""What every simulator that draws from Pythia 8 shares: finding it, keeping it quiet, seeding it in full."""

import os
import struct
import tempfile
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np


class SimulatorMissing(ImportError):
    """Pythia 8 is not installed."""


class SimulatorError(RuntimeError):
    """Pythia 8 refused its settings or its random state."""


def import_pythia() -> Any:
    """Import Pythia 8.

    Raises
    ------
    SimulatorMissing
        If it is not installed; the message says how to install it.
    """
    try:
        import pythia8mc
    except ImportError as error:
        raise SimulatorMissing(
            "this simulator needs Pythia 8, which is not installed: pip install 'physathon[simulation]', or, where "
            "it has no wheel, pip install pythia8mc, which compiles it"
        ) from error
    return pythia8mc


def configure(pythia: Any, settings: Iterable[str]) -> None:
    """Give a Pythia instance its settings, one ``"name = value"`` each.

    Raises
    ------
    SimulatorError
        If Pythia does not know one of them.
    """
    for line in settings:
        if not pythia.readString(line):
            raise SimulatorError(f"Pythia does not know the setting {line!r}")


def pack_state(seed: np.random.SeedSequence) -> bytes:
    """Return a state of Pythia's generator (Marsaglia, Zaman & Tsang) that carries all of a seed's entropy.

    Pythia's own seeds are integers up to 900,000,000, few enough to try them all. Its generator has 97 lagged
    fractions of 48 bits each; here every one comes from the seed. The layout is that of ``Rndm::dumpState``: int seed,
    long count, int i97, j97, double c, cd, cm and u[97], packed without gaps.

    Parameters
    ----------
    seed : SeedSequence
        Where the bits come from.

    Returns
    -------
    bytes
        820 bytes, to be read by ``Rndm::readState``.

    Examples
    --------
    >>> len(pack_state(np.random.SeedSequence(1)))
    820
    """
    lags = (seed.generate_state(97, np.uint64) >> np.uint64(16)) / 2.0**48
    carry = np.array([362436.0, 7654321.0, 16777213.0]) / 2.0**24
    return struct.pack("=iqii3d97d", 1, 0, 96, 32, *carry, *lags)


_STDOUT_LOCK = threading.Lock()


@contextmanager
def no_banner() -> Generator[None]:
    """Send what C++ code prints to nowhere; Pythia's and FastJet's banners have no switch."""
    with _STDOUT_LOCK:
        try:
            saved = os.dup(1)
        except OSError:  # there is no standard output to protect
            yield
            return
        try:
            with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device, not a file
                os.dup2(nowhere.fileno(), 1)
            yield
        finally:
            os.dup2(saved, 1)
            os.close(saved)


def set_state(rndm: Any, state: bytes) -> None:
    """Put Pythia's generator into a state, through a private file that is removed at once.

    Raises
    ------
    SimulatorError
        If Pythia cannot read it.
    """
    with tempfile.TemporaryDirectory(prefix="physathon-") as folder:  # mode 0700
        path = Path(folder) / "state"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, state)
        finally:
            os.close(handle)
        with no_banner():
            rndm.init(1)  # a generator never initialised would do so at its first number and forget the state
            read = rndm.readState(str(path))
    if not read:
        raise SimulatorError("Pythia could not read the state of its random generator from a temporary file")
