"""The parts of the desk, by the names that stand in addresses; the first is where one comes in."""

from leaderboard.site.desk import (
    audit,
    boards,
    ceremony,
    corrections,
    exports,
    finals,
    overview,
    settings,
    talk,
    tasks,
    teams,
    tracks,
)
from leaderboard.site.desk.frame import Part

PARTS: dict[str, Part] = {
    "overview": Part("Overview", overview.show, count=overview.alarms),
    "teams": Part("Teams", teams.show, ("helper",)),
    "talk": Part("Talk", talk.show, ("helper",), talk.waiting),
    "tracks": Part("Tracks", tracks.show),
    "finals": Part("Finals", finals.show),
    "ceremony": Part("Ceremony", ceremony.show),
    "tasks": Part("Tasks", tasks.show, count=tasks.waiting),
    "corrections": Part("Corrections", corrections.show),
    "settings": Part("Settings", settings.show),
    "boards": Part("Boards", boards.show, ("jury",)),
    "audit": Part("Audit log", audit.show),
    "exports": Part("Exports", exports.show),
}
