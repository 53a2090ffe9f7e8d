"""The judge's tables: raw scores, append-only, in the vault. The web never imports this."""

from datetime import datetime

from sqlalchemy import JSON, MetaData, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from leaderboard.judge.vault import Vault
from leaderboard.store.columns import UtcDateTime
from leaderboard.store.database import Database, open_database
from leaderboard.store.queries import now
from leaderboard.store.tables.base import NAMES
from scoring.sealed.holdout import Holdout
from scoring.sealed.judge import Score, metric_on


class Base(DeclarativeBase):
    """Tables of judge.sqlite."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UtcDateTime, list: JSON}  # noqa: RUF012


class RawScore(Base):
    """One judgement; the key makes a second one of the same thing impossible."""

    __tablename__ = "scores"
    submission_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slice: Mapped[str] = mapped_column(primary_key=True)
    holdout: Mapped[str] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    standard_error: Mapped[float]
    exact: Mapped[list]
    created_at: Mapped[datetime]


Scored = RawScore | Score
"""A judgement, kept in the vault or not yet."""


def open_scores(vault: Vault, *, copy: bool = True) -> Database:
    """Open the judge's database; ``copy`` is as in `leaderboard.store.database.Database.migrate`."""
    return open_database(vault.database_url, "judge", Base.metadata, copy=copy)


def record(database: Database, submission_id: int, score: Scored) -> RawScore:
    """Keep a score once: where it already stands, the first one stays and is returned."""
    if isinstance(score, RawScore):
        return score
    key = (submission_id, score.slice, score.holdout, score.metric)
    with database.write() as session:
        kept = session.get(RawScore, key)
        if kept is None:
            kept = RawScore(
                submission_id=submission_id,
                slice=score.slice,
                holdout=score.holdout,
                metric=score.metric,
                value=score.value,
                low=score.low,
                high=score.high,
                standard_error=score.standard_error,
                exact=list(score.exact),
                created_at=now(),
            )
            session.add(kept)
        return kept


def scores_of(
    database: Database, submissions: list[int] | None, holdout: Holdout, slice_name: str
) -> dict[int, RawScore]:
    """Return the raw scores of some submissions on one slice of one holdout, None for all; others are left out."""
    metric = metric_on(holdout, slice_name)
    wanted = [RawScore.holdout == holdout.digest, RawScore.metric == metric, RawScore.slice == slice_name]
    wanted += [RawScore.submission_id.in_(submissions)] if submissions is not None else []
    with database.read() as session:
        return {score.submission_id: score for score in session.scalars(select(RawScore).where(*wanted))}
