"""How often something changed that a board had told already: from all else it goes on where it was."""

import sqlalchemy as sa
from alembic import op

revision = "event_0015"
down_revision = "event_0014"


def upgrade() -> None:
    """Add the count."""
    op.add_column("tracks", sa.Column("retold", sa.Integer, nullable=False, server_default="0"))
