"""Rows of several tables in one statement: one round trip, and one plan, instead of one for each."""

from django.db import connection, models


def insert(*rows: models.Model) -> None:
    """Stores new `rows` together, in the current transaction. Raises IntegrityError as `save()` would.

    Every field must have a value of its own: what the database would fill in by itself is not
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
    *first, last = parts
    ctes = ", ".join(f"r{number} AS ({part})" for number, part in enumerate(first))
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {ctes} {last}" if first else last, values)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
