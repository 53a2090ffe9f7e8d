"""What the rungs of every ladder score on default data, as `benchmarks.baselines` measured it last."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("measured.json")

STARTER = "starter"
"""The name under which a track's starter stands among its rungs."""


@dataclass(frozen=True)
class Measured:
    """A score of a rung, or of a starter as a kit has it, on fresh rows of default size.

    Attributes
    ----------
    name, title : str
        Those of the rung.
    value, low, high : float
        By the track's own metric, with an interval of 95%.
    also : mapping
        Values by the track's further metrics.
    seconds : float
        Of one core's processor, for the training.
    rows : int
        It learned from so many.
    """

    name: str
    title: str
    value: float
    low: float
    high: float
    also: Mapping[str, float]
    seconds: float
    rows: int


def measured(track: str) -> tuple[Measured, ...]:
    """Return what was measured on a track, named in full: its starter if there is one, then its rungs, weakest first.

    Nothing was measured on a track that is not in the file.

    Examples
    --------
    >>> [one.name for one in measured("higgs.signal")]
    ['starter', 'logistic', 'net', 'xgboost', 'masses']
    """
    return _read(FILE).get(track, ())


@lru_cache(maxsize=1)
def _read(path: Path) -> dict[str, tuple[Measured, ...]]:
    found = json.loads(path.read_text("utf-8"))
    return {track: tuple(Measured(**one) for one in rungs) for track, rungs in found.items()}


def keep(track: str, rungs: Sequence[Measured]) -> None:
    """Put what was measured on a track into the file."""
    kept = _read(FILE) | {track: tuple(rungs)}
    lines = [
        f'  "{name}": [\n' + ",\n".join(f"    {json.dumps(asdict(one))}" for one in kept[name]) + "\n  ]"
        for name in sorted(kept)
    ]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    _read.cache_clear()
