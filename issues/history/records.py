"""One line of a table as a Version of an issue, or as an Event in its life."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from . import values
from .columns import FIELDS
from .values import Bad, Clock, Stage, plain

# Fields whose words are taken as they are: "?" may be all that a customer wrote.
WORDS = {"text", "notes"}


class BadCell(Exception):
    """A line that cannot be imported: which field, and why."""

    def __init__(self, field: str, reason: str):
        super().__init__(field, reason)
        self.field, self.reason = field, reason


@dataclass(frozen=True)
class Version:
    """What one line says of an issue. Times are UTC.

    `values` has each field that the table has a column for; None where the cell is empty. So a field that is not in
    it is not known to the table, and may be told by the events.
    """

    line: int
    values: dict[str, Any]

    def get(self, field: str) -> Any:
        return self.values.get(field)

    @property
    def id(self) -> str:
        return self.values["id"]

    @property
    def age(self) -> tuple[str, int]:
        """Compares as newer versions of an issue with older ones."""
        updated_at = self.values.get("updated_at")
        return updated_at.isoformat(timespec="microseconds") if updated_at else "", self.values.get("events") or 0

    def to_json(self) -> str:
        return as_json({"line": self.line, "values": self.values})

    @classmethod
    def from_json(cls, told: dict) -> "Version":
        read = {name: _read(name, value) for name, value in told["values"].items()}
        return cls(told["line"], read)


@dataclass(frozen=True)
class Event:
    """One thing that happened to an issue, as another system's log tells it. `state` is None for one without meaning.

    `kind` and `success` are those of the old system's actions; a change of state has none.
    """

    id: str
    line: int
    at: datetime
    state: Stage | None = None
    seq: int | None = None
    by: str = ""
    kind: str = ""
    success: bool = True

    def as_row(self) -> tuple:
        """Its fields in order, as a database without times keeps them."""
        return self.id, self.line, self.at.isoformat(), self.state, self.seq, self.by, self.kind, self.success

    @classmethod
    def from_row(cls, row: Sequence) -> "Event":
        id, line, at, state, seq, by, kind, success = row
        return cls(id, line, datetime.fromisoformat(at), Stage(state) if state else None, seq, by, kind, bool(success))


def as_json(told: object) -> str:
    """The same text for the same content, with times as ISO 8601."""
    return json.dumps(told, default=_written, sort_keys=True)


def _written(value: object) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()


def _read(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name.endswith("_at"):
        return datetime.fromisoformat(value)
    return Stage(value) if name == "status" else value


class Reader:
    """Reads the cells of the lines of one table. `unknown_states` counts states without a known meaning."""

    def __init__(self, kind: str, header: Sequence[str], places: dict[str, int], clock: Clock):
        self.header, self.places, self.clock = header, places, clock
        self.unknown_states = 0
        self.parsers = {field: self._parser(field) for field in places}
        self.needed = [field for field in ("id", "detected_at", "at", "kind") if field in FIELDS[kind]]

    def version(self, line: int, cells: Sequence[str]) -> Version:
        """Raises BadCell."""
        return Version(line, self._values(cells))

    def event(self, line: int, cells: Sequence[str]) -> Event:
        """Raises BadCell."""
        found = self._values(cells)
        told = {name: value for name, value in found.items() if value is not None}
        return Event(line=line, **told)

    def column(self, field: str) -> str:
        """The name of the column that holds `field`."""
        return self.header[self.places[field]]

    def _values(self, cells: Sequence[str]) -> dict[str, Any]:
        found = {}
        for field, place in self.places.items():
            cell = cells[place].replace("\0", "").strip()
            try:
                found[field] = self._value(field, cell)
            except Bad as bad:
                raise BadCell(field, str(bad)) from None
        return found

    def _value(self, field: str, cell: str) -> Any:
        if not cell if field in WORDS else values.is_nothing(cell):
            if field in self.needed:
                raise values.empty()
            return None
        return self.parsers[field](cell)

    def _parser(self, field: str) -> Callable[[str], Any]:
        if field == "at" or field.endswith("_at"):
            read = values.moment if field.endswith("_due_at") else values.past
            zone = self._zone(field)
            return lambda cell: read(cell, self.clock, zone)
        if field in ("status", "state"):
            return self._stage
        return PARSERS.get(field, str)

    def _zone(self, field: str) -> tzinfo:
        """The one that was given for the column or the field; UTC where the column's name says so."""
        column = plain(self.column(field))
        if zone := self.clock.zones.get(column) or self.clock.zones.get(field):
            return zone
        return values.UTC if column.endswith(("_utc", "_gmt")) else self.clock.zone

    def _stage(self, cell: str) -> Stage | None:
        stage = values.stage(cell)
        self.unknown_states += stage is None
        return stage


PARSERS: dict[str, Callable[[str], Any]] = {
    "id": values.identifier,
    "priority": values.priority,
    "type": values.line_of(100),
    "location": values.line_of(64),
    "rating": values.rating,
    "answered_by": values.line_of(100),
    "resolved_by": values.line_of(100),
    "by": values.line_of(100),
    "kind": values.line_of(100),
    "escalation_reason": values.line_of(200),
    "sentiment": values.line_of(16),
    "contact_id": values.line_of(64),
    "phone": values.line_of(64),
    "name": values.line_of(200),
    "metadata": values.words_in,
    "sla_met": values.truth,
    "false_positive": values.truth,
    "success": values.truth,
    "events": values.count,
    "seq": values.count,
}
