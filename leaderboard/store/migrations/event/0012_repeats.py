"""Requests that may be repeated: what was answered to each, by the key that its sender chose."""

import sqlalchemy as sa
from alembic import op

revision = "event_0012"
down_revision = "event_0011"


def upgrade() -> None:
    """Add them; no request of before came with a key."""
    op.create_table(
        "repeats",
        sa.Column("team_id", sa.Integer, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("asked", sa.String, nullable=False),
        sa.Column("answer", sa.JSON, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("team_id", "key", name="pk_repeats"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_repeats_team_id"),
    )
