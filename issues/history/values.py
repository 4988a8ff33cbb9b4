"""One cell, one value. A cell that cannot be read is `Bad`, and what is wrong with it is said without what stands in it."""

import json
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256

from django.utils.translation import gettext as _

from ..models.issue import Priority

NOTHING = {
    "",
    "?",
    "-",
    "--",
    "null",
    "none",
    "nil",
    "nan",
    "nat",
    "na",
    "n/a",
    "n/d",
    "#n/a",
    "#n/d",
    "\\n",
    "undefined",
}
FIRST_YEAR = 1990
AHEAD = timedelta(days=1)  # clocks differ, and so do their owners' time zones


class Bad(ValueError):
    """A cell cannot be read. The text says why."""


class Stage(StrEnum):
    """Where an issue is, whatever another system calls it."""

    NEW = "new"
    WORKING = "working"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    CLOSED = "closed"

    @property
    def is_end(self) -> bool:
        return self in (Stage.RESOLVED, Stage.CLOSED)


@dataclass(frozen=True)
class Clock:
    """How times are read that do not say it themselves. `zones` are exceptions, by the name of the column or field."""

    zone: tzinfo
    now: datetime
    zones: dict[str, tzinfo] = field(default_factory=dict)
    month_first: bool = False


def empty() -> Bad:
    """That a cell holds nothing which must hold something."""
    return Bad(_("is empty"))


@lru_cache(maxsize=2000)
def plain(words: str) -> str:
    """Lower case, without accents, each run of anything else one underscore: "Data de Abertura" is data_de_abertura."""
    letters = unicodedata.normalize("NFKD", words.casefold())
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "_", kept).strip("_")


def is_nothing(cell: str) -> bool:
    """Whether the cell says in one of the usual ways that nothing is known."""
    return cell.casefold() in NOTHING


# --- Words and numbers ----------------------------------------------------------------------------

LONGEST_ID = 128


def identifier(cell: str) -> str:
    """The id as it is. One of more than 128 characters is shortened, and stays one of its own by its digest."""
    name = " ".join(cell.split())
    if len(name) <= LONGEST_ID:
        return name
    digest = sha256(name.encode()).hexdigest()
    return f"{name[: LONGEST_ID - len(digest) - 1]}…{digest}"


def line_of(most: int):
    """A parser for a few words on one line, of which the first `most` characters are kept."""
    return lambda cell: " ".join(cell.split())[:most]


def count(cell: str) -> int:
    if not (match := re.fullmatch(r"(\d{1,9})(?:[.,]0+)?", cell, re.ASCII)):
        raise Bad(_("is no whole number"))
    return int(match[1])


YES = {"true", "t", "1", "yes", "y", "sim", "s", "verdadeiro", "v", "on"}
NO = {"false", "f", "0", "no", "n", "nao", "falso", "off"}


def truth(cell: str) -> bool:
    word = plain(cell)
    if word not in YES | NO:
        raise Bad(_("is neither yes nor no"))
    return word in YES


def rating(cell: str) -> int | None:
    """1 to 5 stars. Many systems write 0 where none were given: that is no rating."""
    match = re.fullmatch(r"([0-5])(?:[.,]0+)?(?:\s*-\s.*)?", cell, re.ASCII)
    if not match:
        raise Bad(_("is no rating from 1 to 5"))
    return int(match[1]) or None


def words_in(cell: str) -> dict[str, str]:
    """What the old system's metadata says in words that are of use. Nothing where it is no JSON object."""
    try:
        said = json.loads(cell)
        said = json.loads(said) if isinstance(said, str) else said
    except ValueError:
        return {}
    if not isinstance(said, dict):
        return {}
    known = {name: said.get(name) for name in ("message_preview", "sentiment")}
    return {name: _storable(value) for name, value in known.items() if isinstance(value, str)}


