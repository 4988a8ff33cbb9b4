"""How the line to WhatsApp stands, and what waits for it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from issues import deliver, jobs, line, queries
from issues.claim import claim
from issues.models import Action, ChannelState, InboundEvent, Response
from mis_dashboard.lib import recent
from mis_dashboard.lib.ids import uuid7
from tests.support import make
from tests.support.make import NOW

pytestmark = pytest.mark.django_db

OURS = "mis-demo"


@pytest.fixture(autouse=True)
def _our_instance(settings):
    settings.EVOLUTION_INSTANCE = OURS


def says(text: str = "Olá!", kind=Response.Kind.AI, **changes) -> Response:
    now = timezone.now()
    make.response(make.issue(at=now), at=now, **changes)
    response = claim(uuid7()).response
    deliver.deliver(response, deliver.Draft(text, kind))
    response.refresh_from_db()
    return response


def test_a_state_is_kept_with_the_moment_when_it_began():
    for minutes, state in enumerate(["open", "open", "connecting", "close", "close"]):
        line.told(OURS, state, NOW + timedelta(minutes=minutes))
    assert queries.channel_state() == queries.Line(
        "close", NOW + timedelta(minutes=3), NOW + timedelta(minutes=4), "not_connected"
    )


def test_the_line_of_another_instance_is_not_ours():
    line.told("another", "close", timezone.now())
    assert not line.is_closed()
    assert queries.channel_state() == queries.Line("unknown")


def test_it_costs_one_query_to_say_that_all_is_well(django_assert_num_queries):
    line.told(OURS, "open", NOW)
    with django_assert_num_queries(1):
        assert queries.channel_state().reason == ""


def test_an_unknown_state_says_what_the_set_up_lacks(box, settings):
    settings.EVOLUTION_API_KEY = "wrong"
    response = says()
    assert response.state == "handed_over"
    jobs.probe_channel()
    assert queries.channel_state().reason == "unauthorized"
    assert queries.channel_state().state == "unknown"


def test_it_is_asked_each_minute_and_changes_are_noted(box):
    box.set_evolution(closed=True)
    jobs.probe_channel()
    assert ChannelState.objects.get().state == "close"
    box.set_evolution(closed=False)
    jobs.probe_channel()
    assert ChannelState.objects.get().state == "open"


def test_nobody_is_asked_while_whatsapp_is_not_configured():
    jobs.probe_channel()
    assert not ChannelState.objects.exists()


# --- While it is down ---------------------------------------------------------------------------


def test_while_the_line_is_known_to_be_down_nothing_is_tried_and_the_words_wait(box):
    line.told(OURS, "close", timezone.now())
    response = says()
    assert (response.state, response.text, response.failure) == ("waiting", "Olá!", "not_connected")
    assert response.due_at > timezone.now()
    assert not box.sent
    failed = Action.objects.get()
    assert (failed.kind, failed.detail) == ("failed", {"code": "not_connected", "again": True})


def test_after_ten_minutes_without_a_line_a_person_is_called_and_not_before(box):
    for minutes, ends in [(9.9, "waiting"), (10.1, "handed_over")]:
        line.told(OURS, "close", timezone.now())
        began = timezone.now() - timedelta(minutes=minutes)
        assert says(created_at=began).state == ends


def test_what_a_person_wrote_is_tried_all_the_same(box):
    line.told(OURS, "close", timezone.now())
    assert says(kind=Response.Kind.HUMAN).state == "sent"


def test_what_was_heard_of_the_line_is_believed_for_two_minutes(box):
    line.told(OURS, "close", timezone.now() - timedelta(seconds=121))
    assert says().state == "sent"


@pytest.mark.parametrize("state", ["connecting", "unknown", "open"])
def test_any_other_state_is_tried(box, state):
    line.told(OURS, state, timezone.now())
    assert says().state == "sent"


def test_when_the_line_is_back_what_waits_for_it_is_said_at_once(box):
    line.told(OURS, "close", timezone.now())
    response = says()
    line.told(OURS, "open", timezone.now())
    assert jobs.answer_next()
    response.refresh_from_db()
    assert (response.state, [m.text for m in box.sent]) == ("sent", ["Olá!"])


def test_no_worker_goes_by_what_was_true_a_second_ago():
    line.told(OURS, "close", timezone.now())
    assert line.is_closed()
    line.told(OURS, "open", timezone.now())
    assert not line.is_closed()


def test_what_is_not_due_for_another_reason_stays_so():
    line.told(OURS, "close", NOW)
    later = NOW + timedelta(hours=1)
    debounced = make.response(make.issue(), due_at=later)
    slowed = make.response(make.issue(), due_at=later, failure="slow_down")
    cut_off = make.response(make.issue(), due_at=later, failure="unreachable")
    line.told(OURS, "open", NOW + timedelta(minutes=1))
    due = {r.pk: r.due_at for r in Response.objects.all()}
    assert (due[debounced.pk], due[slowed.pk], due[cut_off.pk]) == (later, later, NOW + timedelta(minutes=1))


def test_a_line_that_stays_open_wakes_nobody():
    line.told(OURS, "open", NOW)
    later = make.response(make.issue(), due_at=NOW + timedelta(hours=1), failure="not_connected")
    line.told(OURS, "open", NOW + timedelta(minutes=1))
    later.refresh_from_db()
    assert later.due_at == NOW + timedelta(hours=1)


def test_while_it_is_up_asking_costs_nothing(django_assert_num_queries):
    line.told(OURS, "open", timezone.now())
    with django_assert_num_queries(1):
        for _ in range(50):
            assert not line.is_closed()
    recent.forget()
    with django_assert_num_queries(1):
        line.is_closed()


# --- What was said meanwhile ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "back", "unheard"),
    [
        (-50, -1, True),  # after the last that we heard, before it came back
        (-70, -1, False),  # heard then, if it was said then
        (-0.5, -1, False),  # after it was back
        (-50, -61, False),  # it has long been back
    ],
)
def test_what_was_said_while_the_line_was_down_was_not_heard(said, back, unheard):
    InboundEvent.objects.create(
        source="evolution", key="k", kind="messages.upsert", payload={}, received_at=NOW - timedelta(minutes=60)
    )
    line.told(OURS, "open", NOW + timedelta(minutes=back))
    assert line.was_cut_off(NOW + timedelta(minutes=said), NOW) is unheard


def test_a_number_that_is_paired_for_the_first_time_has_missed_nothing():
    line.told(OURS, "open", NOW)
    assert not line.was_cut_off(NOW - timedelta(hours=1), NOW)


def test_what_lies_days_back_is_history_however_long_the_line_was_down():
    received_at = NOW - timedelta(days=5)
    InboundEvent.objects.create(
        source="evolution", key="k", kind="messages.upsert", payload={}, received_at=received_at
    )
    line.told(OURS, "open", NOW)
    assert line.was_cut_off(NOW - timedelta(hours=47), NOW)
    assert not line.was_cut_off(NOW - timedelta(hours=49), NOW)


def test_an_unfamiliar_version_is_said_once_an_hour(box, monkeypatch, caplog):
    jobs.probe_channel()
    assert not [r for r in caplog.records if "written for" in r.getMessage()]
    recent.forget()
    monkeypatch.setattr("issues.channels.evolution.client.FAMILIAR", ("9.",))
    jobs.probe_channel()
    jobs.probe_channel()
    assert [r.getMessage() for r in caplog.records if "written for" in r.getMessage()] == [
        "Evolution 2.3.7 is not a version that MIS was written for: use 2.3.7."
    ]
