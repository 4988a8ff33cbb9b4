from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from issues import breaker
from issues.ai.base import Blocked, Busy, Late, Misconfigured, ModelGone, Unavailable, Unusable
from issues.models import AICall, Breaker, PromptVersion
from tests.support import make

pytestmark = pytest.mark.django_db
M = "gemini-x"


def fail(times: int = 1, error=None) -> None:
    for _ in range(times):
        breaker.failed(M, error or Late("late"))


def pass_by(seconds: float) -> None:
    Breaker.objects.update(
        probed_at=F("probed_at") - timedelta(seconds=seconds), busy_until=F("busy_until") - timedelta(seconds=seconds)
    )
    breaker._states.forget()


def test_an_unknown_model_is_asked():
    assert breaker.may_ask(M)
    assert breaker.is_closed(M)


def test_three_failures_in_a_row_and_a_model_is_left_alone():
    fail(2)
    assert breaker.may_ask(M)
    fail()
    assert not breaker.may_ask(M)
    assert not breaker.is_closed(M)


def test_an_answer_in_between_begins_the_count_anew():
    fail(2)
    assert breaker.worked(M) is False
    fail(2)
    assert breaker.may_ask(M)


@pytest.mark.parametrize("error", [Unavailable("x"), Unusable("cut", "x"), Busy("x"), Late("x")])
def test_these_count_as_failures(error):
    fail(3, error)
    assert not breaker.may_ask(M)


def test_what_is_refused_for_its_content_says_nothing_about_the_model():
    fail(5, Blocked("x"))
    assert not Breaker.objects.exists()


def test_one_question_every_thirty_seconds_tries_whether_it_is_there_again():
    fail(3)
    pass_by(29)
    assert not breaker.may_ask(M)
    assert not breaker.may_probe(M)
    pass_by(1)
    assert breaker.may_probe(M)
    assert [breaker.may_ask(M) for _ in range(3)] == [True, False, False]
    fail()
    assert not breaker.may_ask(M)
    pass_by(30)
    assert breaker.may_ask(M)
    assert breaker.worked(M) is True
    assert breaker.is_closed(M)


@pytest.mark.parametrize("error", [Misconfigured("x"), ModelGone("x")])
def test_what_no_repetition_cures_opens_it_at_once_and_is_kept_as_the_reason(error):
    fail(1, error)
    assert not breaker.may_ask(M)
    assert Breaker.objects.get().reason == error.outcome


def test_a_pause_that_was_asked_for_is_kept_and_is_no_failure():
    fail(5, Busy("x", retry_after_s=27))
    assert not breaker.may_ask(M)
    assert 26 < breaker.busy_for_s(M) <= 27
    pass_by(28)
    assert breaker.may_ask(M)
    assert Breaker.objects.get().failures == 0


def test_a_model_is_judged_by_its_recent_calls():
    response = make.response(make.issue())
    call = {"response": response, "prompt": PromptVersion.objects.first(), "model": M, "outcome": "answered"}
    now = timezone.now()
    assert breaker.usual_s(M) == breaker.FIRST_GUESS_S
    AICall.objects.create(**call, latency_s=99, started_at=now - timedelta(minutes=16))
    for latency_s in (1, 1, 1, 1, 6):
        AICall.objects.create(**call, latency_s=latency_s, started_at=now)
    breaker.usual_s.forget()
    assert breaker.usual_s(M) == pytest.approx(4)  # at nine tenths of five: 1 + 0.6 × (6 − 1)


def test_a_model_that_is_well_costs_no_query_each_time(django_assert_num_queries):
    breaker.may_ask(M)
    with django_assert_num_queries(0):
        assert breaker.may_ask(M)
        assert breaker.worked(M) is False
