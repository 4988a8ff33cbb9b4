import os
import subprocess
import sys
from datetime import time, timedelta

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from mis_dashboard.database import parse
from mis_dashboard.lib.env import Env


def test_days_that_nobody_set_are_for_ever():
    assert Env({"KEPT": "400"}).days("KEPT", low=400) == timedelta(days=400)
    assert Env({"KEPT": " "}).days("KEPT", low=400) is None
    assert Env({}).days("KEPT", low=400) is None


@pytest.mark.parametrize("value", ["399", "0", "-1", "1.5", "a year", "36501"])
def test_too_few_days_and_what_is_no_number_are_refused_with_what_to_write(value):
    with pytest.raises(ImproperlyConfigured, match=r"KEPT is .*: write a whole number of days from 400 to 36500"):
        Env({"KEPT": value}).days("KEPT", low=400)


def test_hours_may_go_over_midnight():
    assert Env({"QUIET": "22:00-07:30"}).hours("QUIET") == (time(22), time(7, 30))
    assert Env({"QUIET": ""}).hours("QUIET") is None


@pytest.mark.parametrize("value", ["22:00", "22-7", "22:00-22:00", "25:00-07:00", "22:00-07:00-08:00", "at night"])
def test_hours_that_are_none_are_refused_with_what_to_write(value):
    with pytest.raises(ImproperlyConfigured, match=r"QUIET is .*: write two times of day, such as 22:00-07:00"):
        Env({"QUIET": value}).hours("QUIET")


def test_addresses_are_such_or_refused_by_name():
    assert Env({"TO": "ana@example.com, bia@example.com"}).emails("TO") == ["ana@example.com", "bia@example.com"]
    with pytest.raises(ImproperlyConfigured, match=r"TO names 'bia': write addresses such as"):
        Env({"TO": "ana@example.com,bia"}).emails("TO")


@pytest.mark.parametrize("value", ["Mars/City", "/etc", "../x", "GMT+3:00"])
def test_a_time_zone_nobody_knows_is_refused_with_what_to_write(value):
    assert Env({}).time_zone("ZONE", "America/Sao_Paulo") == "America/Sao_Paulo"
    with pytest.raises(ImproperlyConfigured, match=r"ZONE is .*: write one such as America/Sao_Paulo"):
        Env({"ZONE": value}).time_zone("ZONE", "UTC")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "abc", "MIS cannot start. PORT is 'abc': write a whole number from 1 to 65535.\n"),
        (
            "MIS_DATA_DIR",
            "/proc/nope",
            "MIS cannot start. MIS_DATA_DIR is '/proc/nope' (No such file or directory): write a",
        ),
        ("DATABASE_URL", "postgresql://u:secret@127.0.0.1:1/x", "CommandError: Cannot reach the database."),
        (
            "DATABASE_LISTEN_URL",
            "nonsense",
            "MIS cannot start. DATABASE_LISTEN_URL begins with 'nothing': write postgresql://",
        ),
        ("SECRET_KEY", "secret", "MIS cannot start. SECRET_KEY is too short to be a key: write 50 random characters"),
    ],
)
def test_what_is_wrong_in_the_environment_is_a_sentence_and_no_trace(name, value, said):
    command = [sys.executable, "manage.py", "serve", "--port", "0"]
    found = subprocess.run(
        command, cwd=settings.BASE_DIR, env=os.environ | {name: value}, capture_output=True, text=True
    )
    assert found.returncode == 1
    assert said in found.stderr
    assert "Traceback" not in found.stderr
    assert "secret" not in found.stderr


def test_what_is_empty_is_as_what_is_not_set():
    empty = Env({"A": "", "B": " "})
    assert empty.text("A", "x") == empty.text("B", "x") == "x"
    assert (empty.words("A", "a,b"), empty.flag("A", default=True), empty.integer("A", 7, low=1, high=9)) == (
        ["a", "b"],
        True,
        7,
    )


@pytest.mark.parametrize(
    "value",
    ["https:// bad host/", "http://evolution:8080", "evolution.local", "http://127.0.0.1 x", "https://", "https://h:x"],
)
def test_an_address_that_is_none_is_refused(value):
    with pytest.raises(ImproperlyConfigured, match=r"URL is .*: write https://"):
        Env({"URL": value}).base_url("URL")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://u:secret@[::1/db", "DATABASE_URL is no address: write postgresql://"),
        ("postgresql://u:secret@h/db?foo=bar", "DATABASE_URL has an option that PostgreSQL does not know: 'foo'"),
        ("postgresql://u:secret@h:x/db", "DATABASE_URL has no valid port"),
    ],
)
def test_a_database_that_is_no_address_is_refused_without_its_password(url, said):
    with pytest.raises(ImproperlyConfigured) as error:
        parse(url)
    assert said in str(error.value)
    assert "secret" not in str(error.value)
