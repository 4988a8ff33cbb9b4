"""What WhatsApp tells of our own messages, in every order in which it may arrive."""

from datetime import timedelta
from itertools import permutations

import pytest
from django.utils import timezone

from issues import deliver, escalate, jobs, look, queries, receipts
from issues.channels.base import Sent, Unsure
from issues.claim import claim
from issues.models import Action, Issue, Response
from issues.models.response import Delivery
from mis_dashboard.lib.ids import uuid7
from mis_dashboard.models import Job
from tests.support import make

pytestmark = pytest.mark.django_db

ANA, TEXT, ID = "+5531988887777", "Olá, Ana!  Já vi:\n o seu acesso voltou.", "3EB0AAAA"


class Line:
    """A channel that does what a test says at the moment when our words are on their way."""

    def __init__(self, meanwhile):
        self.meanwhile, self.said = meanwhile, []

    def send_text(self, phone, text):
        self.said.append(text)
        return self.meanwhile()


@pytest.fixture
def speaks(monkeypatch):
    """Says TEXT to Ana; `meanwhile` happens on the way, and is the channel's answer."""

    def speak(meanwhile):
        now = timezone.now()
        customer = make.customer(phone=ANA, location="")
        make.response(make.issue(at=now, customer=customer), at=now)
        response = claim(uuid7()).response
        monkeypatch.setattr("issues.channels.channel", lambda: Line(meanwhile))
        deliver.deliver(response, deliver.Draft(TEXT, Response.Kind.AI))
        response.refresh_from_db()
        return response

    return speak


def hears(**changes) -> bool:
    facts = {"phone": ANA, "lid": None, "text": TEXT, "channel_id": ID, "at": timezone.now()}
    return receipts.overheard(**(facts | changes))


def cut_off():
    raise Unsure("The line broke", "cut_off")


def unsure(speaks) -> Response:
    response = speaks(cut_off)
    assert (response.state, response.channel_id) == ("unsure", None)
    return response


def now_is(response: Response) -> tuple:
    response.refresh_from_db()
    return response.state, response.channel_id, response.delivery


# --- That it went out -------------------------------------------------------------------------


def test_an_answer_of_which_we_were_unsure_was_heard_when_whatsapp_tells_of_it(speaks):
    response = unsure(speaks)
    assert hears()
    assert now_is(response) == ("sent", ID, "sending")
    assert (response.sent_at, Issue.objects.get().first_response_at) == (response.spoken_at, response.spoken_at)
    assert list(Action.objects.values_list("kind", flat=True)) == ["replied", "unsure"]


@pytest.mark.parametrize("phone", [ANA, "+553188887777"])
def test_it_is_found_by_either_form_of_the_number_and_whatever_became_of_the_blanks(speaks, phone):
    response = unsure(speaks)
    assert hears(phone=phone, text="Olá, Ana! Já vi: o\u00a0seu acesso voltou.\n")
    assert now_is(response)[0] == "sent"


@pytest.mark.parametrize(
    "other",
    [
        {"phone": "+5511900000001"},
        {"text": "Olá, Ana!"},
        {"phone": None, "lid": "9@lid"},
        {"at": timezone.now() - timedelta(hours=1)},
    ],
)
def test_somebody_elses_words_are_not_taken_for_ours(speaks, other):
    response = unsure(speaks)
    assert not hears(**other)
    assert now_is(response)[0] == "unsure"


def test_the_same_words_to_the_same_phone_twice_are_left_to_looking(speaks):
    first, second = unsure(speaks), make.response(make.issue(), state="speaking", text=TEXT, kind="ai")
    Response.objects.filter(pk=second.pk).update(spoken_to=ANA, spoken_at=timezone.now())
    assert not hears()
    assert (now_is(first)[1], now_is(second)[1]) == (None, None)


def test_an_answer_that_was_told_before_it_was_accepted_is_recorded_once(speaks):
    def accepted():
        assert hears()
        assert Response.objects.get().state == "speaking"
        return Sent(ID)

    assert now_is(speaks(accepted)) == ("sent", ID, "sending")
    assert hears()
    assert list(Action.objects.values_list("kind", flat=True)) == ["replied"]


def test_when_the_line_breaks_after_it_was_told_it_is_adopted_without_asking(speaks):
    def broken():
        hears()
        cut_off()

    response = speaks(broken)
    assert now_is(response)[:2] == ("unsure", ID)
    job = Job.objects.get(name="look")
    jobs.look(*job.args)  # the channel of this test cannot be asked
    assert now_is(response) == ("sent", ID, "sending")
    assert response.sent_at == response.spoken_at


def test_what_is_overheard_while_whatsapp_is_searched_is_not_said_again(speaks, monkeypatch):
    response = unsure(speaks)
    monkeypatch.setattr(receipts, "_adopt", lambda response_id: None)  # killed between the two statements

    class Channel:
        def find_sent(self, *_, **__):
            assert hears()

    monkeypatch.setattr(look.channels, "channel", Channel)
    look.look(response.pk, 1)
    assert now_is(response)[:2] == ("unsure", ID)
    job = Job.objects.filter(name="look").latest("id")
    jobs.look(*job.args)
    assert now_is(response)[0] == "sent"


