"""Teams, holdouts, submissions, jobs, releases."""

import sqlalchemy as sa
from alembic import op

revision = "event_0001"
down_revision = None


def text(name: str, nullable: bool = False) -> sa.Column:
    """Return a text column."""
    return sa.Column(name, sa.String, nullable=nullable)


def moment(name: str, nullable: bool = False) -> sa.Column:
    """Return a date and time column, in UTC."""
    return sa.Column(name, sa.DateTime, nullable=nullable)


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer, nullable=False),
        text("name"),
        text("kind"),
        moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_teams"),
        sa.UniqueConstraint("name", name="uq_teams_name"),
    )
    op.create_table(
        "tokens",
        text("sha256"),
        sa.Column("team_id", sa.Integer, nullable=False),
        sa.Column("demo", sa.Boolean, nullable=False),
        moment("created_at"),
        sa.PrimaryKeyConstraint("sha256", name="pk_tokens"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_tokens_team_id"),
    )
    op.create_table(
        "holdouts",
        text("digest"),
        text("track"),
        sa.Column("commitments", sa.JSON, nullable=False),
        sa.Column("rows", sa.JSON, nullable=False),
        sa.Column("secret", sa.Boolean, nullable=False),
        text("note"),
        moment("created_at"),
        sa.PrimaryKeyConstraint("digest", name="pk_holdouts"),
    )
    op.create_table(
        "tracks",
        text("name"),
        text("holdout"),
        sa.Column("earlier_holdouts", sa.JSON, nullable=False),
        moment("finalized_at", nullable=True),
        sa.Column("finals", sa.JSON, nullable=True),
        moment("published_at", nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_tracks"),
        sa.ForeignKeyConstraint(["holdout"], ["holdouts.digest"], name="fk_tracks_holdout"),
    )
    op.create_table(
        "submissions",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("team_id", sa.Integer, nullable=False),
        text("track"),
        text("sha256"),
        text("upload_sha256"),
        text("filename"),
        moment("received_at"),
        text("state"),
        sa.Column("selected", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_submissions"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_submissions_team_id"),
        sa.UniqueConstraint("team_id", "track", "sha256", name="uq_submissions_team_id_track_sha256"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_submissions_track", "submissions", ["track"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("submission_id", sa.Integer, nullable=False),
        text("slice"),
        text("state"),
        sa.Column("attempt", sa.Integer, nullable=False),
        text("worker", nullable=True),
        moment("lease_until", nullable=True),
        text("error", nullable=True),
        moment("created_at"),
        moment("finished_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_jobs_submission_id"),
        sa.UniqueConstraint("submission_id", "slice", name="uq_jobs_submission_id_slice"),
    )
    op.create_index("ix_jobs_state_id", "jobs", ["state", "id"])
    op.create_table(
        "releases",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("submission_id", sa.Integer, nullable=False),
        text("slice"),
        text("holdout"),
        sa.Column("best_submission_id", sa.Integer, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("low", sa.Double, nullable=False),
        sa.Column("high", sa.Double, nullable=False),
        moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_releases"),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_releases_submission_id"),
        sa.ForeignKeyConstraint(["holdout"], ["holdouts.digest"], name="fk_releases_holdout"),
        sa.ForeignKeyConstraint(["best_submission_id"], ["submissions.id"], name="fk_releases_best_submission_id"),
        sa.UniqueConstraint("submission_id", "slice", "holdout", name="uq_releases_submission_id_slice_holdout"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, nullable=False),
        moment("at"),
        text("action"),
        sa.Column("details", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
