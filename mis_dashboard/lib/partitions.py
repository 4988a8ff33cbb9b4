"""Tables that are kept in parts, one for each month: made ahead, and dropped whole once all in them is older than is kept.

`settings.PARTITIONED` names them: {table: (the column that tells the month, how long rows are kept or None for ever)}.
A month is one of UTC. A row of a month that has no part lands among the table's strays, so that none is ever refused;
its part is made at the next turn of `keep`, and the row is moved there.
"""

import logging
import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction

log = logging.getLogger("mis.partitions")

MONTHS_AHEAD = 3
# Whoever writes meanwhile waits behind us, so we do not wait long ourselves, and come again.
LOCK_WAIT_MS = 100
TRIES = 20
PAUSE_S = 0.5

PARTS = "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = to_regclass(%s)"


def keep() -> None:
    """Hourly, at each start and after each migration. Twice does no harm."""
    now = datetime.now(UTC)
    make_ahead(now)
    drop_old(now)


def make_ahead(now: datetime, months: int = MONTHS_AHEAD) -> None:
    """Every table has parts for the month of `now` and for `months` after it, and for whatever had strayed."""
    last = month_of(now)
    for _ in range(months):
        last = next_month(last)
    for table in tables():
        make(table, {*stretch(now, last), *_strayed(table)})


def cover(table: str, first: datetime, last: datetime) -> None:
    """`table` has a part for each month from `first` to `last`: called by whoever is about to write of the past."""
    make(table, stretch(first, last))


def drop_old(now: datetime) -> None:
    """Drops the parts of which every row is older than is kept. Rows of the month in which that age lies all stay."""
    for table in tables():
        age = kept(table)
        old = [month for month in parts(table) if age is not None and next_month(month) <= now - age]
        for month in sorted(old):
            _briefly(f"DROP TABLE IF EXISTS {name_of(table, month)}")
            log.info("dropped what is older than is kept", extra={"part": name_of(table, month)})


def kept(table: str) -> timedelta | None:
    """For how long rows of `table` are kept; None: for ever."""
    return settings.PARTITIONED[table][1]


def tables() -> list[str]:
    """The tables of `settings.PARTITIONED` that are partitioned by now: before their migration they are not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_partitioned_table JOIN pg_class ON oid = partrelid ORDER BY relname")
        return [table for (table,) in cursor.fetchall() if table in settings.PARTITIONED]


def parts(table: str) -> set[datetime]:
    """The months, by their first instant, that have a part of their own."""
    with connection.cursor() as cursor:
        cursor.execute(PARTS, [table])
        found = [re.search(r"_(\d{4})_(\d\d)$", name) for (name,) in cursor.fetchall()]
    return {datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC) for match in found if match}


def make(table: str, months: Iterable[datetime]) -> None:
    """Makes the parts for `months` that are missing; the strays that belong there are moved.

    Rows may be refused any change, so the strays are not deleted: their part is emptied, and they are stored again. In
    a transaction that has written to `table` itself, call it before that.
    """
    missing = sorted(set(months) - parts(table))
    if missing:
        # In the order in which a new issue is written: whoever holds one of these waits for none that we hold.
        _briefly(
            *(f"LOCK TABLE {other} IN SHARE ROW EXCLUSIVE MODE" for other in _referred_to(table)),
            f"LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE",
            f"CREATE TEMPORARY TABLE moving AS SELECT * FROM {strays_of(table)}",  # noqa: S608  (our own names)
            f"TRUNCATE {strays_of(table)}",
            *(definition(table, month) for month in missing),
            f"INSERT INTO {table} SELECT * FROM moving",  # noqa: S608
            "DROP TABLE moving",
        )


def definition(table: str, month: datetime) -> str:
    """The statement that makes the part of `table` for `month`, unless there is one."""
    bounds = f"FROM ('{month.isoformat()}') TO ('{next_month(month).isoformat()}')"
    return f"CREATE TABLE IF NOT EXISTS {name_of(table, month)} PARTITION OF {table} FOR VALUES {bounds}"


def name_of(table: str, month: datetime) -> str:
    return f"{table}_{month.year:04}_{month.month:02}"


def strays_of(table: str) -> str:
    """The part for rows of months that have none of their own."""
    return f"{table}_strays"


def _referred_to(table: str) -> list[str]:
    """The tables of the foreign keys, in order of name. A new part needs to have them to itself for a moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT confrelid::regclass::text FROM pg_constraint "
            "WHERE conrelid = to_regclass(%s) AND contype = 'f' AND confrelid <> 0 ORDER BY 1",
            [table],
        )
        return [other for (other,) in cursor.fetchall()]


def _strayed(table: str) -> set[datetime]:
    return months_in(strays_of(table), settings.PARTITIONED[table][0])


def months_in(table: str, column: str) -> set[datetime]:
    """The months of which `table` holds any row. Reads all of it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT date_trunc('month', {column}, 'UTC') FROM {table}")  # noqa: S608  (our own names)
        return {month.astimezone(UTC) for (month,) in cursor.fetchall()}


# --- Months -------------------------------------------------------------------------------------


def month_of(at: datetime) -> datetime:
    """The first instant of the month of `at`, in UTC."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def stretch(first: datetime, last: datetime) -> list[datetime]:
    """The months from that of `first` to that of `last`, both of them included."""
    months = [month_of(first)]
    while next_month(months[-1]) <= last:
        months.append(next_month(months[-1]))
    return months


# --- Locks --------------------------------------------------------------------------------------


def _briefly(*statements: str) -> None:
    """Runs `statements` together, or not at all. Comes again when others hold a table; raises OperationalError in the end."""
    for _ in range(TRIES - 1):
        try:
            return _run(statements)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in LOCKED:
                raise
            time.sleep(PAUSE_S)
    return _run(statements)


LOCKED = {"55P03", "40P01"}  # waited too long; two waited for each other


def _run(statements: Iterable[str]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_WAIT_MS}")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")  # we may be part of a longer transaction
