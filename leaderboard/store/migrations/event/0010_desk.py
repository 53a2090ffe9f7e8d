"""The desk: who sits there, what is asked of the judge from there, and which processes live."""

import sqlalchemy as sa
from alembic import op

revision = "event_0010"
down_revision = "event_0009"


def upgrade() -> None:
    """Add organisers, tasks and heartbeats; sessions and codes may be an organiser's."""
    op.create_table(
        "organisers",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("added_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisers"),
        sa.UniqueConstraint("name", name="uq_organisers_name"),
        sqlite_autoincrement=True,
    )
    for table in ("sessions", "codes"):
        with op.batch_alter_table(table) as changed:
            changed.add_column(sa.Column("organiser_id", sa.Integer))
            changed.create_foreign_key(
                f"fk_{table}_organiser_id", "organisers", ["organiser_id"], ["id"], ondelete="CASCADE"
            )
    op.create_table(
        "tasks",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("track", sa.String, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("asked_by", sa.String, nullable=False),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("code", sa.String),
        sa.Column("progress", sa.String),
        sa.Column("said", sa.String),
        sa.Column("result", sa.JSON),
        sa.Column("finished_at", sa.DateTime),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("doing", sa.String, nullable=False),
        sa.Column("memory", sa.BigInteger, nullable=False),
        sa.Column("disk_free", sa.BigInteger, nullable=False),
        sa.Column("apart", sa.Boolean),
        sa.PrimaryKeyConstraint("name", name="pk_heartbeats"),
    )
    op.add_column("jobs", sa.Column("claimed_at", sa.DateTime))
