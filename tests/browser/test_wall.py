"""A wall in a real browser: nobody logs in, nobody is near it, and it is never wrong about how old it is."""

import json
import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_access import hindrances

pytestmark = pytest.mark.timeout(180)
LIVE = "[data-fresh][data-state=good]"
# What the browser itself says of a line that is away.
OF_THE_LINE = ("WebSocket connection to", "Failed to load resource")


@pytest.fixture
def tv(browser):
    """A screen that nobody has logged in to; an error in its console fails the test."""
    context = browser.new_context(locale="pt-BR", viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    errors = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert not [error for error in errors if not error.startswith(OF_THE_LINE)]


def altered(**changes):
    """A line on which each message of the server is changed so."""

    def between(socket):
        server = socket.connect_to_server()
        server.on_message(lambda text: socket.send(json.dumps(json.loads(text) | changes)))

    return between


def added(page: Page, product, *, code: str = "", name: str = "Recepção", theme: str = "dark") -> str:
    """Adds a screen in the admin; the link, where no code was given."""
    page.goto(f"{product.url}/admin/metrics/wallscreen/add/")
    page.locator("input[name=code]").fill(code)
    page.locator("input[name=name]").fill(name)
    page.locator("select[name=theme]").select_option(theme)
    page.locator("input[name=_save]").click()
    if code:
        page.wait_for_url("**/wallscreen/")
        return ""
    return page.locator(".secret code").inner_text()


@pytest.fixture
def wall(tv, page, product):
    """A screen that shows figures."""
    tv.goto(added(page, product))
    tv.locator(LIVE).wait_for()
    return tv


def shown(tv: Page) -> str:
    """All that a new issue changes."""
    return tv.evaluate("""() => [...document.querySelectorAll('[data-d], [data-text^=trend]')]
        .map((each) => each.getAttribute('d') ?? each.textContent).join(' ')""")


def wait_for_change(tv: Page, before: str, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while shown(tv) == before:
        assert time.monotonic() < deadline, "nothing changed"
        time.sleep(0.1)


def test_a_screen_is_paired_by_its_code_and_its_figures_move_without_a_reload(tv, page, product, box):
    tv.goto(f"{product.url}/wall/")
    code = tv.locator(".pairing-code").get_attribute("aria-label")
    assert re.fullmatch(r"\d{6}", code)
    added(page, product, code=code, name="Copa")
    tv.locator(LIVE).wait_for(timeout=10_000)
    assert tv.locator(".brand").inner_text() == "Copa"
    tv.evaluate("window.notReloaded = true")
    before = shown(tv)
    assert box.post_workflow("Não consigo entrar na plataforma", person=box.people[6]) == 200
    wait_for_change(tv, before)
    assert tv.evaluate("window.notReloaded")
    page.goto(f"{product.url}/admin/metrics/wallscreen/")
    expect(page.locator("tr", has_text="Copa").locator(".wall-state")).to_have_attribute("data-state", "good")


def test_its_link_leaves_the_address_bar_and_nothing_personal_is_shown(wall, box):
    assert wall.url.endswith("/wall/")
    assert wall.evaluate("document.cookie") == ""
    html = wall.content()
    assert not [person for person in box.people if person.digits in html or person.name in html]


def test_the_figures_are_there_before_any_script(browser, page, product):
    context = browser.new_context(java_script_enabled=False)
    bare = context.new_page()
    bare.goto(added(page, product))
    assert bare.locator("[data-figure='tiles.ttfr.figure']").inner_text().strip()
    assert bare.locator(".bars").get_attribute("d") is not None
    context.close()


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 720), (3840, 2160), (1080, 1920)])
def test_everything_is_on_the_screen_and_large(wall, width, height):
    wall.set_viewport_size({"width": width, "height": height})
    out = wall.evaluate("""() => [...document.querySelectorAll('.stage *')].filter((each) => {
        const box = each.getBoundingClientRect();
        return box.width && (box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1 || box.top < -1);
    }).map((each) => each.outerHTML.slice(0, 80))""")
    assert out == []
    cut = wall.evaluate("""() => [...document.querySelectorAll('.tile h2 span, .tile-foot, .trend h2 span')]
        .filter((each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== 'inline')
        .map((each) => each.textContent)""")
    assert cut == []
    size = "document.querySelector('.tile-figure').getBoundingClientRect().height / Math.min(innerWidth, innerHeight)"
    assert wall.evaluate(size) > 0.09  # on a screen 60 cm high that is more than 5 cm


def test_a_revoked_screen_shows_a_code_within_seconds_and_never_a_login(wall, page, product):
    page.goto(f"{product.url}/admin/metrics/wallscreen/")
    page.locator("th a", has_text="Recepção").first.wait_for()
    screen = product.rows(
        "SELECT id FROM metrics_wallscreen WHERE revoked_at IS NULL ORDER BY created_at DESC LIMIT 1"
    )[0][0]
    page.goto(f"{product.url}/admin/metrics/wallscreen/{screen}/revoke/")
    page.locator("input[type=submit]").click()
    begun = time.monotonic()
    wall.locator(".pairing-code").wait_for(timeout=15_000)
    assert time.monotonic() - begun < 10
    assert wall.url.endswith("/wall/")
    assert wall.locator("input").count() == 0


WRONG_BY_A_DAY = "const real = Date.now; Date.now = () => real() + 86_400_000;"


