"""Who looks at the admin."""

import pytest

from tests.web.admin_tools import logged_in, manager_named


@pytest.fixture
def manager():
    return manager_named("bia")


@pytest.fixture
def browser(manager):
    return logged_in(manager)
