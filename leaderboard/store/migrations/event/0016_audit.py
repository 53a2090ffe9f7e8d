"""What the audit log is looked through by: columns that the database takes out of each entry's details."""

import sqlalchemy as sa
from alembic import op

revision = "event_0016"
down_revision = "event_0015"


def upgrade() -> None:
    """Add the columns, and their indexes. SQLite adds none that is stored, and makes an index of one that is not."""
    stored = op.get_bind().dialect.name != "sqlite"
    for key in ("who", "track", "member"):
        op.add_column("audit", sa.Column(key, sa.String, sa.Computed(f"details ->> '{key}'", persisted=stored)))
        op.create_index(f"ix_audit_{key}_id", "audit", [key, "id"])
