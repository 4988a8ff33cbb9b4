"""Who looks at the admin."""

import pytest

from metrics.wall import views
from mis_dashboard.lib.brake import Brake
from tests.web.admin_tools import logged_in, manager_named


@pytest.fixture
def manager():
    return manager_named("bia")


@pytest.fixture
def browser(manager):
    return logged_in(manager)


@pytest.fixture(autouse=True)
def _nobody_asked_before(monkeypatch):
    """All tests have one address, and would slow each other down."""
    monkeypatch.setattr(views, "ASKED", Brake(10, 60.0))
