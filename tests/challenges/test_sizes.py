"""How many rows are simulated: for trials, for a first look, for an event."""

import pytest
from pydantic import ValidationError

from challenges import spec
from challenges.spec import Size, Track

TRACKS = [track for name in spec.available() for track in spec.load(name).tracks]


def with_sizes(**sizes):
    kept = TRACKS[0].model_dump(exclude={"sizes"})
    return Track.model_validate(kept | {"sizes": sizes})


def test_a_first_look_takes_an_events_rows_unless_the_track_says_fewer():
    small, few, many = ({"train": n, "holdout": n} for n in (1, 2, 3))
    assert with_sizes(small=small, default=many).size("demo") == Size(**many)
    assert with_sizes(small=small, demo=few, default=many).size("demo") == Size(**few)


def test_a_track_without_the_size_of_an_event_is_refused_by_name():
    with pytest.raises(ValidationError, match="needs sizes small and default, default is missing"):
        with_sizes(small={"train": 1, "holdout": 1})


@pytest.mark.parametrize("track", TRACKS, ids=lambda track: track.id)
def test_sizes_grow_from_trials_to_events(track):
    for part in ("train", "holdout"):
        small, demo, default = (getattr(track.size(name), part) for name in ("small", "demo", "default"))
        assert small < demo <= default
