#!/usr/bin/env python
"""Django's command line."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mis_dashboard.settings")
    from django.core.management import execute_from_command_line

    from mis_dashboard.database import ensure_for_command

    ensure_for_command(sys.argv[1:])
    execute_from_command_line(sys.argv)
