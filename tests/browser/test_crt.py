"""/crt in a real browser: what needs action comes by itself, and is dealt with in place."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_access import hindrances

pytestmark = pytest.mark.timeout(180)
LIVE = "[data-live][data-phase=live]"


@pytest.fixture
def crt(page, product):
    page.goto(f"{product.url}/crt")
    page.locator(LIVE).wait_for()
    return page


def escalated(box, number: int):
    """A customer who wants a person, and so waits for one of us."""
    person = box.people[number]
    assert box.post_workflow("Quero falar com uma pessoa, por favor", person=person) == 200
    return person


def rows(page):
    return page.locator(".urgent-issue")


def test_an_issue_that_needs_a_person_comes_by_itself_and_is_assigned_and_resolved_in_place(crt, box):
    crt.evaluate("window.notReloaded = true")
    before = rows(crt).count()
    escalated(box, 6)
    expect(rows(crt)).to_have_count(before + 1, timeout=20_000)
    assert crt.evaluate("window.notReloaded")
    name = crt.locator(".urgent-issue:has(.urgent-times dd:text-is('—'))").first.get_attribute("data-issue")
    row = crt.locator(f"[data-issue='{name}']")

    row.locator("form:has([value=take]) button").click()
    crt.wait_for_url("**/crt?window=30d#now")
    expect(row.locator(".urgent-times")).to_contain_text("gestora")
    expect(crt.locator(".banner[data-state=good]")).to_contain_text(name)

    row.locator("details:has([value=resolve]) summary").click()
    row.locator("textarea").fill("Resolvido por telefone")
    row.locator("details[open] .button-do").click()
    expect(row).to_have_count(0)
    expect(crt.locator(".banner[data-state=good]")).to_contain_text(name)


def test_a_form_that_is_open_stays_while_the_list_changes_and_the_news_comes_after_it(crt, box):
    escalated(box, 7)
    first = rows(crt).first
    first.wait_for(timeout=20_000)
    first.locator("details:has([value=escalate]) summary").click()
    first.locator("[name=reason]").fill("Pede reembolso")
    before = rows(crt).count()
    escalated(box, 8)
    expect(crt.locator("[data-part=postponed]")).to_be_visible(timeout=20_000)
    assert first.locator("[name=reason]").input_value() == "Pede reembolso"
    first.locator("details:has([value=escalate]) summary").click()
    first.locator("details:has([value=escalate]) summary").blur()
    crt.mouse.move(0, 0)  # what is under the mouse stays, too
    expect(rows(crt)).to_have_count(before + 1, timeout=10_000)
    expect(crt.locator("[data-part=postponed]")).to_be_hidden()


def test_the_buttons_keep_their_places_when_a_form_opens_below_them_and_a_person_is_chosen_there(crt, box):
    escalated(box, 9)
    row = rows(crt).first
    row.wait_for(timeout=20_000)
    buttons = row.locator(".urgent-works summary, .urgent-works > form button")
    places = [each.bounding_box() for each in buttons.all()]
    lowest = max(place["y"] + place["height"] for place in places)
    for work in ("assign", "escalate", "resolve"):
        row.locator(f"details:has([value={work}]) summary").click()
        assert [each.bounding_box() for each in buttons.all()] == places
        assert row.locator("details[open] .button-do").bounding_box()["y"] > lowest
    row.locator("details:has([value=assign]) summary").click()
    row.locator("details[open] select[name=to]").select_option("gestora")
    row.locator("details[open] .button-do").click()
    expect(crt.locator(".banner[data-state=good]")).to_be_visible()


def test_the_figures_of_the_period_are_renewed_each_minute_but_not_under_a_readers_eyes(page, product, box):
    page.add_init_script(
        "const real = setTimeout; setTimeout = (act, ms, ...more) => real(act, ms > 4000 ? 500 : ms, ...more);"
    )
    page.goto(f"{product.url}/crt?window=1h")
    page.locator(LIVE).wait_for()
    page.evaluate("window.notReloaded = true")
    opened, as_of = page.locator("[data-period=headline] > :last-child .figure"), page.locator("[data-period=as-of]")
    before = int(opened.inner_text())
    escalated(box, 5)
    expect(opened).to_have_text(str(before + 1), timeout=15_000)
    page.locator("[data-kpi] .explain summary").first.click()
    read = as_of.inner_text()
    page.wait_for_timeout(2500)
    assert as_of.inner_text() == read
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    expect(as_of).not_to_have_text(read, timeout=10_000)
    assert page.evaluate("window.notReloaded")


def test_filters_are_in_the_address_and_the_back_button_takes_them_back(crt):
    crt.locator("select[name=priority]").select_option("critical")
    crt.locator(".filter-bar button").click()
    chips = crt.locator(".chips .chip")
    expect(chips).to_have_count(1)
    assert crt.url.endswith("/crt?window=30d&priority=critical")
    crt.get_by_role("link", name="7 dias").click()
    crt.wait_for_url("**/crt?window=7d&priority=critical")
    crt.go_back()
    crt.go_back()
    expect(chips).to_have_count(0)
    expect(crt.locator("select[name=priority]")).to_have_value("")


def test_satisfaction_is_drawn_over_time_on_its_own_page(crt):
    crt.locator("[data-kpi=satisfaction] .figure a").click()
    crt.locator(".js-plotly-plot").first.wait_for()
    assert "/performance/satisfaction?window=30d" in crt.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_from_using_the_forms(browser, signed_in, product, box, scheme):
    escalated(box, 11)
    context = browser.new_context(storage_state=signed_in, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{product.url}/crt")
    rows(page).first.wait_for(timeout=20_000)
    forms = rows(page).first.locator("details summary").all()
    assert len(forms) == 3
    for form in forms:
        form.click()
        assert hindrances(page) == []
    context.close()


def usable(browser, signed_in, address: str) -> list[str]:
    """What hinders anybody on an issue's page with all of it open. A page of its own: axe leaves words in the console."""
    context = browser.new_context(storage_state=signed_in)
    page = context.new_page()
    page.goto(address)
    for more in page.locator(".said-more summary").all():
        more.click()
    found = hindrances(page)
    context.close()
    return found


