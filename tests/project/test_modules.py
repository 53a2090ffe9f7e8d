"""The modules: none imports itself however far around, and none hides one that all challenges share."""

from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

from tests.support import ROOT

PACKAGES = ("challenges", "baselines", "scoring", "leaderboard")


def test_no_imports_go_in_a_circle():
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    # Raises CycleError, which names the circle; imports inside functions count.
    order = TopologicalSorter({one: graph.find_modules_directly_imported_by(one) for one in graph.modules})
    assert len([*order.static_order()]) == len(graph.modules) > 150


@pytest.mark.parametrize("package", ["challenges", "baselines"])
def test_no_module_of_one_challenge_is_called_like_one_of_all(package: str):
    shared, own = (
        {Path(path).stem for path in (ROOT / package).glob(where)} - {"__init__"} for where in ("*.py", "*/*.py")
    )
    assert len(own) > len(shared) > 0
    assert own & shared == set()
