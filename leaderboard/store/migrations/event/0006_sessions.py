"""Sessions of browsers that signed in."""

import sqlalchemy as sa
from alembic import op

revision = "event_0006"
down_revision = "event_0005"


def upgrade() -> None:
    """Add sessions, each of which ends with the token that opened it."""
    op.create_table(
        "sessions",
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("token_sha256", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_sessions"),
        sa.ForeignKeyConstraint(
            ["token_sha256"], ["tokens.sha256"], name="fk_sessions_token_sha256", ondelete="CASCADE"
        ),
    )
