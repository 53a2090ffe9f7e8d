"""What has become of a team's newest file, told while it happens."""

from datetime import tzinfo
from html import escape

from leaderboard.site import words
from leaderboard.site.live import Snapshot
from leaderboard.site.stages import Stage
from leaderboard.site.team.own import OwnFile, state_in_words

STEPS = ("taken", "being judged", "judged")
REACHED = {"queued": 0, "judging": 1, "scored": 2}


def newest_html(one: OwnFile, view: Snapshot, stage: Stage, board: str, zone: tzinfo) -> str:
    """Return what is told of a team's newest file on a track.

    Parameters
    ----------
    one : OwnFile
    view : Snapshot
        What is shown of the track.
    stage : Stage
        Where the track stands.
    board : str
        Address of the team's row on the board.
    zone : tzinfo
        In which times are told.
    """
    head = (
        f"<p><strong>No. {one.submission}</strong> <bdi>{escape(one.filename)}</bdi> · "
        f"{escape(words.moment(one.received_at, zone))}</p>"
    )
    return (
        f'<section class="physathon-newest" aria-label="Your newest file">{head}{_steps(one)}'
        f'<p role="status">{escape(outcome(one, view, stage, zone))}</p>{_row(one, board)}</section>'
    )


def outcome(one: OwnFile, view: Snapshot, stage: Stage, zone: tzinfo) -> str:
    """Say where a file stands and, once it is judged and that is shown, what the board shows of its team with it."""
    counts = one.excluded is None and not one.lost
    if counts and one.state == "queued":
        waits = {0: "It is the next.", 1: "One file is judged before it."}
        return f"It waits for the judge. {waits.get(one.ahead, f'{one.ahead} files are judged before it.')}"
    if counts and one.state == "judging":
        return "The judge is at it."
    if counts and one.state == "scored" and view.published_at:
        return "It is judged, and the result of this track is published."
    if counts and one.state == "scored" and one.moved is None:
        since = f" The board stands still since {words.moment(stage.frozen, zone)}." if stage.frozen else ""
        return f"It is judged.{since} Its score, and whether it is your best, are shown with the result."
    if not counts or one.value is None:
        said = state_in_words(one)
        return f"{said[0].upper()}{said[1:]}."
    decimals = words.decimals(view.step)
    value, low, high = (f"{number or 0:.{decimals}f}" for number in (one.value, one.low, one.high))
    moved = "It became your best: the board shows" if one.moved else "It did not move your best: the board still shows"
    return f"{moved} {value}, with 95% confidence {low} to {high}.{_ranks(one, view)}"


def _ranks(one: OwnFile, view: Snapshot) -> str:
    if one.rank_best is None:
        return ""
    teams = sum(entry.rank is not None for entry in view.entries)
    if one.rank_best == one.rank_worst:
        return f" That is rank {one.rank_best} of {teams}, whatever the noise."
    return f" That allows ranks {one.rank_best} to {one.rank_worst} of {teams}: among these the noise decides."


def _steps(one: OwnFile) -> str:
    reached = REACHED.get(one.state)
    if reached is None or one.excluded is not None or one.lost:
        return ""
    items = "".join(f"<li{_class(at, reached)}>{step}</li>" for at, step in enumerate(STEPS))
    return f'<ol aria-label="How far it is">{items}</ol>'


def _class(at: int, reached: int) -> str:
    if at == reached:
        return ' class="now" aria-current="step"'
    return ' class="done"' if at < reached else ""


def _row(one: OwnFile, board: str) -> str:
    return f'<p><a href="{escape(board)}">Your row on the board</a></p>' if one.value is not None else ""
