"""What a wall is sent: the numbers of /performance, in words, and nothing of anybody."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from metrics import snapshot as whole
from metrics.alerts.shown import NO_INCIDENT
from metrics.wall import snapshot
from metrics.wall.snapshot import Look
from metrics.window import Scope
from tests.support import make

pytestmark = pytest.mark.django_db
NOW = make.NOW

PEOPLE = {
    "name": "Zulmira Quitéria",
    "phone": "+5551988877665",
    "email": "zulmira@exemplo.com.br",
    "contact_id": "ctZulmira",
}
SAID = "O cachorro comeu o boleto azul"
REPLIED = "Guardamos um osso para ele"


def some_hours() -> None:
    """Three issues: answered in 20 s an hour ago, in 40 s half an hour ago, and one that waits for 5 min."""
    customer = make.customer(**{name: value for name, value in PEOPLE.items() if name != "email"})
    for minutes, took in ((60, 20), (30, 40), (5, None)):
        at = NOW - timedelta(minutes=minutes)
        answered = took and at + timedelta(seconds=took)
        issue = make.issue(
            at=at, customer=customer, text=SAID, first_response_at=answered, metadata={"mail": PEOPLE["email"]}
        )
        if answered:
            make.response(issue, at=at, state="sent", text=REPLIED, sent_at=answered, kind="ai")


def test_its_numbers_are_those_of_performance():
    some_hours()
    ours, theirs = snapshot.build(Look(), NOW), whole.build(Scope("24h"), NOW)
    assert ours["as_of"] == theirs["as_of"]
    for name in snapshot.FIGURES:
        assert ours["kpis"][name] == {key: theirs["kpis"][name][key] for key in snapshot.TOLD}
    assert ours["now"] == {key: theirs["now"][key] for key in snapshot.NOW}
    assert ours["now"]["waiting"] == 1
    # 20 s, 40 s and 300 s so far: the third of three is at 80 % of the way from 40 to 300.
    assert ours["kpis"]["ttfr_p90"]["value"] == pytest.approx(248)


def test_nothing_of_any_person_is_in_it():
    some_hours()
    text = whole.text(snapshot.build(Look(), NOW))
    personal = [*PEOPLE.values(), SAID, REPLIED, "Zulmira", "88877665", "boleto", "osso", "exemplo"]
    assert [each for each in personal if each in text] == []
    for forbidden in ("feed", "issue", "customer", "phone", "text", "sla"):
        assert f'"{forbidden}":' not in text.replace('"text":""', "")


def test_it_has_these_parts_and_no_others():
    assert list(snapshot.build(Look(), NOW)) == [
        "v", "seq", "boot", "as_of", "edition", "kpis", "now", "tiles", "systems", "alert", "trend"
    ]  # fmt: skip


def test_it_is_small():
    some_hours()
    assert len(whole.text(snapshot.build(Look(), NOW))) < 8_000


def test_the_trend_of_four_hours_has_its_issues_in_their_ten_minutes():
    some_hours()
    trend = snapshot.build(Look(), NOW)["trend"]
    assert trend["starts"][0] == "2026-11-20T09:00:00.000Z"
    assert len(trend["starts"]) == 24
    received = dict(zip(trend["starts"], trend["received"], strict=True))
    assert {start[11:16]: n for start, n in received.items() if n} == {"12:00": 1, "12:30": 1, "12:50": 1}
    assert trend["ttfr_p90"][18] == 20
    assert trend["ttfr_p90"][-1] == 300
    assert trend["ttfr_p90"][0] is None
    assert trend["unfinished"] is False


def test_the_last_ten_minutes_are_unfinished_until_they_are_over():
    make.issue(at=NOW + timedelta(minutes=1))
    trend = snapshot.build(Look(), NOW + timedelta(minutes=3))["trend"]
    assert trend["unfinished"] is True
    assert trend["received"][-1] == 1
    assert trend["open_bar"]


def test_a_wall_of_one_location_shows_that_one_alone():
    make.issue(location="loc1")
    make.issue(location="loc2")
    assert snapshot.build(Look("loc2"), NOW)["now"]["open"] == 1
    assert snapshot.build(Look(), NOW)["now"]["open"] == 2


def test_it_speaks_the_language_of_the_screen_whatever_the_thread_speaks():
    with translation.override("pt-br"):
        assert snapshot.build(Look(language="en"), NOW)["tiles"]["waiting"]["label"] == "Waiting for a reply"
    with translation.override("en"):
        assert snapshot.build(Look(language="pt-br"), NOW)["tiles"]["waiting"]["label"] != "Waiting for a reply"


def test_six_figures_in_their_order():
    with translation.override("en"):
        tiles = snapshot.tiles(whole.build(Scope("24h"), NOW))
    assert list(tiles) == ["waiting", "breached", "unowned", "ttfr", "automation", "delivery"]
    assert tiles["breached"] == {
        "label": "Deadlines breached", "figure": "0", "state": "good", "word": "all in time", "below": "at risk: 0", "since": "", "change": None
    }  # fmt: skip
    assert tiles["ttfr"]["figure"] == "—"
    assert tiles["ttfr"]["word"] == "no data"


def test_overdue_is_bad_and_soon_due_is_a_warning():
    make.issue(at=NOW - timedelta(minutes=10))
    soon = NOW - timedelta(seconds=110)
    tile = snapshot.tiles(whole.build(Scope("24h"), NOW))["breached"]
    assert (tile["figure"], tile["state"]) == ("1", "bad")
    make.issue(at=soon)
    found = whole.build(Scope("24h"), NOW)
    found["now"]["breached"] = 0
    assert snapshot.tiles(found)["breached"]["state"] == "warn"


def alert(title: str, severity: str = "critical", **changes) -> dict:
    told = {"id": title, "severity": severity, "title": title, "about": "WhatsApp", "since": None}
    return NO_INCIDENT | told | changes


def test_the_first_alert_that_customers_feel_takes_over():
    with translation.override("en"):
        told = snapshot.alert([alert("figures_differ", "warning"), alert("channel_closed")])
    assert told["title"] == "WhatsApp is disconnected"
    assert told["takes_over"] is True
    assert told["more"] == "and 1 more"


@pytest.mark.parametrize(
    "quiet",
    [
        {"acknowledged_at": "2026-11-20T12:00:00.000Z", "acknowledged_by": "ana"},
        {"silenced_until": "2026-11-20T14:00:00.000Z"},
        {"inhibited_by": "worker_silent"},
        {"state": "recovering"},
        {"severity": "warning"},
    ],
)
def test_what_is_taken_up_silenced_or_not_critical_is_told_and_does_not_take_over(quiet):
    told = snapshot.alert([alert("channel_closed", **quiet)])
    assert told["takes_over"] is False
    assert told["title"]


def test_an_alert_of_another_location_is_nothing_to_the_wall_of_one():
    theirs = alert("channel_closed", filters={"location": "recife"})
    assert snapshot.alert([theirs], "sp") is None
    with translation.override("en"):
        assert snapshot.alert([theirs])["title"] == "WhatsApp is disconnected · Location: recife"
    assert snapshot.alert([theirs, alert("figures_differ", "warning")], "sp")["id"] == "figures_differ"
    assert snapshot.alert([theirs], "recife")["takes_over"] is True


def test_without_alerts_there_is_none():
    assert snapshot.alert([]) is None


def test_the_number_of_queries_does_not_grow_with_the_issues():
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            snapshot.build(Look(), NOW)
        return len(asked)

    few = queries()
    some_hours()
    assert queries() <= few + 2
    for _ in range(10):
        make.issue(at=NOW - timedelta(minutes=7))
    assert queries() <= few + 2
    assert few < 50
