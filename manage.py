#!/usr/bin/env python
"""Django's command line."""

import os
import sys


def main() -> None:
    """Runs a command; what is wrong in the environment is one sentence and no trace."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mis_dashboard.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from mis_dashboard.database import EmbeddedError, ensure_for_command

    try:
        _ = settings.BASE_DIR
        ensure_for_command(sys.argv[1:])
    except (ImproperlyConfigured, EmbeddedError) as error:
        sys.exit(f"MIS cannot start. {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
