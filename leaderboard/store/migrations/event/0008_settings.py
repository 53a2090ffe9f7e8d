"""Settings that change while people play."""

import sqlalchemy as sa
from alembic import op

revision = "event_0008"
down_revision = "event_0007"


def upgrade() -> None:
    """Add them; until one is set, event.toml says what holds."""
    op.create_table(
        "settings",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("value", sa.JSON, nullable=True),
        sa.Column("changed_at", sa.DateTime, nullable=False),
    )
