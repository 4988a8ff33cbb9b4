"""A PostgreSQL for the tests. Loaded before anything else (`-p` in pyproject.toml): Django reads its settings early."""

import os
import shutil
import tempfile
from pathlib import Path

OURS = (
    "GEMINI_",
    "EVOLUTION_",
    "GHL_",
    "METRICS_",
    "SLACK_",
    "ALERT_",
    "EMAIL_",
    "PUBLIC_URL",
    "MIS_",
    "DATABASE_",
    "AI_BACKEND",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
)
KEPT = {"MIS_TEST_BROWSER"}


class Place:
    """A folder with a database server in it, both gone afterwards."""

    def __init__(self):
        from mis_dashboard.database import Embedded

        self.folder = Path(tempfile.mkdtemp(prefix="mis-test-"))
        self.folder.chmod(0o711)
        (self.folder / "static").mkdir()
        self.server = Embedded(self.folder)
        self.server.start()

    def clear(self):
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


for name in [n for n in os.environ if n.startswith(OURS) and n not in KEPT]:
    del os.environ[name]
place = Place()
os.environ |= {
    "DATABASE_URL": place.server.url,
    "MIS_DATA_DIR": str(place.folder),
    "LANGUAGE_CODE": "pt-br",
    "TIME_ZONE": "America/Sao_Paulo",
    "DEBUG": "0",
}


def pytest_unconfigure(config):
    place.clear()