def test_the_page_of_an_issue_shows_contact_data_to_who_asks_and_can_be_used_by_everybody(
    page, product, box, browser, signed_in
):
    escalated(box, 10)
    page.goto(f"{product.url}/crt")
    rows(page).first.wait_for(timeout=20_000)
    page.locator(".urgent-what a").first.click()
    page.locator(".conversation .said-by-us, .conversation .said-by-customer").first.wait_for()
    clock = page.locator(".clock-time[data-due]").first
    before = clock.inner_text()
    expect(clock).not_to_have_text(before, timeout=70_000)
    assert usable(browser, signed_in, page.url) == []
    phone = page.locator(".field-phone .readonly")
    expect(phone).to_contain_text("••••")
    page.locator(".contact button").click()
    expect(phone).not_to_contain_text("••••")
    expect(page.locator(".timeline")).to_contain_text("gestora")


def test_work_needs_no_script(browser, signed_in, product, box):
    escalated(box, 9)
    context = browser.new_context(storage_state=signed_in, java_script_enabled=False)
    page = context.new_page()
    for _ in range(40):
        page.goto(f"{product.url}/crt")
        if rows(page).count():
            break
        page.wait_for_timeout(500)
    name = rows(page).first.get_attribute("data-issue")
    row = page.locator(f"[data-issue='{name}']")
    row.locator("details:has([value=assign]) summary").click()
    row.locator("details[open] [name=to]").fill("niemand")
    row.locator("details[open] .button-do").click()
    expect(page.locator("#now .banner[role=alert]")).to_contain_text(name)
    expect(row.locator("details[open] [name=to]")).to_have_value("niemand")
    row.locator("details[open] [name=to]").fill("gestora")
    row.locator("details[open] .button-do").click()
    expect(row.locator(".urgent-times")).to_contain_text("gestora")
    context.close()
