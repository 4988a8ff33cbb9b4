"""A list as a file that a spreadsheet opens: streamed, so that any number of rows takes no more memory than a thousand.

Excel in Portuguese wants semicolons and decimal commas, in English commas and points; both want the mark at the
beginning to know that it is UTF-8. A cell that a spreadsheet would take for a formula begins with an apostrophe
(OWASP, CSV injection).
"""

import asyncio
import csv
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from . import columns, rows, words
from .columns import Column
from .kpis import KPIS
from .window import Window

MARK = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Each holds a database connection of its own as long as it takes.
AT_A_TIME = asyncio.Semaphore(4)


async def stream(name: str, window: Window, language: str) -> AsyncIterator[bytes]:
    """The list of that name as CSV in that language: a line of names, then one per row, the newest first."""
    source, zone = rows.source(name), timezone.get_default_timezone()
    write = Writer(source.columns, language, zone)
    async with AT_A_TIME:
        yield write.head()
        async for batch in source.stream(window):
            yield await asyncio.to_thread(write.lines, batch)


UNITS = {
    "s": "s",
    "rate": _("share, 0 to 1"),
    "count": "",
    "tokens": _("tokens"),
    "usd": "US$",
    "stars": _("stars, 1 to 5"),
}
# The figures of a window, one in each line. A rate is 0 to 1, a duration in seconds; its unit says which.
FIGURES = [
    Column("name", _("Name"), "", "text"),
    Column("label", _("Figure"), "", "text"),
    Column("start", _("From"), "", "instant"),
    Column("end", _("To"), "", "instant"),
    Column("value", _("Value"), "", "number"),
    Column("unit", _("Unit"), "", "words", UNITS),
    Column("n", _("Cases"), "", "count"),
    Column("target", _("Target"), "", "number"),
    Column("state", _("State"), "", "words", words.KPI_STATES),
    Column("before", _("In the period before"), "", "number"),
    Column("change", _("Changed by"), "", "number"),
]


def figures(window: Window, measured: dict[str, dict], language: str) -> bytes:
    """Every figure of the window, `kpis.measure`, as CSV in that language."""
    write = Writer(FIGURES, language, timezone.get_default_timezone())
    fixed = {"start": window.start, "end": window.end}
    with translation.override(language):
        found = [{"name": kpi.name, "label": str(kpi.label)} | fixed | measured[kpi.name] for kpi in KPIS]
    return write.head() + write.lines([tuple(row[column.name] for column in FIGURES) for row in found])


class Writer:
    """Rows as lines. Times are local, durations in seconds, the words those of the language."""

    def __init__(self, shown: list[Column], language: str, zone: ZoneInfo):
        self.language, self.zone, self.columns = language, zone, shown
        comma = language.startswith("pt")
        self.delimiter, self.point = (";", ",") if comma else (",", ".")
        with translation.override(language):
            self.cells = [self._cell(column) for column in shown]

    def head(self) -> bytes:
        with translation.override(self.language):
            return (MARK + self._written([[self._name(column) for column in self.columns]])).encode()

    def lines(self, found: list[tuple]) -> bytes:
        return self._written(
            [
                [cell(value) if value is not None else "" for cell, value in zip(self.cells, row, strict=True)]
                for row in found
            ]
        ).encode()

    def _written(self, lines: list[list[str]]) -> str:
        text = StringIO()
        csv.writer(text, delimiter=self.delimiter, lineterminator="\r\n").writerows(lines)
        return text.getvalue()

    def _name(self, column: Column) -> str:
        """With the unit, or the time zone, as the cells have neither."""
        units = {"instant": self.zone.key, "seconds": "s", "usd": "US$"}
        unit = units.get(column.kind)
        return safe(f"{column.label} ({unit})" if unit else str(column.label))

    def _cell(self, column: Column) -> Callable[[Any], str]:
        """How a value of that column is written. The words are looked up once, as there are a million rows."""
        match column.kind:
            case "instant":
                return self._instant
            case "seconds":
                return lambda value: f"{value:.3f}".replace(".", self.point)
            case "usd":
                return lambda value: f"{value:f}".replace(".", self.point)
            case "number":
                return lambda value: f"{value:.6f}".rstrip("0").rstrip(".").replace(".", self.point)
            case "count" | "issue":
                return str
        if column.kind == "several":
            return lambda value: self._other(column, value)
        known = {code: safe(str(word)) for code, word in (column.words or {}).items()}
        return lambda value: known.get(value) or self._other(column, value)

    def _instant(self, value: datetime) -> str:
        return value.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def _other(self, column: Column, value: Any) -> str:
        with translation.override(self.language):
            return safe(columns.worded(column, value)) if value != "" else ""


def safe(text: str) -> str:
    """`text` as a cell that no spreadsheet reckons with."""
    return f"'{text}" if text.startswith(FORMULA) else text