def test_with_a_wrong_clock_it_is_live_and_when_nothing_comes_it_says_for_how_long(tv, page, product):
    silent = []

    def between(socket):
        server = socket.connect_to_server()
        server.on_message(lambda text: None if silent else socket.send(text))

    tv.add_init_script(WRONG_BY_A_DAY)
    tv.route_web_socket(re.compile("/ws/wall/"), between)
    tv.goto(added(page, product))
    tv.locator(LIVE).wait_for()
    time.sleep(7)  # a heartbeat later it still is
    expect(tv.locator(LIVE)).to_be_visible()
    clock = tv.locator("[data-clock]").inner_text()
    assert clock == product.rows("SELECT to_char(now() AT TIME ZONE 'America/Sao_Paulo', 'HH24:MI')")[0][0]
    silent.append(True)
    stale = tv.locator("[data-stale]")
    expect(stale).to_be_visible(timeout=25_000)
    expect(stale.locator("[data-part=words]")).to_contain_text(re.compile(r"\b1\d\s?s"))
    assert float(tv.evaluate("getComputedStyle(document.querySelector('.tiles')).opacity")) < 0.5
    silent.clear()
    expect(stale).to_be_hidden(timeout=25_000)
    tv.locator(LIVE).wait_for()


def test_after_the_server_was_away_it_comes_back_by_itself(wall, product, box):
    wall.evaluate("window.notReloaded = true")
    web = next(p for p in product.processes() if "daphne" in " ".join(p.cmdline()))
    web.kill()
    wall.locator("[data-fresh]:not([data-state=good])").wait_for()
    while product.get("/healthz")[0] != 200:
        time.sleep(0.05)
    begun = time.monotonic()
    wall.locator(LIVE).wait_for(timeout=30_000)
    assert time.monotonic() - begun < 10
    product.wait_until_ready()
    before = shown(wall)
    assert box.post_workflow("Meu boleto venceu", person=box.people[7]) == 200
    wait_for_change(wall, before)
    assert wall.evaluate("window.notReloaded")


def test_a_screen_that_is_switched_on_while_the_server_is_away_waits_for_it(wall):
    wall.wait_for_function("navigator.serviceWorker.controller !== null")
    wall.context.set_offline(True)
    wall.reload()
    assert wall.locator(".stage").count() == 0
    assert "refresh" in wall.content()
    wall.context.set_offline(False)
    wall.locator(LIVE).wait_for(timeout=15_000)


LONG_THERE = "const real = performance.now.bind(performance); performance.now = () => real() + 600_000;"


def test_another_edition_is_loaded_once_and_not_in_a_loop(tv, page, product):
    tv.add_init_script(LONG_THERE)
    tv.route_web_socket(re.compile("/ws/wall/"), altered(edition="0123456789ab"))
    loads = []
    tv.on("load", lambda _: loads.append(time.monotonic()))
    tv.goto(added(page, product))
    deadline = time.monotonic() + 15
    while len(loads) < 2:
        assert time.monotonic() < deadline, "it was not loaded anew"
        tv.wait_for_timeout(100)
    tv.wait_for_timeout(8000)
    assert len(loads) == 2
    tv.locator(LIVE).wait_for()


ALERT = {
    "id": "channel_closed",
    "takes_over": True,
    "more": "",
    "state": "bad",
    "title": "WhatsApp is disconnected",
    "text": "No message goes out or comes in.",
    "since": "",
}


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_nothing_keeps_anybody_from_reading_a_wall(browser, page, product, theme):
    link = added(page, product, theme=theme)
    for alert in (None, ALERT):
        context = browser.new_context(viewport={"width": 1920, "height": 1080})
        tv = context.new_page()
        tv.route_web_socket(re.compile("/ws/wall/"), altered(alert=alert))
        tv.goto(link)
        tv.locator(LIVE).wait_for()
        expect(tv.locator("[data-takeover]")).to_be_visible(visible=alert is not None)
        assert hindrances(tv) == []
        context.close()


def test_nothing_keeps_anybody_from_reading_a_code(browser, product):
    context = browser.new_context()
    tv = context.new_page()
    tv.goto(f"{product.url}/wall/")
    tv.locator(".pairing-code").wait_for()
    assert hindrances(tv) == []
    context.close()


def test_a_page_whose_scripts_did_not_come_is_loaded_anew(tv, page, product):
    tv.add_init_script("const real = setTimeout; setTimeout = (act, ms, ...more) => real(act, ms / 20, ...more);")
    tv.route(re.compile(r"/static/js/wall\.[^/]*js$"), lambda route: route.abort())
    loads = []
    tv.on("load", lambda _: loads.append(1))
    tv.goto(added(page, product))
    deadline = time.monotonic() + 15
    while len(loads) < 2:
        assert time.monotonic() < deadline, "it was not loaded anew"
        tv.wait_for_timeout(100)
    tv.unroute_all()
    tv.locator(LIVE).wait_for()


def test_a_critical_alert_takes_a_part_of_the_screen_and_leaves_what_happens_now(tv, page, product):
    tv.route_web_socket(re.compile("/ws/wall/"), altered(alert=ALERT))
    tv.goto(added(page, product))
    takeover = tv.locator("[data-takeover]")
    expect(takeover).to_be_visible()
    expect(takeover).to_contain_text("WhatsApp is disconnected")
    top = takeover.bounding_box()["y"]
    assert top >= 0.4 * 1080
    for tile in tv.locator(".tile").all()[:3]:
        box = tile.bounding_box()
        assert box["y"] + box["height"] < top
    expect(tv.locator(".alert-strip strong")).to_have_text("WhatsApp is disconnected")
    expect(takeover).to_be_hidden(timeout=25_000)  # for the rest of the minute the figures have it
