"""Whether a simulator without the physics that carries the answers still tells them to anybody."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from baselines.rungs import Baseline, rungs
from challenges.dataset import Dataset, Rows, as_array, as_table
from challenges.spec import Challenge, Track
from scoring import permutation
from scoring.metrics import METRICS
from scoring.permutation import permutation_interval
from scoring.text import character_error_rate

LEVEL = 0.999
TEXT_FEATURES = 256
"""Into how many numbers the pieces of a text are counted, for trees."""


class Nonconforming(ValueError):
    """A challenge that breaks a promise; the message says which, what was expected and what came."""


def examine(challenge: Challenge, track: Track, data: Dataset) -> str:
    """Train on half of the groups, answer the other half, and hold that against chance; return who was tried.

    Parameters
    ----------
    challenge : Challenge
    track : Track
    data : Dataset
        Simulated with ``signal=False``.

    Raises
    ------
    Nonconforming
        If a baseline, or boosted trees on everything, agree with the answers more than chance would.
    """
    names = np.unique(data.groups)
    first = np.isin(data.groups, names[: len(names) // 2])
    train, test = data.take(np.flatnonzero(first)), data.take(np.flatnonzero(~first))
    tried = list(rungs(challenge.id, track.id, slow=False))
    if METRICS[track.metric].kind in ("scores", "class scores"):
        tried.append(Baseline("trees", "boosted trees on everything", track.id, _fit_trees(track)))
    for rung in tried:
        agreement, truth = _agreement(track, rung.fit(train).predict(test.features), test.targets)
        low, high = permutation_interval(agreement, truth, test.groups, level=LEVEL)
        found = agreement(truth)
        if not low <= found <= high:
            raise Nonconforming(
                f"{rung.title} still finds {', '.join(track.targets)} without its physics: agreement {found:.3f}, "
                f"chance stays between {low:.3f} and {high:.3f}"
            )
    return f"{track.id}: {', '.join(rung.name for rung in tried)} stay at chance"


def _agreement(track: Track, answer: np.ndarray, targets: Rows) -> tuple[Callable[[np.ndarray], float], np.ndarray]:
    """Return how to measure the agreement of answers with a truth, and the truth."""
    if track.answers == "texts":
        hypotheses = answer[:, 0].tolist()
        texts = as_table(targets).to_numpy()[:, 0]
        return lambda truth: -character_error_rate(truth.tolist(), hypotheses).value.item(), texts
    if track.answers == "images":
        truth = as_array(targets).reshape(len(targets), -1).astype(np.float64)
        answer = answer.reshape(len(answer), -1) - truth.mean(axis=0)
        return lambda truth: float(np.mean((truth - truth.mean(axis=0)) * answer)), truth
    ranks = pd.DataFrame(answer).rank().to_numpy()
    if METRICS[track.metric].kind == "class scores":
        kinds = as_table(targets).to_numpy()
        truth = (kinds == np.unique(kinds)).astype(np.float64)
    else:
        truth = as_table(targets).to_numpy(np.float64)
    return lambda truth: float(np.mean([*map(permutation.correlation, ranks.T, truth.T)])), truth


def _fit_trees(track: Track) -> Callable:
    """Return what trains boosted trees on the flat features, whatever they are."""

    class Trees:
        def __init__(self, train: Dataset) -> None:
            from xgboost import XGBClassifier

            self.model = XGBClassifier(n_estimators=60, max_depth=4, tree_method="hist", random_state=1)
            self.model.fit(_flat(train.features), as_table(train.targets).iloc[:, 0].to_numpy())

        def predict(self, features) -> np.ndarray:
            chances = self.model.predict_proba(_flat(features)).astype(np.float64)
            return chances[:, 1:] if METRICS[track.metric].kind == "scores" else chances

    return Trees


def _flat(features: Rows) -> np.ndarray:
    """Return features as float32, shape (n, f): of texts how often their short pieces occur; bytes are left out."""
    if isinstance(features, np.ndarray):
        return features.reshape(len(features), -1).astype(np.float32)
    from sklearn.feature_extraction.text import HashingVectorizer

    pieces = HashingVectorizer(analyzer="char_wb", ngram_range=(1, 3), n_features=TEXT_FEATURES, norm=None)
    texts = [name for name, column in features.items() if isinstance(column.iloc[0], str)]
    columns = [pieces.transform(features[name]).toarray() for name in texts]
    return np.hstack([features.select_dtypes(["number", "bool"]).to_numpy(), *columns]).astype(np.float32)
