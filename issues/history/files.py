"""A table of text as it is found in the world: with or without BOM, in UTF-8, UTF-16 or Latin-1, with any delimiter,
and broken here and there. A broken line is refused, and the next one is read as if nothing had happened."""

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from django.utils.translation import gettext as _

LONGEST_RECORD = 1_000_000  # characters; what is longer is a quote that was never closed
DELIMITERS = ",;\t|"
END = "\udcff end of the file \udcff"  # no text that was decoded has a lone surrogate


class Unreadable(Exception):
    """Nothing can be made of what was given. The text says why, and what to write."""


@dataclass(frozen=True)
class Refusal:
    """A line that is not imported: its number in the file (1 is the header), the column, and why, without its text."""

    line: int
    column: str
    reason: str


def _as_latin(error: UnicodeError) -> tuple[str, int]:
    """What is not UTF-8 was written by a program that knew only one byte for a letter."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace").replace("\ufffd", " "), error.end


codecs.register_error("mis-latin", _as_latin)


class Table:
    """A CSV file: `header`, and `lines()`, each a pair of its number and its cells, as many as the header has."""

    def __init__(self, path: Path, delimiter: str = ""):
        """Raises Unreadable."""
        self.path, self.delimiter = path, delimiter
        self.header: list[str] = []
        try:
            with self._open() as file:
                first = next(self._records(file), None)
        except OSError as error:
            raise Unreadable(_("%(file)s: %(why)s") % {"file": path, "why": error.strerror or error}) from None
        if first is None:
            raise Unreadable(_("%(file)s is empty.") % {"file": path})
        if isinstance(first, Refusal):
            raise Unreadable(_("The first line of %(file)s %(why)s.") % {"file": path, "why": first.reason})
        self.header = [cell.replace("\0", "").strip() for cell in first[1]]

    @property
    def size(self) -> int:
        """How many bytes there are to read."""
        return self.path.stat().st_size

    def lines(self) -> Iterator[tuple[int, list[str]] | Refusal]:
        """Every line with anything in it, as often as it is asked for."""
        with self._open() as file:
            records = self._records(file)
            next(records, None)
            yield from records

    def _open(self) -> TextIO:
        with self.path.open("rb") as file:
            start = file.read(4)
        wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        encoding, errors = ("utf-16", "replace") if wide else ("utf-8-sig", "mis-latin")
        return self.path.open(encoding=encoding, errors=errors, newline="")

    def _records(self, file: TextIO) -> Iterator[tuple[int, list[str]] | Refusal]:
        feed = _Feed(file)
        most = feed.delimiter()
        self.delimiter = self.delimiter or most
        width = len(self.header)
        while not feed.ended:
            number = feed.number + 1
            cells, why = feed.record(self.delimiter)
            if why is None and not any(cell.strip("\0 \r\n") for cell in cells):
                continue
            if why is None and width and len(cells) != width:
                cells, why = _fitted(cells, width)
            if why is not None:
                feed.go_on_from(self.delimiter, width)
                yield Refusal(number, "", why)
                continue
            width = width or len(cells)
            yield number, cells


def _fitted(cells: list[str], width: int) -> tuple[list[str], str | None]:
    """The cells without what is empty beyond the header; or why they do not fit."""
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        return cells[:width], None
    found = {"found": len(cells), "wanted": width}
    return cells, _("the line has %(found)s cells, and the header has %(wanted)s") % found


def _width(line: str, delimiter: str) -> int:
    """How many cells the line has when it is a whole record by itself; 0 when it is none."""
    try:
        cells = next(csv.reader([line, END], delimiter=delimiter))
    except csv.Error:
        return 0
    return 0 if cells and cells[-1].endswith(END) else len(cells)


class _Broken(Exception):
    """A record does not end where records end. The text says how."""


class _Feed:
    """The lines of a file for `csv`, which may be given back after a record that went wrong."""

    def __init__(self, file: TextIO):
        self.file = file
        self.number = 0
        self.ended = False
        self._given_back: deque[str] = deque()
        self._held: list[str] = []

    def delimiter(self) -> str:
        """The one that the first line names (`sep=;`, as Excel does) or has most of. The first line is given back."""
        for line in self._lines():
            if line[:4].casefold() == "sep=" and len(line.strip("\r\n")) == 5:
                return line[4]
            outside = "".join(line.split('"')[::2])
            self._give_back(self._held)
            return max(DELIMITERS, key=outside.count)
        return ","

    def record(self, delimiter: str) -> tuple[list[str], str | None]:
        """The cells of the next record; or why it is none."""
        self._held = []
        csv.field_size_limit(LONGEST_RECORD * 2)
        try:
            cells = next(csv.reader(self._lines(), delimiter=delimiter))
            if cells and cells[-1].endswith(END) and len(self._held) > 1:
                raise _Broken(_("a quote is opened and never closed"))
        except _Broken as broken:
            return [], str(broken)
        except csv.Error:
            return [], _("is no CSV")
        return ([], None) if cells == [END] else (cells, None)

    def go_on_from(self, delimiter: str, width: int) -> None:
        """After a record that went wrong: gives back its lines from the first that is a whole record by itself."""
        for place, line in enumerate(self._held[1:], 1):
            if line is END or _width(line, delimiter) == width:
                self._give_back(self._held[place:])
                return

    def _give_back(self, lines: list[str]) -> None:
        self.number -= sum(line is not END for line in lines)
        self.ended = self.ended and END not in lines
        self._given_back.extendleft(reversed(lines))

    def _lines(self) -> Iterator[str]:
        size = 0
        while True:
            line = self._given_back.popleft() if self._given_back else self._read()
            self._held.append(line)
            size += len(line)
            if line is END:
                self.ended = True
            else:
                self.number += 1
            if size > LONGEST_RECORD:
                raise _Broken(_("is too long: a quote may be opened and never closed"))
            yield line

    def _read(self) -> str:
        line = self.file.readline(LONGEST_RECORD + 1)
        while len(line) > LONGEST_RECORD and not line.endswith(("\n", "\r")):
            rest = self.file.readline(LONGEST_RECORD)
            if not rest or rest.endswith(("\n", "\r")):
                break
        return line or END