def test_the_acceptance_counts_when_another_program_has_said_the_same(speaks):
    def accepted():
        hears(channel_id="3EB0PROGRAM")
        return Sent(ID)

    assert now_is(speaks(accepted))[1] == ID


def test_a_text_that_is_only_overheard_is_not_taken_for_known_when_it_is_looked_for(speaks):
    def broken():
        hears()
        cut_off()

    response = speaks(broken)
    assert queries.channel_ids(response.issue.customer) == []
    hears()
    assert queries.channel_ids(response.issue.customer) == [ID]


def test_the_ordinary_way_costs_one_statement(speaks, django_assert_num_queries):
    def accepted():
        with django_assert_num_queries(1):
            hears()
        return Sent(ID)

    speaks(accepted)
    with django_assert_num_queries(1):
        hears()


def test_whom_we_turned_to_by_phone_is_known_by_the_hidden_id_from_then_on(speaks):
    response = speaks(lambda: Sent(ID))
    assert hears(phone=None, lid="9@lid")
    response.issue.customer.refresh_from_db()
    assert response.issue.customer.lid == "9@lid"
    assert queries.phone_behind("9@lid") == ANA


# --- What became of it ------------------------------------------------------------------------


def tell(status: str) -> bool:
    """A receipt arrives: by the webhook, and then by its job for as long as nobody knows the message."""
    return receipts.receipt(ID, Delivery(status), timezone.now())


@pytest.mark.parametrize("order", list(permutations(["told", "delivered", "looked"])), ids=" ".join)
def test_whatever_comes_first_an_unsure_answer_that_was_delivered_is_delivered(speaks, order):
    response = unsure(speaks)
    steps = {"told": hears, "delivered": lambda: tell("delivered"), "looked": lambda: look.look(response.pk, 0)}
    for step in [*order, "told", "delivered"]:
        if step != "looked" or Response.objects.get().channel_id:  # the channel of this test cannot be asked
            steps[step]()
    assert now_is(response) == ("sent", ID, "delivered")
    kinds = list(Action.objects.values_list("kind", flat=True))
    assert sorted(kinds) == ["delivered", "replied", "unsure"]


def test_a_receipt_proves_that_what_was_overheard_went_out(speaks):
    def broken():
        hears()
        cut_off()

    response = speaks(broken)
    assert tell("read")
    assert now_is(response) == ("sent", ID, "read")


def test_a_receipt_that_is_faster_than_the_acceptance_waits_for_it(speaks):
    def accepted():
        hears()
        assert tell("delivered") is False
        return Sent(ID)

    response = speaks(accepted)
    assert now_is(response)[2] == "sending"
    assert tell("delivered")
    assert now_is(response)[2] == "delivered"


def test_what_whatsapp_refuses_afterwards_is_handed_over_also_when_it_was_adopted(speaks):
    response = unsure(speaks)
    hears()
    assert tell("failed")
    assert tell("failed")
    assert now_is(response)[2] == "failed"
    assert Issue.objects.get().escalation_reason == escalate.NOT_DELIVERED
    assert Action.objects.filter(kind="failed").count() == 1


def test_a_receipt_of_an_answer_that_was_found_by_looking_is_applied(box):
    now = timezone.now()
    make.response(make.issue(at=now, customer=make.customer(phone=ANA)), at=now)
    response = claim(uuid7()).response
    box.set_evolution(drop_after=1)
    deliver.deliver(response, deliver.Draft(TEXT, Response.Kind.AI))
    box.set_evolution(drop_after=0)
    [heard] = box.sent
    jobs.receipt(heard.id, "read", now.isoformat())
    again = Job.objects.get(name="receipt")
    look.look(response.pk, 0)
    jobs.receipt(*again.args)
    assert now_is(response) == ("sent", heard.id, "read")
    assert response.sent_at == response.delivered_at == response.read_at == response.spoken_at


def receipt_jobs() -> list[int]:
    return [job.args[3] for job in Job.objects.filter(name="receipt")]


def test_a_strangers_receipt_is_dropped_after_two_minutes():
    jobs.receipt(ID, "read", timezone.now().isoformat(), 2)
    assert receipt_jobs() == [3]
    jobs.receipt(ID, "read", timezone.now().isoformat(), 3)
    assert receipt_jobs() == [3]


def test_while_anything_is_unsure_a_receipt_waits_for_as_long_as_looking_takes(speaks):
    unsure(speaks)
    jobs.receipt(ID, "read", timezone.now().isoformat(), 3)
    jobs.receipt(ID, "read", timezone.now().isoformat(), 4)
    jobs.receipt(ID, "read", timezone.now().isoformat(), 5)
    assert receipt_jobs() == [4, 5]
    assert sum(jobs.RECEIPT_WAITS, timedelta()) > look.GIVE_UP_AFTER
