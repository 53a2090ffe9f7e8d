"""Declared circuits."""

import sqlalchemy as sa
from alembic import op

revision = "event_0003"
down_revision = "event_0002"


def upgrade() -> None:
    """Add circuits, and to each submission which one was declared with it; earlier ones had none."""
    op.create_table(
        "circuits",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("track", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("qubits", sa.Integer, nullable=False),
        sa.Column("parameters", sa.Integer, nullable=False),
        sa.Column("depth", sa.Integer, nullable=False),
        sa.Column("gates", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_circuits"),
        sa.UniqueConstraint("track", "sha256", name="uq_circuits_track_sha256"),
    )
    # Inline: to copy the table, as a batch would, SQLite has to drop it, which the jobs that refer to it forbid.
    reference = sa.ForeignKey("circuits.id", name="fk_submissions_circuit_id")
    op.add_column("submissions", sa.Column("circuit_id", sa.Integer, reference, nullable=True), inline_references=True)
