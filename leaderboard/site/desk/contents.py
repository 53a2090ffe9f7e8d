"""The parts of the desk, by the names that stand in addresses; the first is where one comes in."""

from leaderboard.site.desk import overview
from leaderboard.site.desk.frame import Part

PARTS: dict[str, Part] = {
    "overview": Part("Overview", overview.show, ("helper", "jury")),
}
