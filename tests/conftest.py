"""Tests run on a real PostgreSQL of their own, and cannot reach the network."""

import json
import socket
from pathlib import Path

import pytest

from mis_dashboard.lib import recent
from tests.support import make

HERE = Path(__file__).parent
LOCAL = {"127.0.0.1", "localhost", "::1"}


@pytest.fixture(autouse=True, scope="session")
def _no_network():
    """A connection to anywhere but this machine fails the test that tries."""
    connect = socket.socket.connect

    def guarded(self, address):
        if isinstance(address, tuple) and address[0] not in LOCAL:
            raise AssertionError(f"a test tried to reach {address[0]}")
        return connect(self, address)

    socket.socket.connect = guarded
    yield
    socket.socket.connect = connect


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """What a process keeps for a second is not kept from one test to the next."""
    recent.forget()


@pytest.fixture(autouse=True)
def _promises(request):
    """Tests with transactions of their own leave the tables empty behind; but something is always promised."""
    marker = request.node.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        request.getfixturevalue("transactional_db")
        make.promises()


@pytest.fixture(autouse=True)
def _plain_static(settings):
    """Pages need no collected static files."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def payload():
    """Reads a recorded payload: `payload("ghl-inbound-message")`."""

    def read(name: str):
        return json.loads((HERE / "payloads" / f"{name}.json").read_text())

    return read
