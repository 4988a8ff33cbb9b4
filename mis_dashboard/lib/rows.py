"""Rows of several tables in one statement: one round trip, and one plan, instead of one for each."""

from collections.abc import Sequence

from django.db import connection, models


def insertion(row: models.Model) -> tuple[str, list]:
    """The statement that stores a new `row`, and its values, for use in a larger statement. Every field must have a value."""
    fields = row._meta.local_concrete_fields
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    table = connection.ops.quote_name(row._meta.db_table)
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    return f"INSERT INTO {table} ({names}) VALUES ({marks})", values  # noqa: S608  (names from the models)


def columns(model: type[models.Model], alias: str) -> str:
    """All columns of `model` under a table's alias, in the order in which `read` wants them."""
    return ", ".join(f"{alias}.{connection.ops.quote_name(f.column)}" for f in model._meta.concrete_fields)


def read(model: type[models.Model], values: Sequence) -> models.Model | None:
    """The row in `values`, as `columns` listed them, as `model`; None for the empty side of an outer join."""
    fields = model._meta.concrete_fields
    if values[0] is None:
        return None
    converted = [
        field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value
        for field, value in zip(fields, values, strict=True)
    ]
    return model.from_db(connection.alias, [field.attname for field in fields], converted)


def insert(*rows: models.Model, calls: Sequence[tuple[str, str]] = ()) -> None:
    """Stores new `rows` together, in the current transaction. Raises IntegrityError as `save()` would.

    `calls` are notifications, channel and payload, that go out when the transaction commits. Every field must have a value of its own: what the database would fill in by itself is not
    read back. Foreign keys among the rows hold, as they are checked at commit.
    """
    parts, values = [], []
    for row in rows:
        part, its_values = insertion(row)
        parts.append(part)
        values += its_values
    parts.append("SELECT " + ", ".join(["pg_notify(%s, %s)"] * len(calls) or ["1"]))
    values += [word for call in calls for word in call]
    *first, last = parts
    ctes = ", ".join(f"r{number} AS ({part})" for number, part in enumerate(first))
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {ctes} {last}", values)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
