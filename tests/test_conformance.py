"""Every challenge keeps every promise; and a challenge that breaks one is caught."""

import pytest

from challenges import spec
from leaderboard.conformance import CHECKS, Subject


@pytest.fixture(scope="module", params=spec.available())
def subject(request, tmp_path_factory):
    found = Subject(request.param, tmp_path_factory.mktemp(request.param))
    yield found
    found.close()


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_every_challenge_conforms(subject, check):
    assert check(subject)
