import os
import stat
import time
from pathlib import Path

import psutil
import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from mis_dashboard.database import Embedded, databases, secret_key

HERE = Path("/data")


def only(url: str = "", data_dir: Path = HERE, *, pooled: bool = False, pooler: bool = False) -> dict:
    return databases(url, data_dir, pooled=pooled, pooler=pooler)["default"]


def test_an_address_is_taken_apart_and_its_escapes_are_read():
    found = only("postgresql://ana%40mis:p%2Fw@db.example:6543/sales?sslmode=require")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == ("ana@mis", "p/w", "db.example", "6543")
    assert found["NAME"] == "sales"
    assert found["OPTIONS"]["sslmode"] == "require"


def test_a_socket_directory_may_stand_in_the_query():
    found = only("postgres://postgres@/mis?host=/run/pg&port=5433")
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("/run/pg", "5433", "mis")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite:///x.db", "sqlite"),
        ("postgres://ana:hush@db:port/x", "valid port"),
        ("postgres://ana:hush@db", "names no database"),
    ],
)
def test_a_wrong_address_is_refused_without_its_password(url, says):
    with pytest.raises(ImproperlyConfigured, match=says) as refused:
        only(url)
    assert "hush" not in str(refused.value)


def test_only_a_pooled_process_has_a_pool_and_keeps_no_connection():
    web, worker = only(pooled=True), only(pooled=False)
    assert (web["OPTIONS"]["pool"]["max_size"], web["CONN_MAX_AGE"]) == (12, 0)
    assert ("pool" in worker["OPTIONS"], worker["CONN_MAX_AGE"]) == (False, 600)


def test_behind_a_pooler_nothing_outlives_its_transaction():
    found = only("postgres://db/x", pooler=True)
    assert found["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert only()["OPTIONS"]["prepare_threshold"] == 3
    assert found["OPTIONS"]["prepare_threshold"] is None


def test_without_an_address_it_is_the_embedded_server_of_the_data_directory():
    assert only()["HOST"] == str(HERE / "pg")


def test_a_long_path_gets_a_short_socket_directory_of_its_own():
    long, other = Embedded("/" + "x" * 120), Embedded("/" + "y" * 120)
    assert len(str(long.socket_dir)) < 60
    assert long.socket_dir != other.socket_dir
    assert long.socket_dir == Embedded("/" + "x" * 120).socket_dir


def test_the_secret_key_is_private_and_stays(tmp_path):
    first = secret_key(tmp_path / "new")
    assert len(first) >= 50
    assert secret_key(tmp_path / "new") == first
    assert stat.S_IMODE((tmp_path / "new" / "secret_key").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["secret_key"]


def test_a_damaged_secret_key_is_refused(tmp_path):
    (tmp_path / "secret_key").write_text("short")
    with pytest.raises(ImproperlyConfigured, match="too short"):
        secret_key(tmp_path)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    server = Embedded(tmp_path_factory.mktemp("embedded"))
    assert server.start() is True
    yield server
    server.stop()


def value(server: Embedded, sql: str):
    with psycopg.connect(server.url) as connection:
        return connection.execute(sql).fetchone()[0]


def kill(server: Embedded):
    """As the system does when memory runs out; returns when it is gone."""
    process = psutil.Process(int((server.cluster / "postmaster.pid").read_text().split()[0]))
    process.kill()
    process.wait(10)


def test_the_embedded_server_listens_on_its_socket_alone_and_syncs(embedded):
    assert value(embedded, "SELECT current_setting('listen_addresses')") == ""
    assert value(embedded, "SELECT current_setting('fsync')") == "on"
    assert value(embedded, "SELECT current_setting('max_connections')") == "300"
    assert value(embedded, "SELECT current_database()") == "mis"
    assert stat.S_IMODE(embedded.cluster.stat().st_mode) == 0o700


def test_its_log_keeps_no_failed_statement(embedded):
    with pytest.raises(psycopg.Error), psycopg.connect(embedded.url) as connection:
        connection.execute("SELECT 'Ana Souza'::integer")
    assert "Ana" not in embedded.log.read_text()


def test_the_last_to_leave_stops_it(embedded):
    second = Embedded(embedded.data_dir)
    assert second.start() is False
    assert second.stop() is False
    assert embedded.running()
    assert embedded.stop() is True
    assert not embedded.running()
    assert embedded.start() is True


def test_a_killed_server_is_started_again_with_its_data(embedded):
    with psycopg.connect(embedded.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    kill(embedded)
    assert not embedded.running()
    assert embedded.ensure() is True
    assert value(embedded, "SELECT n FROM kept") == 7


def test_a_server_that_is_killed_while_it_comes_up_is_started_again_at_once(embedded, monkeypatch):
    launch, launched = embedded._launch, []

    def launch_and_die():
        launch()
        launched.append("once more")
        if len(launched) == 1:
            kill(embedded)

    monkeypatch.setattr(embedded, "_launch", launch_and_die)
    kill(embedded)
    began = time.monotonic()
    assert embedded.ensure()
    assert len(launched) == 2
    assert time.monotonic() - began < 20
    assert value(embedded, "SELECT 1") == 1


def test_a_pid_file_that_names_another_program_is_not_believed(embedded):
    embedded.stop()
    (embedded.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{embedded.cluster}\n1\n5432\n\n\n1 1\nready\n")
    assert not embedded.running()
    assert embedded.start() is True
    assert embedded.running()
