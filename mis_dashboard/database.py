"""Which PostgreSQL we use, and how to reach it: the one in DATABASE_URL, or the embedded one in the data directory.

Read by `settings.py`, so nothing here may need Django's settings while it is being imported.
"""

import atexit
import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from .embedded import Embedded, EmbeddedError

if TYPE_CHECKING:
    import psycopg

__all__ = ["Embedded", "EmbeddedError", "address", "connect", "databases", "ensure_for_command", "secret_key"]

SCHEMES = {"postgres", "postgresql"}
ADDRESS = "postgresql://user:password@host:5432/name"
ENGINE = "django.db.backends.postgresql"
POOL = {"min_size": 2, "max_size": 12, "timeout": 3, "max_lifetime": 1800}
CONN_MAX_AGE_S = 600
# A server that vanished without a word is noticed within half a minute. Means nothing on a unix socket.
KEEPALIVE = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
# Commands that need no database, and those that start it themselves.
WITHOUT_DATABASE = {"", "help", "version", "collectstatic", "compilemessages", "makemessages", "serve", "demo"}


def databases(url: str, data_dir: Path, *, pooled: bool, pooler: bool) -> dict[str, dict[str, Any]]:
    """Django's DATABASES: from the address `url`, or the embedded server of `data_dir` when it is empty.

    `pooled` gives this process a pool of connections: for the web only, as its sockets do not survive a fork.
    `pooler` says that a transaction pooler stands in front, which has neither server-side cursors nor prepared
    statements for us. Raises ImproperlyConfigured when the address is not PostgreSQL's.
    """
    chosen = parse(url or Embedded(data_dir).url)
    options = {
        "application_name": f"mis {os.environ.get('MIS_ROLE') or 'manage'}",
        # Values travel apart from statements, and what is asked often is planned once: a quarter less work. Not for a
        # server of one's own, before which a pooler may stand: prepared statements fail there.
        "server_side_binding": True,
        "prepare_threshold": None if url else 3,
        **chosen.pop("OPTIONS"),
    }
    if pooled:
        options["pool"] = dict(POOL)
    return {
        "default": {
            "ENGINE": ENGINE,
            **chosen,
            "OPTIONS": options,
            "CONN_MAX_AGE": 0 if pooled else CONN_MAX_AGE_S,
            "CONN_HEALTH_CHECKS": True,
            "DISABLE_SERVER_SIDE_CURSORS": pooler,
        }
    }


def parse(url: str, variable: str = "DATABASE_URL") -> dict[str, Any]:
    """A postgres:// address, of that variable, as NAME, USER, PASSWORD, HOST, PORT, and OPTIONS for the rest of its query.

    Never quotes the address in an error: it holds a password.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ImproperlyConfigured(f"{variable} is no address: write {ADDRESS}.") from None
    if parts.scheme not in SCHEMES:
        raise ImproperlyConfigured(f"{variable} begins with {parts.scheme or 'nothing'!r}: write {ADDRESS}.")
    query = dict(parse_qsl(parts.query))
    try:
        port = query.pop("port", "") or str(parts.port or "")
    except ValueError:
        raise ImproperlyConfigured(f"{variable} has no valid port: write a number such as 5432.") from None
    name = query.pop("dbname", "") or unquote(parts.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured(f"{variable} names no database: end the address with /name.")
    chosen = {
        "NAME": name,
        "USER": query.pop("user", "") or unquote(parts.username or ""),
        "PASSWORD": query.pop("password", "") or unquote(parts.password or ""),
        "HOST": query.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": port,
        "OPTIONS": query,
    }
    _refuse_unknown(query, variable)
    return chosen


def _refuse_unknown(options: dict[str, str], variable: str) -> None:
    """What stands behind the ? must be something that PostgreSQL's own library knows."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import make_conninfo

    for name, value in options.items():
        try:
            make_conninfo("", **{name: value})
        except ProgrammingError:
            raise ImproperlyConfigured(f"{variable} has an option that PostgreSQL does not know: {name!r}.") from None


def connect(*, listen: bool = False, **kwargs: Any) -> "psycopg.Connection":
    """A connection outside Django's care, in autocommit: for what listens, beats, or holds a lock.

    With `listen` it goes to DATABASE_LISTEN_URL where one is set, since a pooler swallows LISTEN and lends
    session locks to others. The caller closes it. Raises psycopg.OperationalError when there is no server.
    """
    import psycopg

    return psycopg.connect(**{**address(listen=listen), **kwargs})


def address(*, listen: bool = False) -> dict[str, Any]:
    """What psycopg wants to be told for a connection such as `connect` makes."""
    from django.conf import settings

    chosen = settings.DATABASES["default"]
    if listen and settings.DATABASE_LISTEN_URL:
        chosen = {**chosen, **parse(settings.DATABASE_LISTEN_URL)}
    options = {key: value for key, value in chosen["OPTIONS"].items() if key not in {"pool", "server_side_binding"}}
    fields = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = {key: chosen[name] for key, name in fields.items() if chosen.get(name)}
    return options | given | {"autocommit": True, "prepare_threshold": None, "connect_timeout": 5, **KEEPALIVE}


def ensure_for_command(arguments: Sequence[str]) -> None:
    """Sees to it that a `manage.py` command finds its database: starts the embedded one for the command's life.

    `arguments` follow the program's name. Does nothing where DATABASE_URL is set, for commands that use no
    database, and for processes that `serve` started, whose database it keeps.
    """
    from django.conf import settings

    command = arguments[0] if arguments else ""
    if command in WITHOUT_DATABASE or command.startswith("-") or "--help" in arguments:
        return
    if settings.DATABASE_URL or settings.ROLE != "manage":
        return
    server = Embedded(settings.DATA_DIR)
    server.start()
    atexit.register(server.stop)


def secret_key(data_dir: Path) -> str:
    """The key in `data_dir/secret_key`, made on first use; the same one to every process that asks at once."""
    file = Path(data_dir) / "secret_key"
    try:
        if not file.exists():
            _make_secret(file)
    except OSError as error:
        raise ImproperlyConfigured(
            f"MIS_DATA_DIR is {str(data_dir)!r} ({error.strerror}): write a directory that MIS may write in."
        ) from None
    key = file.read_text().strip()
    if len(key) < 50:
        raise ImproperlyConfigured(f"{file} is too short to be a key: remove it, or set SECRET_KEY.")
    return key


def _make_secret(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".secret_key.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    try:
        with open(handle, "w") as stream:
            stream.write(secrets.token_urlsafe(64))
        # A link, unlike a rename, fails when another process was first: its key stands.
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
