"""Everybody can use every page: both themes, both languages, a phone, a keyboard alone, a screen reader."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.timeout(180)

# Addresses of the product, and what makes each of them whole.
PAGES = {
    "/performance": "[data-trends-of][data-phase=shown] .js-plotly-plot",
    "/performance?window=custom&start=2025-11-01&end=2025-11-23": "[data-phase=fixed]",
    "/performance?window=2h": "[role=alert]",
    "/performance/trends": "[data-trends]",
    "/performance/ttfr_p90": "#question",
    "/performance/availability": "#question",
    "/crt": "[data-live][data-phase=live]",
    "/crt?window=2h": "[role=alert]",
    "/design": ".swatch",
    "/api/docs": ".reference-call",
    "/admin/": "#content",
    "/admin/issues/issue/": "#changelist",
    "/admin/issues/policy/": "#content form",
    "/admin/issues/slapolicy/": "#changelist",
    "/admin/issues/slapolicy/add/": "#content form",
    "/admin/issues/calendar/add/": "#content form",
    "/admin/issues/replytemplate/": "#changelist",
    "/admin/issues/promptversion/add/": "#content form",
    "/admin/issues/knowledgenote/add/": "#content form",
    "/admin/issues/apikey/add/": "#content form",
    "/admin/metrics/alertrule/": "#changelist",
    "/admin/metrics/alertrule/add/": "#content form",
    "/admin/metrics/incident/": "#changelist",
    "/admin/metrics/silence/add/": "#content form",
    "/admin/metrics/maintenance/add/": "#content form",
    "/admin/metrics/wallscreen/": "#changelist",
    "/admin/metrics/wallscreen/add/": "#content form",
    "/admin/auth/user/add/": "#content form",
    "/admin/auth/group/add/": "#content form",
    "/admin/password_change/": "#content form",
    "/nowhere": "h1",
}
SERIOUS = ("serious", "critical")


@pytest.fixture
def opened(browser, signed_in, product):
    """Opens a page as somebody with that colour scheme, language and width sees it."""
    contexts = []

    def open_(address: str, *, scheme="light", language="pt-BR", width=1440, height=900, whole: str = ""):
        context = browser.new_context(
            storage_state=signed_in, locale=language, color_scheme=scheme, viewport={"width": width, "height": height}
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(product.url + address)
        page.locator(whole or PAGES[address]).first.wait_for()
        return page

    yield open_
    for context in contexts:
        context.close()


def hindrances(page) -> list[str]:
    """What axe finds serious, each with the first place where it is."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found if one["impact"] in SERIOUS]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", PAGES)
def test_nothing_keeps_anybody_from_using_a_page(opened, address, scheme):
    assert hindrances(opened(address, scheme=scheme)) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_from_signing_in(browser, product, scheme):
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(product.url + "/performance")
    page.locator("input[name=username]").wait_for()
    assert hindrances(page) == []
    context.close()


@pytest.mark.parametrize(
    "address", [one for one in PAGES if not one.startswith("/admin/")]
)  # whose tables are for a desk
def test_a_phone_scrolls_down_and_never_sideways(opened, address):
    page = opened(address, width=360, height=740)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize(("language", "word"), [("pt-BR", "Desempenho"), ("en-US", "Performance")])
def test_a_page_speaks_the_readers_language(opened, language, word):
    page = opened("/performance", language=language)
    expect(page.locator("h1")).to_contain_text(word)
    lang = page.locator("html").get_attribute("lang")
    assert lang == language.lower()[: len(lang)]


def test_the_language_is_switched_on_the_page_and_stays(opened):
    page = opened("/performance?window=custom&start=2025-11-01&end=2025-11-23")
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_contain_text("Performance")
    expect(page.locator(".page-window")).to_have_text("11/01/2025 – 11/23/2025")
    page.goto(page.url.split("?")[0])
    expect(page.locator("h1")).to_contain_text("Performance")
    page.get_by_role("button", name="Português").click()
    expect(page.locator("h1")).to_contain_text("Desempenho")


def test_the_theme_is_switched_on_the_page_and_stays(opened):
    page = opened("/performance")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.locator("[data-theme-switch]").click()  # from the system's to light
    page.locator("[data-theme-switch]").click()
    assert page.evaluate(ground) != light
    page.goto(page.url + "?window=7d")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_keyboard_alone_reaches_the_figures_changes_the_window_and_opens_an_explanation(opened):
    page = opened("/performance")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    reach(page, "a.segment", "7 dias")
    page.keyboard.press("Enter")
    page.wait_for_url("**window=7d**")
    page.locator("#main").focus()
    reach(page, ".explain summary", "")
    page.keyboard.press("Enter")
    expect(page.locator(".explain[open] .explain-text")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".explain[open]")).to_have_count(0)
    reach(page, "[data-kpi] .figure a", "")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/performance/[a-z0-9_]+\\?"))


def reach(page, selector: str, text: str, most: int = 120) -> None:
    """Presses Tab until such an element is in focus, which must be seen to be."""
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "([selector, text]) => { const e = document.activeElement;"
            " return e.matches(selector) && e.textContent.includes(text) ? getComputedStyle(e).outlineStyle : null }",
            [selector, text],
        )
        if found:
            assert found != "none"
            return
    raise AssertionError(f"Tab never reaches {selector} {text!r}")


def test_no_script_may_run_that_is_not_ours(opened, product):
    page = opened("/performance")
    policy = page.request.get(product.url + "/performance").headers["content-security-policy"]
    scripts = next(part for part in policy.split(";") if part.strip().startswith(("script-src", "default-src")))
    assert "unsafe" not in scripts
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">')")
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
