"""Shows the automation policy, or changes it: `manage.py policy [name=value …]`."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction
from django.utils.translation import gettext as _

from issues.models import Policy

TRUE = {"1", "true", "on"}
FALSE = {"0", "false", "off"}


class Command(BaseCommand):
    requires_system_checks = ()  # `check` says what is not configured
    help = "Shows the automation policy; with name=value, changes it first. Either all changes are made or none."

    def add_arguments(self, parser):
        parser.add_argument("changes", nargs="*", metavar="name=value")

    def handle(self, *args, changes: list[str], **options):
        with transaction.atomic():
            Policy.current()
            policy = Policy.objects.select_for_update().get()
            if changes:
                self._change(policy, changes)
        self._show(policy)

    def _change(self, policy: Policy, changes: list[str]) -> None:
        for change in changes:
            name, value = parse(change)
            setattr(policy, name, value)
        try:
            policy.full_clean()
        except ValidationError as error:
            raise CommandError("\n".join(_explained(policy, error))) from None
        policy.save()

    def _show(self, policy: Policy) -> None:
        rows = [(name, written(getattr(policy, name)), _help(name)) for name in Policy.names()]
        wide, broad = (max(len(row[column]) for row in rows) for column in (0, 1))
        for name, value, text in rows:
            self.stdout.write(f"{name:<{wide}}  {value:>{broad}}  {text}".rstrip())


def parse(change: str) -> tuple[str, object]:
    """`name=value` as a known name and a value of its type. Raises CommandError that says what to write."""
    name, equals, text = change.partition("=")
    if not equals:
        raise CommandError(_("%(change)s: write name=value.") % {"change": change})
    if name not in Policy.names():
        known = ", ".join(Policy.names())
        raise CommandError(_("%(name)s is not part of the policy. Known: %(known)s.") % {"name": name, "known": known})
    field = Policy._meta.get_field(name)
    try:
        return name, _truth(text) if isinstance(field, models.BooleanField) else field.to_python(text.strip())
    except (ValidationError, ValueError):
        raise CommandError(_wrong(field, text)) from None


def _truth(text: str) -> bool:
    """Raises ValueError for what is neither yes nor no."""
    word = text.strip().lower()
    if word not in TRUE | FALSE:
        raise ValueError(word)
    return word in TRUE


def written(value: object) -> str:
    """A value as it would be given to this command."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def allowed(field: models.Field) -> str:
    """The values that `field` takes, in words."""
    if isinstance(field, models.BooleanField):
        return _("on or off (also 1, 0, true, false)")
    lows = [v.limit_value for v in field.validators if v.code == "min_value"]
    highs = [v.limit_value for v in field.validators if v.code == "max_value"]
    return _("%(low)s to %(high)s") % {"low": max(lows), "high": min(highs)}


def _wrong(field: models.Field, value: object) -> str:
    return _("%(name)s cannot be %(value)s. Allowed: %(allowed)s.") % {
        "name": field.name,
        "value": repr(value) if value == "" else value,
        "allowed": allowed(field),
    }


def _explained(policy: Policy, error: ValidationError) -> list[str]:
    """One line per wrong field, with what it was given and what it takes."""
    known = set(Policy.names())
    return [
        _wrong(Policy._meta.get_field(name), getattr(policy, name)) if name in known else " ".join(problems)
        for name, problems in error.message_dict.items()
    ]


def _help(name: str) -> str:
    field = Policy._meta.get_field(name)
    return str(field.help_text or field.verbose_name)
