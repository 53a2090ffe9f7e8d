"""Where each team stands, and a counter of what changes on a track."""

import sqlalchemy as sa
from alembic import op

revision = "event_0005"
down_revision = "event_0004"


def upgrade() -> None:
    """Add standings, read from what was released; how they came about is replayed at each team's next file."""
    op.create_table(
        "standings",
        sa.Column("holdout", sa.String, nullable=False),
        sa.Column("slice", sa.String, nullable=False),
        sa.Column("team_id", sa.Integer, nullable=False),
        sa.Column("submission_id", sa.Integer, nullable=False),
        sa.Column("resumable", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("holdout", "slice", "team_id", name="pk_standings"),
        sa.ForeignKeyConstraint(["holdout"], ["holdouts.digest"], name="fk_standings_holdout"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_standings_team_id"),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_standings_submission_id"),
    )
    op.execute(
        "INSERT INTO standings (holdout, slice, team_id, submission_id, resumable) "
        "SELECT releases.holdout, releases.slice, submissions.team_id, max(submissions.id), false "
        "FROM releases JOIN submissions ON submissions.id = releases.submission_id "
        "WHERE submissions.state != 'failed' GROUP BY releases.holdout, releases.slice, submissions.team_id"
    )
    op.add_column("tracks", sa.Column("version", sa.Integer, nullable=False, server_default="0"))
    op.drop_index("ix_submissions_track", "submissions")
    op.create_index("ix_submissions_track_team_id_state", "submissions", ["track", "team_id", "state"])