def _storable(text: str) -> str:
    """Without what PostgreSQL keeps in no text."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


PRIORITIES = {
    Priority.CRITICAL: "critical critica critico urgent urgente urgentissimo highest blocker emergency emergencia p0 p1",
    Priority.HIGH: "high alta alto major p2",
    Priority.MEDIUM: "medium moderate normal media medio moderada moderado p3",
    Priority.LOW: "low lowest minor trivial planning baixa baixo planejamento p4 p5",
}
BY_WORD = {word: priority for priority, words in PRIORITIES.items() for word in words.split()}
BY_NUMBER = dict(zip("12345", [*Priority, Priority.LOW], strict=True))


def priority(cell: str) -> str:
    """1 to 5, "3 - Moderate", or a word in English or Portuguese, as one of ours."""
    if numbered := re.fullmatch(r"([1-5])(?:[.,]0+)?(?:\s*[-–:].*)?", cell, re.ASCII):
        return str(BY_NUMBER[numbered[1]])
    found = BY_WORD.get(plain(cell))
    if not found:
        raise Bad(_("is no known priority: write 1 to 4, or critical, high, medium, low"))
    return str(found)


STAGES = {
    Stage.NEW: "new open opened created received queued novo nova aberto aberta recebido",
    Stage.WORKING: """active in_progress work_in_progress wip assigned pending on_hold reopened reopen processing processed approved
        invoiced shipped ativo ativa em_andamento em_atendimento em_progresso atribuido pendente em_espera reaberto reaberta""",
    Stage.ESCALATED: "escalated escalado escalada escalonado escalonada",
    Stage.RESOLVED: "resolved solved fixed done completed complete delivered resolvido resolvida solucionado concluido concluida finalizado",
    Stage.CLOSED: "closed canceled cancelled archived fechado fechada encerrado encerrada cancelado cancelada arquivado",
}
STAGE_BY_WORD = {word: stage for stage, words in STAGES.items() for word in words.split()}
WAITING = ("awaiting", "waiting", "aguardando", "esperando")


def stage(cell: str) -> Stage | None:
    """None for a state that nobody knows the meaning of."""
    word = plain(cell)
    return Stage.WORKING if word.startswith(WAITING) else STAGE_BY_WORD.get(word)


# --- Times ----------------------------------------------------------------------------------------

CLOCK = (
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?)?\s*(?P<half>[AP]M)?)?"
)
ZONE = r"\s*(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?"
YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})[-/.](?P<one>\d{{1,2}})[-/.](?P<two>\d{{1,2}}){CLOCK}{ZONE}", re.ASCII | re.I
)
YEAR_LAST = re.compile(
    rf"(?P<one>\d{{1,2}})[-/.](?P<two>\d{{1,2}})[-/.](?P<year>\d{{4}}){CLOCK}{ZONE}", re.ASCII | re.I
)
UNIX = re.compile(r"\d{10}(?:\.\d{1,6})?|\d{13}", re.ASCII)


def moment(cell: str, clock: Clock, zone: tzinfo) -> datetime:
    """The instant in UTC: ISO 8601, day first (29/02/2016 13:05), or Unix time; by its own zone, else by `zone`.

    Of an hour that the clocks went through twice it is the first; one they left out is counted on from before.
    """
    at = _plainly(cell, zone) or (_unix(cell) if UNIX.fullmatch(cell) else _written(cell, clock, zone))
    if at.year < FIRST_YEAR:
        raise Bad(_("lies before %(year)s") % {"year": FIRST_YEAR})
    return at


def past(cell: str, clock: Clock, zone: tzinfo) -> datetime:
    """A `moment` at which something has happened."""
    at = moment(cell, clock, zone)
    if at > clock.now + AHEAD:
        raise Bad(_("lies in the future"))
    return at


def _plainly(cell: str, zone: tzinfo) -> datetime | None:
    """The instant of 2016-02-29T13:05:00, as most are written: ten times as fast as finding out how another is."""
    if len(cell) != 19 or cell[4] != "-" or cell[7] != "-" or cell[13] != ":":
        return None
    try:
        local = datetime.fromisoformat(cell)
        return None if local.tzinfo else local.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _unix(cell: str) -> datetime:
    seconds, _point, part = cell.partition(".")
    micros = int(part.ljust(6, "0")) if part else 0
    if len(seconds) == 13:
        seconds, micros = seconds[:-3], int(seconds[-3:]) * 1000
    return datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=micros)


def _written(cell: str, clock: Clock, zone: tzinfo) -> datetime:
    if match := YEAR_FIRST.fullmatch(cell):
        month, day = match["one"], match["two"]
    elif match := YEAR_LAST.fullmatch(cell):
        month, day = (match["one"], match["two"]) if clock.month_first else (match["two"], match["one"])
    else:
        raise Bad(_("is no time: write 2016-02-29T13:05:00, with Z or an offset if it is not local"))
    try:
        local = datetime(int(match["year"]), int(month), int(day), *_time_of_day(match))
        return local.replace(tzinfo=_zone(match["zone"]) or zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Bad(_("is no day and time that exists (days come before months, unless --month-first)")) from None


def _time_of_day(match: re.Match) -> tuple[int, int, int, int]:
    """Hour, minute, second and microsecond. Raises ValueError for 13 PM."""
    hour = int(match["hour"] or 0)
    if half := match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half.upper() == "PM" else 0)
    part = (match["part"] or "")[:6].ljust(6, "0")
    return hour, int(match["minute"] or 0), int(match["second"] or 0), int(part)


def _zone(name: str | None) -> tzinfo | None:
    if not name:
        return None
    if name[0] not in "+-":
        return UTC
    figures = name[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(figures[:2]), minutes=int(figures[2:]))
    return timezone(-offset if name[0] == "-" else offset)
