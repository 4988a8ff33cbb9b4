"""A real browser in front of the whole product, with the sandbox outside."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

from mis_dashboard.sandbox.thread import SandboxThread
from tests.support.product import PASSWORD, USER, Product, free_port

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def outside():
    """The outside world, and the product that talks to it."""
    port = free_port()
    from mis_dashboard.sandbox.app import Settings

    settings = Settings()
    environment = settings.environment(f"http://127.0.0.1:{port}")
    unlimited = {"debounce_seconds": 0, "critical_per_minute": 0, "ai_per_minute": 0}
    with Product(environment, policy=unlimited) as product:
        target = {"ghl_private_key": settings.ghl_private_key, "target": product.url}
        with SandboxThread(port, **target) as box:
            yield product, box


@pytest.fixture(scope="session")
def product(outside):
    return outside[0]


@pytest.fixture(scope="session")
def box(outside):
    return outside[1]


@pytest.fixture(scope="session")
def browser():
    path = os.environ.get("MIS_TEST_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in(browser, product):
    """The cookies of a user who has logged in."""
    context = browser.new_context(locale="pt-BR")
    page = context.new_page()
    page.goto(product.url)
    page.locator("input[name=username]").fill(USER)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit], form button").last.click()
    page.wait_for_url("**/performance**")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def page(browser, signed_in):
    """A page of its own, logged in; an error in the console fails the test, but for the browser's on a lost line."""
    context = browser.new_context(storage_state=signed_in, locale="pt-BR", timezone_id="America/Sao_Paulo")
    page = context.new_page()
    errors = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert not [error for error in errors if not error.startswith("WebSocket connection to")]
