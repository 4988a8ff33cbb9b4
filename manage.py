#!/usr/bin/env python
"""Django's command line."""

import os
import sys
from importlib.util import find_spec


def main() -> None:
    """Runs a command; what is wrong in the environment is one sentence and no trace."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mis_dashboard.settings")
    if find_spec("django") is None:
        sys.exit(
            "What MIS needs is installed in .venv: call .venv/bin/python manage.py …, after make run or make demo."
        )
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import ProgrammingError
    from psycopg.errors import UndefinedTable

    from mis_dashboard.database import EmbeddedError, ensure_for_command

    try:
        _ = settings.BASE_DIR
        ensure_for_command(sys.argv[1:])
    except (ImproperlyConfigured, EmbeddedError) as error:
        sys.exit(f"MIS cannot start. {error}")
    try:
        execute_from_command_line(sys.argv)
    except ProgrammingError as error:
        if not isinstance(error.__cause__, UndefinedTable):
            raise
        sys.exit(
            "There are no tables yet: start MIS once. Those of the demonstration are used with MIS_DATA_DIR=var/demo."
        )


if __name__ == "__main__":
    main()
