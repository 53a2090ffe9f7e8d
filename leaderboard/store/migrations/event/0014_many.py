"""What ten thousand teams need: how many files each has sent, and indexes of what is looked for among a million."""

import sqlalchemy as sa
from alembic import op

revision = "event_0014"
down_revision = "event_0013"

COUNTED = """INSERT INTO tallies (track, team_id, counted, failed, last_began_at)
SELECT track, team_id, sum(CASE WHEN state = 'failed' THEN 0 ELSE 1 END),
       sum(CASE WHEN state = 'failed' THEN 1 ELSE 0 END), max(began_at)
FROM submissions GROUP BY track, team_id"""


def upgrade() -> None:
    """Add them, and count."""
    op.create_table(
        "tallies",
        sa.Column("track", sa.String, nullable=False),
        sa.Column("team_id", sa.Integer, nullable=False),
        sa.Column("counted", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("last_began_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("track", "team_id", name="pk_tallies"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_tallies_team_id"),
    )
    op.execute(COUNTED)
    op.drop_index("ix_submissions_member_id", "submissions")
    op.create_index("ix_submissions_member_id_track", "submissions", ["member_id", "track"])
    _of_some("ix_submissions_lost", "submissions", ["track"], "lost = 1", "lost")
    _of_some("ix_submissions_excluded", "submissions", ["track"], "excluded IS NOT NULL")
    _of_some("ix_releases_better", "releases", ["holdout", "slice", "id"], "best_submission_id = submission_id")
    op.create_index("ix_jobs_finished_at", "jobs", ["finished_at"])
    op.create_index("ix_audit_action_id", "audit", ["action", "id"])


def _of_some(name: str, table: str, columns: list[str], where: str, on_postgresql: str | None = None) -> None:
    only = {"sqlite_where": sa.text(where), "postgresql_where": sa.text(on_postgresql or where)}
    op.create_index(name, table, columns, **only)
