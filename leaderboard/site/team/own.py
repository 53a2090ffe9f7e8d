"""What a team sees of its own files: what was shown after each, and how that stands among the others now."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from challenges.spec import Track
from leaderboard.board.entries import metric_of
from leaderboard.intake.standing import Standing, history
from leaderboard.public import files
from leaderboard.site.live import Boards, Snapshot
from leaderboard.store.cards import CardText, cards_of
from leaderboard.store.tables import Team
from scoring.groups import possible_ranks
from scoring.predictions import id_text

ROWS = 20_000
"""Rows of a file that are written at a time."""


@dataclass(frozen=True)
class OwnFile(Standing):
    """One submission as its own team may see it, with its card.

    Before publication ``rank_best`` and ``rank_worst`` limit the rank that the team would have among the others as the
    board shows them now, with what was shown of it after this file: intervals that overlap part nobody.
    """

    rank_best: int | None
    rank_worst: int | None
    card: CardText | None

    @property
    def ranks(self) -> str:
        """The ranks as they are shown: ``1–3``; empty where nobody knows."""
        if self.rank_best is None:
            return ""
        return f"{self.rank_best}" if self.rank_best == self.rank_worst else f"{self.rank_best}–{self.rank_worst}"


def own_files(session: Session, boards: Boards, team: Team, *only: ColumnElement[bool]) -> list[OwnFile]:
    """Return a team's submissions, the newest first; of these ``only`` those that fulfil all conditions."""
    sent = history(session, team, *only)
    cards = cards_of(session, [one.submission for one in sent])
    ranks = [_ranks(boards.now(one.track), team, one) for one in sent]
    return [
        OwnFile(**vars(one), rank_best=best, rank_worst=worst, card=cards.get(one.submission))
        for one, (best, worst) in zip(sent, ranks, strict=True)
    ]


def _ranks(view: Snapshot, team: Team, one: Standing) -> tuple[int, int] | tuple[None, None]:
    if one.low is None or one.high is None or view.published_at or team.out:
        return None, None
    others = [entry for entry in view.entries if entry.rank is not None and entry.team != team.name]
    low, high = [*(entry.low for entry in others), one.low], [*(entry.high for entry in others), one.high]
    best, worst = possible_ranks(low, high, greater_is_better=metric_of(view.track).greater_is_better)[-1].tolist()
    return best, worst


def state_in_words(one: Standing) -> str:
    """Return where a submission stands, as its team reads it."""
    if one.excluded is not None:
        return f"excluded: {one.excluded}"
    if one.lost:
        return "its file was lost here: send it again, which restores it and costs you nothing"
    if one.state == "scored":
        moved = {None: "judged: shown with the result", True: "became your best", False: "did not move your best"}
        return moved[one.moved] if one.moved is None else f"scored: {moved[one.moved]}"
    if one.state == "queued":
        return f"queued: {one.ahead} before it" if one.ahead else "queued: next"
    says = {"judging": "being judged", "failed": "the judge failed: it costs you nothing"}
    return says.get(one.state, one.state)


def csv_of(ids: np.ndarray, values: np.ndarray, track: Track) -> Iterator[bytes]:
    """Yield a prediction file of numbers or texts as CSV, some rows at a time; sent again, it is the same file."""
    for start in range(0, len(ids), ROWS):
        rows = slice(start, start + ROWS)
        text = files.predictions(id_text(ids[rows]), values[rows], track)
        yield text if start == 0 else text.partition(b"\n")[2]
