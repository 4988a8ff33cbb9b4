"""All that was read, on the disk and by issue: the lines of one issue may lie anywhere in a file of any size.

A scratch file and not tables of ours: it needs no session of its own, which a pooler would not give, and the database
that answers customers meanwhile is spared. It is nobody else's to read, and gone afterwards.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from .records import Event, Version

MAKE = """
    CREATE TABLE version (id TEXT NOT NULL, said TEXT NOT NULL);
    CREATE TABLE event (origin TEXT, id TEXT, line INTEGER, at TEXT, state TEXT, seq INTEGER, "by" TEXT, kind TEXT, success INTEGER);
"""
SORT = """
    CREATE INDEX version_id ON version (id);
    CREATE INDEX event_id ON event (id);
"""
NEXT = "SELECT DISTINCT id FROM version WHERE id > ? ORDER BY id LIMIT ?"
VERSIONS = "SELECT id, said FROM version WHERE id > ? AND id <= ?"
EVENTS = 'SELECT id, line, at, state, seq, "by", kind, success FROM event WHERE id > ? AND id <= ?'
STRANGERS = "SELECT origin, line FROM event WHERE id NOT IN (SELECT id FROM version) ORDER BY origin, line"

Issue = tuple[list[Version], list[Event]]


class Staging:
    """Holds versions and events. Use it as a context: it leaves nothing behind."""

    def __enter__(self) -> "Staging":
        self.folder = TemporaryDirectory(prefix="mis-import-")
        self.file = sqlite3.connect(Path(self.folder.name) / "staging", isolation_level=None)
        self.file.execute("PRAGMA journal_mode = OFF")  # it need survive nothing
        self.file.execute("PRAGMA synchronous = OFF")
        self.file.executescript(MAKE)
        return self

    def __exit__(self, *_error) -> None:
        self.file.close()
        self.folder.cleanup()

    def take_versions(self, versions: Iterable[Version]) -> None:
        self._insert("INSERT INTO version VALUES (?, ?)", ((v.id, v.to_json()) for v in versions))

    def take_events(self, events: Iterable[Event], origin: str) -> None:
        """`origin` names the table that they come from."""
        rows = ((origin, *event.as_row()) for event in events)
        self._insert("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def sort(self) -> int:
        """Call it when all is taken, before anything is asked for. How many issues there are."""
        self.file.executescript(SORT)
        return self.file.execute("SELECT count(DISTINCT id) FROM version").fetchone()[0]

    def issues(self, at_a_time: int) -> Iterator[list[Issue]]:
        """Batches of issues, each with all of its versions and events."""
        last = ""
        while ids := [id for (id,) in self.file.execute(NEXT, (last, at_a_time))]:
            issues: dict[str, Issue] = {id: ([], []) for id in ids}
            for id, said in self.file.execute(VERSIONS, (last, ids[-1])):
                issues[id][0].append(Version.from_json(json.loads(said)))
            for row in self.file.execute(EVENTS, (last, ids[-1])):
                if row[0] in issues:
                    issues[row[0]][1].append(Event.from_row(row))
            yield list(issues.values())
            last = ids[-1]

    def strangers(self) -> list[tuple[str, int]]:
        """The origin and line of events of issues that nobody has told of."""
        return self.file.execute(STRANGERS).fetchall()

    def _insert(self, sql: str, rows: Iterable[tuple]) -> None:
        self.file.execute("BEGIN")
        self.file.executemany(sql, rows)
        self.file.execute("COMMIT")
