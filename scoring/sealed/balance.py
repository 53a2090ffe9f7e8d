"""Whether a holdout's groups are many and even enough for teams to be told apart on it."""

import numpy as np

from challenges.spec import OBSERVED
from scoring.metrics import METRICS
from scoring.sealed.holdout import Holdout, HoldoutError

LARGEST_SHARE = 1 / 3
"""From this share of a class on, one group decides how a team does: intervals become too wide to be of use."""


class LopsidedError(HoldoutError):
    """A holdout in which one group holds a third of a class, or more."""


def check_balance(holdout: Holdout) -> None:
    """Check that no group holds a third of a class in a slice that is judged.

    Classes count where the metric is an area under the ROC curve; for any other metric all rows are of one. Recordings
    are left out: they decide nothing.

    Raises
    ------
    LopsidedError
        Naming the slice, the group and its share.
    """
    by_class = METRICS[holdout.metric.partition("/")[0]].kind in ("scores", "class scores")
    for name in sorted(set(holdout.salts) - {OBSERVED}):
        rows = holdout.rows(name)
        labels = holdout.targets.iloc[rows, 0].to_numpy() if by_class else np.zeros(len(rows))
        for label in np.unique(labels):
            _check(holdout, name, rows[labels == label], f"class {label}" if by_class else "rows")


def _check(holdout: Holdout, name: str, rows: np.ndarray, what: str) -> None:
    groups, code = np.unique(holdout.groups[rows], return_inverse=True)
    held = np.bincount(code, holdout.weights[rows])
    share = held.max() / held.sum()
    if share >= LARGEST_SHARE:
        raise LopsidedError(
            f"{holdout.track}: group {groups[held.argmax()]} holds {share:.0%} of the {name} slice's {what} "
            f"({len(rows)} rows in {len(groups)} groups), where no group may hold a third: such a slice cannot tell "
            "teams apart. Take more groups, or more even ones"
        )
