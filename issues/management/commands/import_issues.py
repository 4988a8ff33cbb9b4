"""History in: `manage.py import_issues FILE.csv`."""

import csv
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from issues.history import columns, old_database
from issues.history.files import Refusal, Table, Unreadable
from issues.history.run import Report, Wanted, run
from issues.history.store import Outcome
from issues.history.values import Clock, plain

SHOWN = 20
EXIT_SOME_REFUSED, EXIT_NOTHING, EXIT_STOPPED = 1, 2, 130

ABOUT = """
Imports issues of another system from a CSV file. Run it as often as you like: what is known already is not doubled,
newer versions of an issue win over older ones, and what began in MIS is never changed.

CSV may have any usual delimiter, BOM, quotes and line ends, and be in UTF-8, UTF-16 or Latin-1. Times are ISO 8601,
day/month/year, or Unix; one with Z or an offset is taken by it, any other by --time-zone. Empty, ?, null and n/a are
"not known". A line that cannot be read is reported and left out.

Exit status: 0 all is imported, 1 some lines were refused and all others are imported, 2 nothing could be imported.
"""


class Command(BaseCommand):
    requires_system_checks = ()  # `check` says what is not configured
    help = ABOUT

    def create_parser(self, prog_name, subcommand, **kwargs):
        given = {"formatter_class": RawDescriptionHelpFormatter, "epilog": columns.described()}
        return super().create_parser(prog_name, subcommand, **(kwargs | given))

    def add_arguments(self, parser):
        parser.add_argument("file", nargs="?", metavar="FILE.csv", help="the issues, one a line")
        parser.add_argument("--events", metavar="FILE", help="the changes of state of these issues, one a line")
        parser.add_argument("--actions", metavar="FILE", help="issue_actions of the old system (MIS-Sentinel)")
        parser.add_argument(
            "--from-url", metavar="URL", help="read issues and issue_actions from the old system's PostgreSQL"
        )
        parser.add_argument(
            "--map", action="append", default=[], metavar="FIELD=COLUMN",
            help="the column that holds a field; FIELD= for none; event.FIELD and action.FIELD for the other files",
        )  # fmt: skip
        parser.add_argument("--delimiter", default="", help="between cells; else the one the first line has most of")
        parser.add_argument(
            "--time-zone", action="append", default=[], metavar="[COLUMN=]ZONE",
            help="of times that name none, in general or in one column; else TIME_ZONE. A column named …_utc is UTC",
        )  # fmt: skip
        parser.add_argument("--month-first", action="store_true", help="02/29/2016 and not 29/02/2016")
        parser.add_argument("--location", default="", help="of issues that name none")
        parser.add_argument(
            "--source-name", default="", help="the other system's name, within which its ids are unique"
        )
        parser.add_argument(
            "--errors", metavar="FILE", help="write every refused line's number and reason here, as CSV"
        )
        parser.add_argument("--dry-run", action="store_true", help="do all but store anything")

    def handle(self, *args, **options):
        try:
            report = self._import(options)
        except (Unreadable, OSError) as error:
            raise CommandError(str(error), returncode=EXIT_NOTHING) from None
        except KeyboardInterrupt:
            self.stderr.write(_("Stopped. What was stored stays; run it again for the rest."))
            sys.exit(EXIT_STOPPED)
        for line in told(report, dry=options["dry_run"]):
            self.stdout.write(line)
        if report.refused and not report.issues:
            raise CommandError(_("Nothing could be imported."), returncode=EXIT_NOTHING)
        if report.refused:
            sys.exit(EXIT_SOME_REFUSED)

    def _import(self, options: dict) -> Report:
        with ExitStack() as stack:
            given = wanted(options, stack)
            refusals = stack.enter_context(Refusals(self.stderr, options["errors"]))
            return run(given, refuse=refusals.refuse, bar=self._bar)

    @staticmethod
    def _bar(each: Iterable, desc: str, total: int | None) -> Iterable:
        return tqdm(each, desc=desc, total=total, file=sys.stderr, disable=None, leave=False)


class Refusals:
    """Tells of the first refused lines on the console, and of all of them in a file if one is wanted."""

    def __init__(self, console, path: str | None):
        self.console, self.path = console, path
        self.count = 0

    def __enter__(self) -> "Refusals":
        try:
            self.file = open(self.path, "w", newline="", encoding="utf-8") if self.path else None
        except OSError as error:
            raise CommandError(f"{self.path}: {error.strerror}", returncode=EXIT_NOTHING) from None
        self.writer = csv.writer(self.file) if self.file else None
        if self.writer:
            self.writer.writerow(["table", "line", "column", "reason"])
        return self

    def __exit__(self, *_error) -> None:
        if self.file:
            self.file.close()

    def refuse(self, kind: str, refusal: Refusal) -> None:
        self.count += 1
        if self.writer:
            self.writer.writerow([f"{kind}s", refusal.line, refusal.column, refusal.reason])
        if self.count <= SHOWN:
            why = " ".join(filter(None, [refusal.column[: columns.SHOWN_CHARS], refusal.reason]))
            self.console.write(
                _("%(table)s, line %(line)s: %(why)s") % {"table": f"{kind}s", "line": refusal.line, "why": why}
            )
        elif self.count == SHOWN + 1:
            self.console.write(_("… and more: --errors FILE lists all of them."))


