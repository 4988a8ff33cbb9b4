"""The old system's tables straight from its PostgreSQL. It is only read, in one state, and a little at a time."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from django.utils.translation import gettext as _
from psycopg import sql

from .files import Unreadable

AT_A_TIME = 1000
READ_ONLY = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection]:
    """A connection that can change nothing and always sees the same. Raises Unreadable, without the URL, which has a password."""
    try:
        with psycopg.connect(url, connect_timeout=10, application_name="mis import") as connection:
            connection.execute(READ_ONLY)
            yield connection
    except psycopg.Error as error:
        told = {"why": type(error).__name__ if isinstance(error, psycopg.OperationalError) else _first_line(error)}
        raise Unreadable(_("The old database cannot be read: %(why)s.") % told) from None


def _first_line(error: psycopg.Error) -> str:
    return error.diag.message_primary or type(error).__name__


class Rows:
    """A table as text, like one in a file. Line 2 is its first row."""

    def __init__(self, connection: psycopg.Connection, table: str):
        """Raises psycopg.Error when there is no such table."""
        self.connection, self.table = connection, table
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(sql.Identifier(table)))
            self.header = [column.name for column in cursor.description or []]

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        with self.connection.cursor(f"mis_{self.table}") as cursor:
            cursor.itersize = AT_A_TIME
            cursor.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(self.table)))
            for number, row in enumerate(cursor, 2):
                yield number, [_text(value) for value in row]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, dict | list | bool) else str(value)
