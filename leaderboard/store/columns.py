"""Kinds of columns that both databases use."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, TypeDecorator


class UtcDateTime(TypeDecorator):
    """A moment with its zone; SQLite would forget the zone, so it is kept as UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect) -> datetime | None:
        """Turn an aware datetime into a naive one in UTC."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a moment needs its time zone, got {value!r}")
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect) -> datetime | None:
        """Give the zone back."""
        return value and value.replace(tzinfo=UTC)
