"""A database of its own with so many issues in it, and a Django of its own that knows it: for a process that measures."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import django
from tqdm import tqdm

from mis_dashboard.embedded import Embedded

# A Wednesday at one in Brazil: the hours, the day and the months before it are busy, and so are the hours after it.
UNTIL = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
SAVED = "loaded.json"

# While loading. Indexes are built without a journal then, and nothing is written twice.
FASTER = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "shared_buffers": "1GB",
    "maintenance_work_mem": "1GB",
    "jit": "off",
}


@contextmanager
def loaded(count: int, keep: str | None) -> Iterator[dict[str, float]]:
    """The tables hold the last `count` issues before UNTIL. Gives the seconds that loading and the rollup took.

    What is in the directory `keep` is used again, and stays there; without one, everything is gone afterwards.
    """
    folder = Path(keep) / str(count) if keep else Path(tempfile.mkdtemp(prefix="mis-history-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    server = Embedded(folder)
    try:
        server.start()
        _know(server)
        saved = folder / SAVED
        took = json.loads(saved.read_text()) if saved.exists() else _load(count, server)
        if _has_no_cells():
            took |= _rebuild()
        saved.write_text(json.dumps(took))
        yield took
    finally:
        server.stop()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _know(server: Embedded) -> None:
    from django.core.management import call_command

    ours = {"DATABASE_URL": "", "MIS_DATA_DIR": str(server.data_dir), "DEBUG": "0"}
    os.environ |= ours | {"DJANGO_SETTINGS_MODULE": "mis_dashboard.settings", "TIME_ZONE": "America/Sao_Paulo"}
    django.setup()
    call_command("migrate", verbosity=0)


def _load(count: int, server: Embedded) -> dict[str, float]:
    from tests.support import history

    with _faster(server):
        begun = time.monotonic()
        history.load_many(count, UNTIL, progress=lambda done, n: tqdm(done, total=n, desc=f"{count:,} issues"))
        took_s = time.monotonic() - begun
        _statement("VACUUM ANALYZE")
    return {"load_s": took_s}


def _has_no_cells() -> bool:
    from metrics.models import Covered

    return not Covered.objects.exists()


def _rebuild() -> dict[str, float]:
    from metrics import rollup

    begun = time.monotonic()
    rollup.rebuild(UNTIL)
    took_s = time.monotonic() - begun
    _statement("VACUUM ANALYZE metrics_detected, metrics_happened, metrics_stale")
    return {"rebuild_s": took_s}


@contextmanager
def _faster(server: Embedded) -> Iterator[None]:
    for name, value in FASTER.items():
        _statement(f"ALTER SYSTEM SET {name} = '{value}'")
    _restart(server)
    yield
    _statement("ALTER SYSTEM RESET ALL")
    _restart(server)


def _restart(server: Embedded) -> None:
    from django.db import connection

    connection.close()
    server.stop()
    server.start()


def _statement(text: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(text)
