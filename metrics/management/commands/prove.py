"""Proves the figures against the rows: `manage.py prove [--window 24h …] [--location …]`."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from metrics import format, prove
from metrics.prove import Line
from metrics.window import CUSTOM, FILTERS, WINDOWS, BadScope, Scope

PROVED = ["24h", "30d"]
TABLE = "{:<32}{:>16}{:>16}{:>12}{:>16}"


class Command(BaseCommand):
    requires_system_checks = ()  # `check` says what is not configured
    help = "Measures every figure again from the rows alone. Prints both, and exits 1 naming the figures that differ."

    def add_arguments(self, parser):
        parser.add_argument(
            "--window", action="append", choices=[*WINDOWS, CUSTOM], help=f"may be given again; {' and '.join(PROVED)} unless told"
        )  # fmt: skip
        for end in ("start", "end"):
            parser.add_argument(f"--{end}", default="", help="of a custom window: 2026-01-31, or 2026-01-31T14:00")
        for name in FILTERS:
            parser.add_argument(f"--{name}", help="only the issues of this one")
        parser.add_argument(
            "--nightly",
            action="store_true",
            help="what is proved each night: ends its alert, or has measured again what differs",
        )

    def handle(self, *args, **options):
        differing = self._nightly() if options["nightly"] else self._windows(options)
        if differing:
            raise CommandError(
                _("These figures differ from their rows: %(figures)s.") % {"figures": ", ".join(differing)}
            )
        self.stdout.write(_("Every figure is what its rows say."))

    def _nightly(self) -> list[str]:
        shown: list[str] = []

        def show(name: str, line: Line) -> None:
            if name not in shown:
                shown.append(name)
                self._head(name)
            self._line(line)

        return prove.nightly(timezone.now(), show)

    def _windows(self, options: dict) -> list[str]:
        differing: list[str] = []
        for name in self._names(options):
            window = self._scope(name, options).at(timezone.now(), timezone.get_default_timezone())
            self._head(" ".join([name, *window.filters.values()]))
            for line in prove.prove(window):
                self._line(line)
                differing += [f"{line.figure} ({name})"] if line.differs else []
        return differing

    def _names(self, options: dict) -> list[str]:
        if options["start"] or options["end"]:
            return [CUSTOM]
        return options["window"] or PROVED

    def _scope(self, name: str, options: dict) -> Scope:
        given = {key: options[key] or "" for key in ("start", "end", *FILTERS)}
        try:
            return Scope.parse({"window": name, **given})
        except BadScope as error:
            raise CommandError(f"--{error}") from None

    def _head(self, name: str) -> None:
        self.stdout.write(f"\n{name}")
        self.stdout.write(TABLE.format(_("figure"), _("shown"), _("proved"), "n", _("difference")))

    def _line(self, line: Line) -> None:
        """As soon as it is proved, so that one sees how far it is."""
        shown, proved = (format.measure(value, line.unit) for value in (line.shown, line.proved))
        text = TABLE.format(line.figure, shown, proved, format.count(line.n), difference(line))
        self.stdout.write(self.style.ERROR(text) if line.differs else text)
        self.stdout.flush()


def difference(line: Line) -> str:
    """As a share of what is proved; "differs" where only one of them is nothing."""
    if line.difference is None:
        return _("differs") if line.differs else format.NOTHING
    if not line.proved:
        return format.count(line.difference)
    text = format.rate(abs(line.difference / line.proved))
    return text if text.startswith(("0", "<")) else ("+" if line.difference > 0 else "−") + text
