"""Raw scores."""

import sqlalchemy as sa
from alembic import op

revision = "judge_0001"
down_revision = None


def upgrade() -> None:
    """Make the first table."""
    op.create_table(
        "scores",
        sa.Column("submission_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("slice", sa.String, nullable=False),
        sa.Column("holdout", sa.String, nullable=False),
        sa.Column("metric", sa.String, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("low", sa.Double, nullable=False),
        sa.Column("high", sa.Double, nullable=False),
        sa.Column("standard_error", sa.Double, nullable=False),
        sa.Column("exact", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("submission_id", "slice", "holdout", "metric", name="pk_scores"),
    )
