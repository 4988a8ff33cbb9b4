"""Tables without their indexes for a while: many rows are indexed faster together than one by one."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# Primary keys stay. Those of a table in parts are dropped and made again with the table's own; "ONLY" would leave the parts out.
FOUND = """
    SELECT r.relname, i.relname, replace(pg_get_indexdef(x.indexrelid), ' ON ONLY ', ' ON '), pg_get_constraintdef(c.oid)
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class r ON r.oid = x.indrelid
    LEFT JOIN pg_constraint c ON c.conindid = x.indexrelid AND c.contype = 'u' AND c.conrelid = r.oid
    WHERE r.relnamespace = 'public'::regnamespace AND r.relname = ANY(%s) AND NOT x.indisprimary
"""


@contextmanager
def without_indexes(models: list[str]) -> Iterator[None]:
    """The tables of these models in `issues` have no index but the primary key meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(FOUND, [[f"issues_{model}" for model in models]])
        found = cursor.fetchall()
        for table, name, _index, constraint in found:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}" if constraint else f"DROP INDEX {name}")
        yield
        for table, name, index, constraint in found:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {constraint}" if constraint else index)
