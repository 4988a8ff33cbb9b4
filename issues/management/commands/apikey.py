"""Makes a key for a program that calls the API: `manage.py apikey NAME`."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from issues.models import ApiKey


class Command(BaseCommand):
    requires_system_checks = ()  # `check` says what is not configured
    help = "Prints a new API key, once: only its digest is kept. The name says which program has it."

    def add_arguments(self, parser):
        parser.add_argument("name", metavar="NAME")

    def handle(self, *args, name: str, **options):
        name = name.strip()
        check(name)
        try:
            with transaction.atomic():
                _key, text = ApiKey.issue(name)
        except IntegrityError:
            raise CommandError(taken(name)) from None
        self.stdout.write(text)
        self.stderr.write(_("This key is not shown again. Send it as: Authorization: Bearer KEY"))


def check(name: str) -> None:
    """Raises CommandError when no key can have this name."""
    try:
        ApiKey(name=name).clean_fields(exclude=["digest"])
    except ValidationError as error:
        raise CommandError(f"NAME: {' '.join(error.messages)}") from None


def taken(name: str) -> str:
    return _("There is a key named %(name)s already: choose another name, or revoke that one in the admin.") % {
        "name": name
    }
