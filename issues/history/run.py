"""History in, from beginning to end: read, brought together by issue, told, stored in batches.

Each batch is stored whole or not at all, so it may be stopped at any moment and run again. Memory does not grow with
the files: what was read waits on the disk.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from django.utils import timezone
from django.utils.translation import gettext as _

from . import columns, sentinel, telling
from .files import Refusal
from .records import BadCell, Event, Reader, Version
from .staging import Staging
from .store import look_over, store
from .values import Clock, plain

BATCH = 500

OLD_SYSTEM = "mis-sentinel"
OTHER_SYSTEM = "import"


class Source(Protocol):
    """Where lines come from: `header`, and each line as its number and cells, or why there are none."""

    header: list[str]

    def lines(self) -> Iterable[tuple[int, list[str]] | Refusal]: ...


@dataclass(frozen=True)
class Wanted:
    """What is to be imported, and how it is to be read. `maps` are field → column for each kind of table."""

    issues: Source
    events: Source | None = None
    actions: Source | None = None
    maps: dict[str, dict[str, str]] = field(default_factory=dict)
    clock: Clock | None = None
    location: str = ""
    name: str = ""
    dry: bool = False

    @property
    def old(self) -> bool:
        """Whether this is the system before MIS."""
        return self.actions is not None or {plain(name) for name in self.issues.header} >= sentinel.COLUMNS

    @property
    def source(self) -> str:
        return self.name or (OLD_SYSTEM if self.old else OTHER_SYSTEM)


@dataclass
class Report:
    """What became of it. `refused` counts lines, `outcomes` issues. `used` is field → column, by kind of table."""

    lines: int = 0
    refused: int = 0
    outcomes: Counter = field(default_factory=Counter)
    unknown_states: int = 0
    used: dict[str, dict[str, str]] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    @property
    def issues(self) -> int:
        return self.outcomes.total()


Refuse = Callable[[str, Refusal], object]
Bar = Callable[..., Iterable]


def run(wanted: Wanted, *, refuse: Refuse, bar: Bar) -> Report:
    """Imports. `refuse(kind, refusal)` is told of each line that is not imported; `bar(each, desc, total)` shows how far it is.

    Raises Unreadable when nothing can be made of what was given.
    """
    clock = wanted.clock or Clock(timezone.get_default_timezone(), timezone.now())
    report = Report(doubts=_doubts(wanted))
    readers = {kind: _reader(kind, source, wanted, clock, report) for kind, source in _sources(wanted)}
    with Staging() as staging:
        for kind, source in _sources(wanted):
            read = _read(kind, source, readers[kind], report, refuse, bar)
            staging.take_versions(read) if kind == "issue" else staging.take_events(read, kind)
        total = staging.sort()
        _refuse_strangers(staging, report, refuse)
        for batch in bar(staging.issues(BATCH), desc=_("Storing"), total=-(-total // BATCH)):
            told = [_tell(wanted)(versions, events, wanted.location) for versions, events in batch]
            report.outcomes += store(told, wanted.source, timezone.now(), keep=not wanted.dry)
    if not wanted.dry:
        look_over()
    report.unknown_states = sum(reader.unknown_states for reader in readers.values())
    return report


def _sources(wanted: Wanted) -> list[tuple[str, Source]]:
    each = [("issue", wanted.issues), ("event", wanted.events), ("action", wanted.actions)]
    return [(kind, source) for kind, source in each if source is not None]


def _reader(kind: str, source: Source, wanted: Wanted, clock: Clock, report: Report) -> Reader:
    places = columns.chosen(source.header, kind, wanted.maps.get(kind, {}))
    report.used[kind] = {field: source.header[place] for field, place in places.items()}
    if kind == "issue":
        report.unused = [name for place, name in enumerate(source.header) if place not in places.values()]
    return Reader(kind, source.header, places, clock)


def _doubts(wanted: Wanted) -> list[str]:
    if not wanted.old or wanted.actions:
        return []
    return [
        _(
            "These are issues of the old system without its actions: the first responses are as the table says, which "
            "any action set there, and ratings of 3 and 5 are left out. Give the actions with --actions."
        )
    ]


def _tell(wanted: Wanted) -> Callable[..., telling.Told]:
    return partial(sentinel.tell, has_actions=wanted.actions is not None) if wanted.old else telling.tell


def _read(
    kind: str, source: Source, reader: Reader, report: Report, refuse: Refuse, bar: Bar
) -> Iterator[Version | Event]:
    """Every line that can be read; all others are refused."""
    read = reader.version if kind == "issue" else reader.event

    def refused(refusal: Refusal) -> None:
        report.refused += 1
        refuse(kind, refusal)

    for line in bar(source.lines(), desc=_("Reading"), total=None):
        report.lines += 1
        if isinstance(line, Refusal):
            refused(line)
            continue
        try:
            yield read(*line)
        except BadCell as bad:
            refused(Refusal(line[0], reader.column(bad.field), bad.reason))


def _refuse_strangers(staging: Staging, report: Report, refuse: Refuse) -> None:
    for kind, line in staging.strangers():
        report.refused += 1
        refuse(kind, Refusal(line, report.used[kind]["id"], _("no line of the issues that was read has this id")))
