"""The parts of the desk, by the names that stand in addresses; the first is where one comes in."""

from leaderboard.intake.talk import count_unanswered
from leaderboard.site.desk import overview, settings, talk, teams
from leaderboard.site.desk.frame import Part

PARTS: dict[str, Part] = {
    "overview": Part("Overview", overview.show, ("helper", "jury")),
    "teams": Part("Teams", teams.show, ("helper",)),
    "talk": Part("Talk", talk.show, ("helper",), count_unanswered),
    "settings": Part("Settings", settings.show),
}
