"""When a file's request began, the receipt that was given for it, whether it was lost, why it was excluded."""

import sqlalchemy as sa
from alembic import op

revision = "event_0004"
down_revision = "event_0003"


def upgrade() -> None:
    """Add them; of earlier submissions, when they arrived is when they began, and their receipts were not kept."""
    # What is not null needs a default for the rows there are; they get their own at once.
    begun = sa.Column("began_at", sa.DateTime, nullable=False, server_default="1970-01-01 00:00:00")
    op.add_column("submissions", begun)
    op.execute("UPDATE submissions SET began_at = received_at")
    op.add_column("submissions", sa.Column("receipt", sa.JSON, nullable=True))
    op.add_column("submissions", sa.Column("lost", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("submissions", sa.Column("excluded", sa.String, nullable=True))
    op.create_index("ix_submissions_sha256", "submissions", ["sha256"])
