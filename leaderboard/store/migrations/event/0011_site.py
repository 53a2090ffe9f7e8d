"""The site: results that are let out team by team at a ceremony, and how long a team says that its training took."""

import sqlalchemy as sa
from alembic import op

revision = "event_0011"
down_revision = "event_0010"


def upgrade() -> None:
    """Add what a ceremony shows; no result of before was let out so."""
    op.add_column("tracks", sa.Column("revealing_at", sa.DateTime))
    op.add_column("cards", sa.Column("hours", sa.Double))
    op.create_table(
        "ceremonies",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("rehearsal", sa.Boolean, nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("picture", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ceremonies"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ceremony_turns",
        sa.Column("ceremony_id", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("team_id", sa.Integer, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("low", sa.Double, nullable=False),
        sa.Column("high", sa.Double, nullable=False),
        sa.Column("rank_best", sa.Integer, nullable=False),
        sa.Column("rank_worst", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("ceremony_id", "number", name="pk_ceremony_turns"),
        sa.ForeignKeyConstraint(
            ["ceremony_id"], ["ceremonies.id"], name="fk_ceremony_turns_ceremony_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_ceremony_turns_team_id"),
    )
