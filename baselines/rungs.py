"""A rung of a challenge's ladder, and which there are."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

import numpy as np
import pandas as pd

from challenges.dataset import Dataset

SEED = 1
"""Of everything that is drawn while a baseline is trained."""


class Model(Protocol):
    """What ``fit`` returns."""

    def predict(self, features: pd.DataFrame | np.ndarray) -> np.ndarray:
        """Return one row of predictions for each row of features, shape (n, columns of the track)."""


@dataclass(frozen=True)
class Baseline:
    """One rung: a model that is trained on a Dataset, cheap ones first.

    Attributes
    ----------
    name : str
    title : str
        As boards show it.
    track : str
        The track it answers.
    fit : callable
        ``fit(train) -> model``; ``model.predict(features)`` gives an array of shape (n, k).
    slow : bool
        Whether it takes minutes rather than seconds, or needs torch.
    declaration : callable, optional
        ``declaration()`` gives the circuit that it runs, in OpenQASM 3; None for a classical model.
    """

    name: str
    title: str
    track: str
    fit: Callable[[Dataset], Model]
    slow: bool = False
    declaration: Callable[[], str] | None = None


def rungs(challenge: str, track: str | None = None, *, slow: bool = True) -> tuple[Baseline, ...]:
    """Return a challenge's baselines, weakest first.

    Parameters
    ----------
    challenge, track : str
        Ids; without a track, the rungs of all.
    slow : bool
        Whether to keep those that take minutes, or need torch.

    Examples
    --------
    >>> [rung.name for rung in rungs("higgs", "signal", slow=False)]
    ['logistic', 'xgboost', 'masses']
    """
    ladder: tuple[Baseline, ...] = import_module(f"baselines.{challenge}").LADDER
    return tuple(rung for rung in ladder if track in (None, rung.track) and (slow or not rung.slow))
