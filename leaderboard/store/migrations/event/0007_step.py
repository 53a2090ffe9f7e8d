"""How fine a track's board may be."""

import sqlalchemy as sa
from alembic import op

revision = "event_0007"
down_revision = "event_0006"


def upgrade() -> None:
    """Add it; tracks that are judged already keep the step that they were shown with."""
    op.add_column("tracks", sa.Column("step", sa.Double, nullable=True))
