"""Turns a table with its rows into one that is kept in months, and back: for migrations.

Django has no word for PARTITION BY, nor for a primary key whose second column it need not know of. So the table is made
anew beside the old one, filled, and given all that the old one had: constraints, indexes and triggers, by their names.
All rows are written once more; meanwhile the disk holds them twice, and nobody else reads or writes the table.
"""

from datetime import UTC, datetime

from django.conf import settings
from django.db import connection

from . import partitions

# Triggers come last: they may refuse what was needed to get here.
DEFINITIONS = """
    SELECT 1, 'ALTER TABLE ' || %(table)s || ' ADD CONSTRAINT ' || quote_ident(conname) || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE conrelid = %(table)s::regclass AND contype IN ('c', 'f') AND conparentid = 0
    UNION ALL
    SELECT 0, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')
    FROM pg_index WHERE indrelid = %(table)s::regclass
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
    UNION ALL
    SELECT 2, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = %(table)s::regclass AND NOT tgisinternal
    ORDER BY 1, 2
"""


def into_months(table: str) -> None:
    """Keeps `table` in months by its column in `settings.PARTITIONED`, those ahead included. Its primary key is (id, column).

    A unique constraint falls away, as no such table can hold one without that column.
    """
    column, _kept = settings.PARTITIONED[table]

    def parts() -> None:
        months = partitions.months_in(f"{table}_before", column)
        _run(f"CREATE TABLE {partitions.strays_of(table)} PARTITION OF {table} DEFAULT")
        partitions.make(table, months)
        partitions.make_ahead(datetime.now(UTC))

    _rebuild(table, f"PARTITION BY RANGE ({column})", f"id, {column}", parts)


def into_one(table: str) -> None:
    """Makes `table` an ordinary table again, with its rows. Unique constraints that it once had are the caller's to add."""
    _rebuild(table, "", "id", lambda: None)


def _rebuild(table, how, key, make_parts) -> None:
    with connection.cursor() as cursor:
        cursor.execute(DEFINITIONS, {"table": table})
        definitions = [definition for _order, definition in cursor.fetchall()]
    _run(
        f"ALTER TABLE {table} RENAME TO {table}_before",
        f"CREATE TABLE {table} (LIKE {table}_before INCLUDING DEFAULTS INCLUDING STORAGE) {how}",
    )
    make_parts()
    _run(
        f"INSERT INTO {table} SELECT * FROM {table}_before",  # noqa: S608  (our own names)
        f"DROP TABLE {table}_before",
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY ({key})",
        *definitions,
        f"ANALYZE {table}",
    )


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
