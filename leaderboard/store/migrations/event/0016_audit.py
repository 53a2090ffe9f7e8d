"""What the audit log is looked through by: columns that say once more what stands in each entry's details."""

import sqlalchemy as sa
from alembic import op

revision = "event_0016"
down_revision = "event_0015"

KEYS = ("who", "track", "member")
AT_ONCE = 10_000


def upgrade() -> None:
    """Add the columns, fill them, and add their indexes."""
    for key in KEYS:
        op.add_column("audit", sa.Column(key, sa.String))
    columns = (sa.column(key, sa.String) for key in KEYS)
    log = sa.table("audit", sa.column("id", sa.Integer), sa.column("details", sa.JSON), *columns)
    fill = (
        log.update().where(log.c.id == sa.bindparam("number")).values({key: sa.bindparam(f"its_{key}") for key in KEYS})
    )
    connection, last = op.get_bind(), 0
    while some := connection.execute(
        sa.select(log.c.id, log.c.details).where(log.c.id > last).order_by(log.c.id).limit(AT_ONCE)
    ).all():
        last = some[-1].id
        said = [{"number": number, **{f"its_{key}": _text(details, key) for key in KEYS}} for number, details in some]
        connection.execute(fill, said)
    for key in KEYS:
        op.create_index(f"ix_audit_{key}_id", "audit", [key, "id"])


def _text(details: object, key: str) -> str | None:
    value = details.get(key) if isinstance(details, dict) else None
    return None if value is None else str(value)
