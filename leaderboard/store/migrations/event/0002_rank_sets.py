"""Rank sets of the final ranking."""

import sqlalchemy as sa
from alembic import op

revision = "event_0002"
down_revision = "event_0001"


def upgrade() -> None:
    """Add the limits of a rank; of what was published before they are not known."""
    with op.batch_alter_table("releases") as releases:
        releases.add_column(sa.Column("rank_best", sa.Integer, nullable=True))
        releases.add_column(sa.Column("rank_worst", sa.Integer, nullable=True))
