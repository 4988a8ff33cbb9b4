"""Whose turn it is: critical first, every location in turn, and nobody too late."""

from datetime import timedelta

import pytest
from django.utils import timezone

from issues import claim as claiming
from issues.claim import claim
from issues.models import Policy, Response
from issues.models.response import State
from mis_dashboard.lib.ids import uuid7
from tests.support import make

pytestmark = pytest.mark.django_db


def waiting(location="loc1", priority="medium", seconds=120, **changes) -> Response:
    """A response that fell due a moment ago, with its deadline in `seconds`."""
    now = timezone.now()
    issue = make.issue(at=now, location=location, priority=priority)
    return make.response(issue, at=now, location=location, deadline_at=now + timedelta(seconds=seconds), **changes)


def claims(n: int) -> list[Response]:
    return [claimed.response for claimed in (claim(uuid7()) for _ in range(n)) if claimed]


def places(n: int) -> None:
    Policy.objects.update(max_parallel=n)


def test_critical_goes_first_then_the_nearest_deadline():
    late, soon, critical = waiting(seconds=200), waiting(seconds=100), waiting(priority="critical", seconds=300)
    assert claims(3) == [critical, soon, late]


def test_a_place_is_kept_for_critical():
    places(5)
    for _ in range(6):
        waiting()
    assert len(claims(6)) == 4
    critical = waiting(priority="critical")
    assert claims(2) == [critical]


def test_the_kept_place_is_found_by_a_critical_one_behind_others_that_were_moved_up():
    places(2)
    [waiting(rank=0, seconds=30 + n) for n in range(3)]
    assert len(claims(2)) == 1
    critical = waiting(priority="critical", seconds=100)
    assert claims(2) == [critical]


def test_a_single_place_is_everybodys():
    places(1)
    first = waiting()
    assert claims(2) == [first]


def test_locations_take_turns_however_many_wait_at_one():
    places(64)
    flood = [waiting("flood", seconds=60 + n) for n in range(6)]
    other = [waiting("other", seconds=600 + n) for n in range(2)]
    assert claims(5) == [flood[0], other[0], flood[1], other[1], flood[2]]


def test_while_others_are_at_work_a_flood_leaves_a_place_for_them():
    places(5)
    for _ in range(6):
        waiting("flood")
    make.issue(at=timezone.now(), location="other")
    assert len(claims(6)) == 3
    newcomer = waiting("other")
    assert claims(2) == [newcomer]


def test_what_would_come_too_late_is_answered_without_thought_though_all_places_are_taken():
    places(1)
    thought_about = waiting()
    late = waiting(seconds=2)
    first, second = claims(3)
    assert (first, first.state, second, second.state) == (thought_about, State.THINKING, late, State.WRITING)


def test_what_would_come_too_late_takes_no_place():
    places(1)
    waiting(seconds=2)
    assert [response.state for response in claims(1)] == [State.WRITING]
    thought_about = waiting()
    assert claims(2) == [thought_about]


def test_words_that_stand_already_need_no_place():
    places(1)
    waiting()
    human = waiting(kind="human", text="Oi, aqui é a Ana")
    [first] = claims(1)
    assert (first, first.state) == (human, State.WRITING)
    [second] = claims(2)
    assert second.state == State.THINKING


def test_a_template_sets_out_the_earlier_the_more_of_them_wait(monkeypatch, settings):
    settings.WORKERS = 1
    quiet = claiming.current_pace().lead_s
    for _ in range(3 * claiming.SENDERS):
        waiting(seconds=50)
    claiming.current_pace.forget()
    # Three more rounds of sends, of 1.5 s each.
    assert claiming.current_pace().lead_s == quiet + 3 * claiming.FIRST_GUESS_S


def test_sends_are_judged_by_how_long_they_took_lately():
    now = timezone.now()
    for _ in range(3):
        issue = make.issue(at=now)
        sent = {"state": "sent", "text": "Oi", "kind": "ai", "delivery": "sending", "sent_at": now}
        make.response(issue, spoken_at=now - timedelta(seconds=4), **sent)
    assert claiming.current_pace().speaking_s == 4


def test_a_low_one_is_moved_up_shortly_before_its_deadline():
    low, later = waiting(priority="low", seconds=19), waiting(priority="low", seconds=25)
    assert claiming.promote(timezone.now()) == 1
    low.refresh_from_db()
    later.refresh_from_db()
    assert (low.rank, later.rank) == (0, 3)


def test_a_follow_up_waits_until_there_is_a_model_to_ask():
    waiting(purpose="follow_up", rank=4, seconds=500)
    assert claim(uuid7(), thinks=False) is None
    assert claim(uuid7(), thinks=True)


def test_a_follow_up_that_waited_too_long_is_claimed_to_be_given_up():
    waiting(purpose="follow_up", rank=4, seconds=-1)
    assert claim(uuid7(), thinks=False)


def test_the_conversation_comes_along_in_order_and_without_surveys():
    response = waiting()
    issue = response.issue
    issue.messages.create(turn=1, text="Oi", sent_at=make.NOW)
    make.response(issue, turn=2, state="sent", text="De 1 a 5?", kind="template", purpose="survey", sent_at=make.NOW)
    make.response(issue, turn=3, state="sent", text="Olá!", kind="ai", sent_at=make.NOW + timedelta(seconds=5))
    issue.messages.create(turn=4, text="E agora?", sent_at=make.NOW + timedelta(seconds=9))
    said = [("customer", "Oi"), ("us", "Olá!"), ("customer", "E agora?")]
    claimed = claim(uuid7())
    assert claimed.conversation == said
    assert claimed.response.issue == issue
    assert claimed.response.issue.customer == issue.customer
    assert claimed.response.issue.metadata == {}


def test_a_claim_costs_two_round_trips(django_assert_num_queries):
    waiting()
    claiming.current_pace()
    with django_assert_num_queries(1):  # and the pipeline of lock and claim, which Django does not count
        claim(uuid7())
