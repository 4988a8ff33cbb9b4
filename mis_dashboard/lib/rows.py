"""Rows of several tables in one statement: one round trip, and one plan, instead of one for each."""

from collections.abc import Sequence

from django.db import connection, models


def insert(*rows: models.Model, calls: Sequence[tuple[str, str]] = ()) -> None:
    """Stores new `rows` together, in the current transaction. Raises IntegrityError as `save()` would.

    `calls` are notifications, channel and payload, that go out when the transaction commits. Every field must have a value of its own: what the database would fill in by itself is not
    read back. Foreign keys among the rows hold, as they are checked at commit.
    """
    parts, values = [], []
    for row in rows:
        fields = row._meta.local_concrete_fields
        names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
        marks = ", ".join(["%s"] * len(fields))
        table = connection.ops.quote_name(row._meta.db_table)
        parts.append(f"INSERT INTO {table} ({names}) VALUES ({marks})")  # noqa: S608  (names from the models)
        values += [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    parts.append("SELECT " + ", ".join(["pg_notify(%s, %s)"] * len(calls) or ["1"]))
    values += [word for call in calls for word in call]
    *first, last = parts
    ctes = ", ".join(f"r{number} AS ({part})" for number, part in enumerate(first))
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {ctes} {last}", values)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
