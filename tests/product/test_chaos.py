"""Everything is killed while webhooks arrive: what was accepted is answered, once. `make chaos` does the same in large."""

from collections import Counter

import pytest

from tests.support.books import Entry, judge
from tests.support.chaos import Plan, longest_gap_s, run
from tests.support.family import EVERYBODY
from tests.support.letters import Letter
from tests.support.outside import Said

pytestmark = pytest.mark.timeout(400)


# Whoever hangs is waited for, which is left to `make chaos`.
TROUBLE = {"drop_before": 0.04, "drop_after": 0.04, "accept_then_400": 0.03}


@pytest.mark.parametrize("seed", [19])
def test_whatever_dies_every_accepted_event_is_answered_once(seed):
    report = run(Plan(seed, count=120, rate=10, kills=1, settle_s=150, trouble=TROUBLE))
    assert report.kills == Counter(EVERYBODY)
    assert report.verdict.good, "\n".join([str(report.verdict), *report.timelines])
    assert report.verdict.accepted == 120
    assert report.verdict.answered >= 120 - len(report.verdict.uncertain)


# --- The judge himself --------------------------------------------------------------------------


def letter(phone: str, status: int = 200, posted_at: float = 100.0) -> Letter:
    return Letter(phone=phone, status=status, posted_at=posted_at)


def entry(phone: str, **changes) -> Entry:
    return Entry(
        **(
            {
                "phone": phone,
                "issue": f"issue {phone}",
                "purpose": "reply",
                "state": "sent",
                "spoken": True,
                "reason": "",
            }
            | changes
        )
    )


def said(phone: str, *texts: str) -> dict[str, list[Said]]:
    return {phone: [Said(phone, text, 101.0 + number) for number, text in enumerate(texts)]}


def test_one_message_to_each_is_good():
    verdict = judge([letter("1"), letter("2")], said("1", "Oi") | said("2", "Oi"), [entry("1"), entry("2")])
    assert (verdict.accepted, verdict.answered, verdict.good) == (2, 2, True)


def test_an_accepted_event_without_a_message_is_lost():
    verdict = judge([letter("1")], {}, [entry("1", state="waiting", spoken=False)])
    assert (verdict.lost, verdict.good) == (["issue 1"], False)


def test_the_same_words_twice_are_twice():
    assert judge([letter("1")], said("1", "Oi", "Oi"), [entry("1"), entry("1", purpose="follow_up")]).twice == [
        "issue 1"
    ]


def test_more_messages_than_the_product_knows_of_are_twice():
    assert judge([letter("1")], said("1", "Oi", "Olá"), [entry("1")]).twice == ["issue 1"]


def test_two_replies_to_one_message_are_twice():
    assert judge([letter("1")], said("1", "Oi", "Olá"), [entry("1"), entry("1")]).twice == ["issue 1"]


def test_a_template_and_its_follow_up_are_not_twice():
    verdict = judge([letter("1")], said("1", "Oi", "Olá"), [entry("1"), entry("1", purpose="follow_up")])
    assert (verdict.twice, verdict.good) == ([], True)


def test_what_the_product_does_not_know_is_uncertain_and_not_lost():
    entries = [
        entry("1", state="unsure"),
        entry("2", state="handed_over", reason="An answer may or may not have reached the customer"),
    ]
    verdict = judge([letter("1"), letter("2")], {}, entries)
    assert (verdict.uncertain, verdict.lost) == (["issue 1", "issue 2"], [])


def test_an_uncertain_answer_that_was_heard_twice_is_still_twice():
    verdict = judge([letter("1")], said("1", "Oi", "Oi"), [entry("1", state="unsure")])
    assert (verdict.uncertain, verdict.twice, verdict.good) == (["issue 1"], ["issue 1"], False)


def test_what_was_handed_to_a_person_before_it_was_said_is_lost():
    assert judge(
        [letter("1")], {}, [entry("1", state="handed_over", spoken=False, reason="MIS could not prepare an answer")]
    ).lost == ["issue 1"]


def test_an_event_that_was_not_taken_is_nobodys_fault_but_one_refused_is():
    verdict = judge([letter("1", status=429), letter("2", status=0)], {}, [])
    assert (verdict.accepted, verdict.good) == (0, True)
    assert not judge([letter("1", status=500)], {}, []).good


def test_a_gap_counts_only_while_somebody_waits():
    # 1 waits from 100 to 101, nobody until 150, 2 and 3 wait from 150 on; answers at 153 and 160.
    letters = [letter("1"), letter("2", posted_at=150.0), letter("3", posted_at=150.0)]
    heard = {phone: [Said(phone, "Oi", at)] for phone, at in (("1", 101.0), ("2", 153.0), ("3", 160.0))}
    assert longest_gap_s(letters, heard) == 7.0
