"""A holdout that is lent comes back as it was, to whoever has its key."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scoring.sealed.answers import answers_table
from scoring.sealed.holdout import Holdout, HoldoutError
from scoring.sealed.lent import borrow, lend
from tests.scoring.test_holdout import KEY, make_holdout

N = 200
RNG = np.random.default_rng(1)
TARGETS = {
    "labels": pd.DataFrame({"label": RNG.integers(0, 2, N).astype(np.int8)}),
    "numbers": pd.DataFrame({"a": RNG.normal(size=N), "b": RNG.normal(size=N).astype(np.float32)}),
    "texts": pd.DataFrame({"text": [f"vn lugar de la Mancha, nº {row}" for row in range(N)]}, dtype=str),
    "images": answers_table(RNG.normal(size=(N, 2, 3)).astype(np.float32), ["image"]),
}


@pytest.mark.parametrize("kind", TARGETS)
def test_every_bit_comes_back(tmp_path, kind):
    holdout = replace(make_holdout(N), targets=TARGETS[kind], variance={"roc_auc": (0.1, 1 / 3)})
    lend(holdout, tmp_path / "lent", KEY)
    found = borrow(tmp_path / "lent", KEY)
    assert found.digest == holdout.digest, "as it was told"
    assert Holdout(**{name: getattr(found, name) for name in holdout.__dataclass_fields__}).digest == holdout.digest
    assert found.targets.dtypes.tolist() == holdout.targets.dtypes.tolist()
    assert found.variance == holdout.variance


def test_it_shows_nothing_and_opens_by_its_key_alone(tmp_path):
    path = tmp_path / "lent"
    lend(make_holdout(), path, KEY)
    assert b"label" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(HoldoutError, match="another key"):
        borrow(path, bytes(32))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(HoldoutError, match="damaged"):
        borrow(path, KEY)
    path.unlink()
    with pytest.raises(HoldoutError, match="not lent any more"):
        borrow(path, KEY)
