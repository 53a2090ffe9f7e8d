"""People: members, codes, what is announced, asked and answered, and what teams say of their files."""

import sqlalchemy as sa
from alembic import op

revision = "event_0009"
down_revision = "event_0008"


def upgrade() -> None:
    """Add members to teams that had none; tokens and sessions of before stay those of their team."""
    _members()
    _codes()
    _words()


def _members() -> None:
    op.create_table(
        "members",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("team_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("affiliation", sa.String),
        sa.Column("orcid", sa.String),
        sa.Column("minor", sa.Boolean, nullable=False),
        sa.Column("agreed_at", sa.DateTime),
        sa.Column("publishes", sa.Boolean, nullable=False),
        sa.Column("subject", sa.String),
        sa.Column("read_up_to", sa.Integer, nullable=False),
        sa.Column("joined_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_members"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_members_team_id"),
        sa.UniqueConstraint("subject", name="uq_members_subject"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_members_team_id", "members", ["team_id"])
    for name in ("bracket", "code", "out", "out_because"):
        op.add_column("teams", sa.Column(name, sa.String))
    op.create_index("ix_teams_code", "teams", ["code"], unique=True)
    _refer_to_members("tokens")
    op.create_index("ix_tokens_member_id", "tokens", ["member_id"], unique=True)
    op.add_column("tokens", sa.Column("last_used_at", sa.DateTime))
    op.add_column("tokens", sa.Column("read_up_to", sa.Integer, nullable=False, server_default="0"))
    _refer_to_members("submissions")
    op.create_index("ix_submissions_member_id", "submissions", ["member_id"])
    with op.batch_alter_table("sessions") as sessions:
        sessions.alter_column("token_sha256", existing_type=sa.String, nullable=True)
        sessions.add_column(sa.Column("member_id", sa.Integer))
        sessions.add_column(sa.Column("previews", sa.Boolean, nullable=False, server_default=sa.false()))
        sessions.create_foreign_key("fk_sessions_member_id", "members", ["member_id"], ["id"], ondelete="CASCADE")
        sessions.create_index("ix_sessions_member_id", ["member_id"])


def _refer_to_members(table: str) -> None:
    """Add the reference inline: a batch would have to drop the table, which those that refer to it forbid."""
    reference = sa.ForeignKey("members.id", name=f"fk_{table}_member_id")
    op.add_column(table, sa.Column("member_id", sa.Integer, reference, nullable=True), inline_references=True)


def _codes() -> None:
    op.create_table(
        "codes",
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("member_id", sa.Integer),
        sa.Column("uses_left", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime),
        sa.PrimaryKeyConstraint("sha256", name="pk_codes"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_codes_member_id", ondelete="CASCADE"),
    )


def _words() -> None:
    op.create_table(
        "questions",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("team_id", sa.Integer, nullable=False),
        sa.Column("member_id", sa.Integer),
        sa.Column("track", sa.String),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        sa.Column("answer", sa.String),
        sa.Column("answered_at", sa.DateTime),
        sa.Column("to_all", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_questions"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_questions_team_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_questions_member_id", ondelete="SET NULL"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_questions_team_id", "questions", ["team_id"])
    op.create_index("ix_questions_answered_at", "questions", ["answered_at"])
    op.create_table(
        "announcements",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("text", sa.String),
        sa.Column("question_id", sa.Integer),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("withdrawn_at", sa.DateTime),
        sa.PrimaryKeyConstraint("id", name="pk_announcements"),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name="fk_announcements_question_id", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_announcements_question_id", "announcements", ["question_id"])
    op.create_table(
        "canned_answers",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_canned_answers"),
    )
    op.create_table(
        "cards",
        sa.Column("submission_id", sa.Integer, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("code_url", sa.String),
        sa.Column("external_data", sa.String),
        sa.Column("compute", sa.String),
        sa.Column("ai", sa.String),
        sa.Column("ai_model", sa.String),
        sa.Column("changed_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("submission_id", name="pk_cards"),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_cards_submission_id"),
    )
