"""Tables of one database into another, of the same kind or not: all rows, and the numbers that were given last."""

from sqlalchemy import Connection, MetaData, Table, exists, func, insert, select, text

AT_ONCE = 2_000
"""Rows that are on their way at a time."""

SEQUENCE = "pg_get_serial_sequence(:table, :column)"


def is_empty(connection: Connection, tables: MetaData) -> bool:
    """Return whether no table has a row."""
    return not any(connection.scalar(select(exists(select(table)))) for table in tables.sorted_tables)


def copy_tables(source: Connection, target: Connection, tables: MetaData) -> None:
    """Copy all rows into tables that have none, in the transactions of the connections.

    Numbers go on where they were: one that was given to a person or a file who is gone is given to nobody else.
    """
    for table in tables.sorted_tables:
        rows = source.execute(select(table).order_by(*table.primary_key), execution_options={"yield_per": AT_ONCE})
        for some in rows.partitions():
            target.execute(insert(table), [row._asdict() for row in some])
        if last := last_number(source, table):
            go_on_from(target, table, last)


def last_number(connection: Connection, table: Table) -> int | None:
    """Return the last number that a table gave to a row; None where it gives none, or gave none yet."""
    column = table.autoincrement_column
    if column is None:
        return None
    if connection.dialect.name == "postgresql":
        given = text(f"SELECT pg_sequence_last_value({SEQUENCE})")
        return connection.scalar(given, {"table": table.name, "column": column.name})
    if table.dialect_options["sqlite"]["autoincrement"]:
        return connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :table"), {"table": table.name})
    return connection.scalar(select(func.max(column)))


def go_on_from(connection: Connection, table: Table, last: int) -> None:
    """Let a table give the next number to the next row."""
    column = table.autoincrement_column
    assert column is not None
    if connection.dialect.name == "postgresql":
        values = {"table": table.name, "column": column.name, "last": last}
        connection.execute(text(f"SELECT setval({SEQUENCE}, :last)"), values)
    elif table.dialect_options["sqlite"]["autoincrement"]:
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), {"table": table.name})
        given = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)")
        connection.execute(given, {"table": table.name, "last": last})
