"""What /performance shows besides its figures: trends, a pause, alerts that people take up, lists that equal their figures."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.timeout(180)
LIVE = "[data-live][data-phase=live]"


@pytest.fixture
def performance(page, product):
    page.goto(f"{product.url}/performance?window=24h")
    page.locator(LIVE).wait_for()
    return page


def test_trends_come_below_the_figures_and_are_drawn(performance, box):
    assert box.post_workflow("Não consigo acessar minha conta", person=box.people[1]) == 200
    page = performance
    expect(page.locator("[data-trends-of]")).to_have_attribute("data-phase", "shown")
    expect(page.locator(".trends .js-plotly-plot")).to_have_count(4)
    # Of the time up to the last whole minute: where that is empty, it is said instead of drawn as zeros.
    expect(page.locator(".heat, .chart:has(#heat-title) .empty")).to_be_visible()
    page.locator(".charts-table summary").click()
    expect(page.locator(".charts-table tbody tr").first).to_be_visible()


def test_a_time_without_anything_has_a_dash_where_a_chart_would_be(page, product):
    page.goto(f"{product.url}/performance?window=custom&start=2025-11-01&end=2025-11-23")
    expect(page.locator(".chart-area.is-empty")).to_have_count(7, timeout=20_000)
    shown = page.evaluate("""() => [...document.querySelectorAll('.chart-area')].map((area) => {
        const dash = getComputedStyle(area, '::after');
        return [dash.content, parseFloat(dash.height) > 100, area.querySelector('.svg-container').checkVisibility()];
    })""")
    assert shown == [['"—"', True, False]] * 7


def test_trends_that_cannot_be_fetched_say_so_and_leave_the_figures_alone(page, product):
    page.route("**/performance/trends?**", lambda route: route.fulfill(status=204))
    page.goto(f"{product.url}/performance")
    page.locator(LIVE).wait_for()
    expect(page.locator("[data-trends-of] .failed")).to_be_visible()
    expect(page.locator("[data-trends-of] .loading")).to_be_hidden()
    expect(page.get_by_role("link", name="Tendências em uma página própria")).to_be_visible()


def test_a_pause_holds_the_screen_still_and_going_on_shows_what_is(performance, box):
    page = performance
    button = page.locator("[data-pause]")
    button.click()
    expect(page.locator("[data-live]")).to_have_attribute("data-phase", "held")
    expect(button).to_have_attribute("aria-pressed", "true")
    before = page.locator("[data-part=as-of-words]").inner_text()
    assert box.post_workflow("Quero agendar uma visita", person=box.people[2]) == 200
    page.wait_for_timeout(1500)
    assert page.locator("[data-part=as-of-words]").inner_text() == before
    button.click()
    expect(page.locator("[data-live]")).to_have_attribute("data-phase", "live")
    expect(page.locator("[data-part=as-of-words]")).not_to_have_text(before)


def test_an_alert_is_taken_up_and_silenced_from_the_page(performance, box):
    page = performance
    alert = page.locator("[data-list=alerts] .banner", has_text="WhatsApp está desconectado")
    try:
        box.set_evolution(closed=True)
        expect(alert).to_be_visible(timeout=10_000)
        alert.get_by_role("button", name="Eu cuido disso").click(timeout=20_000)  # once the rule has seen it too
        expect(alert).to_contain_text(re.compile(r"gestora cuida disso desde \d\d:\d\d"))
        expect(alert.get_by_role("button", name="Eu cuido disso")).to_be_hidden()
        alert.get_by_text("Silenciar…").click()
        alert.get_by_label("Motivo").fill("O aparelho está na assistência")
        alert.locator("details button").click()
        expect(alert).to_contain_text(re.compile(r"silenciado até"))
    finally:
        box.set_evolution(closed=False)
    expect(alert).to_have_count(0, timeout=20_000)


def test_every_figure_opens_as_many_rows_as_it_counts(performance):
    page = performance
    figures = page.evaluate(
        "fetch('/api/metrics/snapshot?window=24h').then(r => r.json()).then(s => Object.entries(s.kpis).map(([k, v]) => [k, v.n]))"
    )
    links = {name: page.locator(f"[data-kpi={name}] .figure a").get_attribute("href") for name, _n in figures}
    for name, n in figures:
        if name in ("availability", "api_p95"):  # counted in seconds, and growing with every look
            continue
        page.goto(page.url.split("/performance")[0] + links[name])
        listed = page.locator(".tab[aria-current=page] strong").inner_text()
        assert int(listed.replace(".", "")) == n, name


def test_a_silent_line_makes_the_figures_old_in_words(page, product):
    """The socket stays open and says nothing any more, as on a network that drops what it carries."""
    page.add_init_script("""
        const Real = WebSocket;
        window.WebSocket = class extends Real {
          set onmessage(act) { super.onmessage = (event) => { if (!window.isSilent) act(event) } }
        };
    """)
    page.clock.install()
    page.goto(f"{product.url}/performance")
    page.locator(LIVE).wait_for()
    page.evaluate("window.isSilent = true")
    page.clock.run_for(13_000)
    expect(page.locator("[data-banner=old]")).to_be_visible()
    expect(page.locator("[data-live]")).not_to_have_attribute("data-phase", "live")
