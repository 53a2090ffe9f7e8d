"""What the texts that ship with a challenge know of the answers: who looks words up needs no model."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from challenges.folding import fold
from challenges.spec import Challenge


def shipped_words(challenge: Challenge) -> frozenset[str]:
    """Return every word, folded, of every text file in a challenge's folder; lines that begin with # are comments.

    Where the challenge's `simulate` has a function `spelled`, which spells a word of these files as the data do, they
    are known as it stands there and as it is spelled.
    """
    lines = (line for path in sorted(challenge.folder.glob("*.txt")) for line in path.read_text("utf-8").splitlines())
    texts = [line for line in lines if not line.startswith("#")]
    if spelled := getattr(challenge.module("simulate"), "spelled", None):
        texts += [" ".join(map(spelled, text.split())) for text in texts]
    return frozenset(word for text in texts for word in fold(text).split())


def looked_up(known: frozenset[str], features: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    """Yield, for each column of text, which share of a row's words is not among those known, shape (n, 1).

    Examples
    --------
    >>> read = pd.DataFrame({"token": ["Coraçón,", "coraeon", "la"], "confidence": [0.9, 0.5, 0.7]})
    >>> [(name, share[:, 0].tolist()) for name, share in looked_up(frozenset(["corazon", "la"]), read)]
    [('token', [0.0, 1.0, 0.0])]
    """
    for name, column in features.items():
        if isinstance(column.iloc[0], str):
            found = [[word not in known for word in fold(text).split()] or [True] for text in column]
            yield str(name), np.array([[np.mean(one)] for one in found])
