"""What others reached on the real data: boards show it, so the challenge's own README has to say it, too."""

import pytest
from pydantic import ValidationError

from challenges import spec

TRACKS = [spec.find_track(f"{name}.{track.id}") for name in spec.available() for track in spec.load(name).tracks]


@pytest.mark.parametrize(
    ("challenge", "published"), [(challenge, one) for challenge, track in TRACKS for one in track.published]
)
def test_every_published_score_stands_in_the_readme(challenge, published):
    assert f"{published.value:g}" in (challenge.folder / "README.md").read_text("utf-8")


def test_a_published_score_without_a_source_is_none():
    with pytest.raises(ValidationError, match="source"):
        spec.Published.model_validate({"value": 0.9, "what": "a net"})
