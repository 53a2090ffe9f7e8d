"""Whose tables these are: the id of the event that opens them next."""

import sqlalchemy as sa
from alembic import op

revision = "event_0013"
down_revision = "event_0012"


def upgrade() -> None:
    """Add it; the event that these tables are of writes its id when it opens them."""
    op.create_table(
        "stamp", sa.Column("event", sa.String, nullable=False), sa.PrimaryKeyConstraint("event", name="pk_stamp")
    )