# --- What is wanted -------------------------------------------------------------------------------


def wanted(options: dict, stack: ExitStack) -> Wanted:
    """What the command line asks for. Raises Unreadable; `stack` closes what is opened."""
    given = {
        "maps": maps(options["map"]),
        "clock": clock(options),
        "location": options["location"][:64],
        "name": options["source_name"][:64],
        "dry": options["dry_run"],
    }
    if options["from_url"]:
        if options["file"] or options["events"] or options["actions"]:
            raise Unreadable(_("Give either files or --from-url."))
        database = stack.enter_context(old_database.connected(options["from_url"]))
        issues, actions = old_database.Rows(database, "issues"), old_database.Rows(database, "issue_actions")
        return Wanted(issues, actions=actions, **given)
    if not options["file"]:
        raise Unreadable(_("Give a file, or --from-url."))
    if options["events"] and options["actions"]:
        raise Unreadable(_("Give either --events or --actions."))
    issues, events, actions = (table(options, name) for name in ("file", "events", "actions"))
    return Wanted(issues, events=events, actions=actions, **given)


def table(options: dict, name: str) -> Table | None:
    path = options[name]
    return Table(Path(path), delimiter(options["delimiter"])) if path else None


def delimiter(name: str) -> str:
    if len(char := {"tab": "\t", "\\t": "\t"}.get(name, name)) > 1 or (char in '"\r\n' and char):
        raise Unreadable(_("--delimiter: write one character, or tab."))
    return char


def maps(given: list[str]) -> dict[str, dict[str, str]]:
    """FIELD=COLUMN, event.FIELD=COLUMN and action.FIELD=COLUMN, by the kind of table."""
    found: dict[str, dict[str, str]] = {"issue": {}, "event": {}, "action": {}}
    for each in given:
        field, equals, column = each.partition("=")
        kind, dot, rest = field.strip().partition(".")
        if not equals or (dot and kind not in found):
            raise Unreadable(_("--map %(given)s: write FIELD=COLUMN.") % {"given": each})
        found[kind if dot else "issue"][rest if dot else kind] = column.strip()
    return found


def clock(options: dict) -> Clock:
    zone, zones = timezone.get_default_timezone(), {}
    for given in options["time_zone"]:
        column, equals, name = given.rpartition("=")
        try:
            named = ZoneInfo(name.strip())
        except (ZoneInfoNotFoundError, ValueError, OSError):
            told = {"name": name}
            raise Unreadable(
                _("--time-zone: %(name)s is no time zone. Write UTC, or America/Sao_Paulo.") % told
            ) from None
        if equals:
            zones[plain(column)] = named
        else:
            zone = named
    return Clock(zone, timezone.now(), zones, options["month_first"])


# --- What became of it ------------------------------------------------------------------------------


def told(report: Report, *, dry: bool) -> list[str]:
    """The report in words."""
    lines = [*report.doubts]
    for kind, used in report.used.items():
        lines.append(
            f"{kind}s: " + ", ".join(f"{field} ← {name[: columns.SHOWN_CHARS]}" for field, name in used.items())
        )
    if report.unused:
        lines.append(_("Not used: %(names)s") % {"names": columns.shown(report.unused)})
    if report.unknown_states:
        lines.append(_("States without a known meaning, taken as not known: %(n)s") % {"n": report.unknown_states})
    lines.append(_("Lines read: %(n)s, refused: %(refused)s") % {"n": report.lines, "refused": report.refused})
    counts = [f"{report.outcomes[outcome]} {word}" for outcome, word in words().items() if report.outcomes[outcome]]
    lines.append(_("Issues: %(counts)s") % {"counts": ", ".join(counts) or "0"})
    if dry:
        lines.append(_("Nothing was stored: this was a trial (--dry-run)."))
    return lines


def words() -> dict[Outcome, str]:
    return {
        Outcome.NEW: _("new"),
        Outcome.CHANGED: _("changed"),
        Outcome.SAME: _("as they were"),
        Outcome.OLDER: _("older than what is stored (left alone)"),
        Outcome.OURS: _("worked on in MIS since (left alone)"),
    }
