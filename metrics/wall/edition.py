"""Which edition of the page a wall runs: another one was deployed, and it loads itself anew."""

import hashlib
from pathlib import Path

from django.conf import settings

# All that the page is made of. What is written into it anew with each push is in the snapshot.
PARTS = [
    "static/js/*.js",
    "static/css/*.css",
    "templates/wall/*",
    "locale/*/LC_MESSAGES/django.mo",
    "pyproject.toml",
]


def _edition() -> str:
    found = hashlib.sha256()
    for path in sorted(path for part in PARTS for path in Path(settings.BASE_DIR).glob(part)):
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


# Changes with the page's scripts, styles, templates and sentences. Of what this process was started with: read later, it
# could be that of files which the process does not serve yet.
EDITION = _edition()
