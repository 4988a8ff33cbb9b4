"""The outbox, and what each outlet makes of it: everything arrives once and in order, whatever the other side does."""

import hashlib
import hmac
import json
import smtplib
import threading
import time
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace

import httpx
import pytest
from django.core import mail
from django.db import InterfaceError, OperationalError, connections
from django.utils import timezone

from metrics.alerts import tell
from metrics.models import AlertRule, Incident, Notice, Outlet, OutletState
from metrics.notify import base, email, letters, send, slack, webhook
from mis_dashboard.models import Process
from mis_dashboard.sandbox.thread import SandboxThread

SECRET = "http://127.0.0.1:1/services/T/B/secret"


@pytest.fixture(autouse=True)
def _addresses(settings, monkeypatch):
    settings.SLACK_WEBHOOK_URL = SECRET
    settings.PUBLIC_URL = "https://mis.example.com"
    monkeypatch.setattr(send, "APART", {})


@pytest.fixture
def rule(db):
    made, _new = AlertRule.objects.get_or_create(
        code="whatsapp_failing", signal="whatsapp_failures",
        defaults={"threshold": 0.05, "severity": "critical", "window_s": 3600, "shipped": True},
    )  # fmt: skip
    return made


def incident(rule, **changes) -> Incident:
    now = timezone.now()
    given = {"cause": "condition", "severity": rule.severity, "began_at": now, "fired_at": now, "resolved_at": now}
    return Incident.objects.create(rule=rule, **(given | {"worst": 0.12, "value": 0.08, "n": 34} | changes))


def notice(rule, kind="firing", outlet="slack", of=None, **changes) -> Notice:
    of = of or incident(rule)
    facts = tell._facts(rule, timezone.now()) | tell._of(of)
    key = f"{of.pk}:{outlet}:{kind}"
    return Notice.objects.create(rule=rule, incident=of, outlet=outlet, kind=kind, key=key, facts=facts, **changes)


class Ear:
    """A stand-in outlet: hears letters, and answers with what is next in `answers`, which is nothing when all is well."""

    def __init__(self, monkeypatch, outlet="slack"):
        self.heard, self.answers = [], []
        monkeypatch.setitem(send.SENDERS, Outlet(outlet), self)

    def __call__(self, letter):
        answer = self.answers.pop(0) if self.answers else None
        if answer is None or isinstance(answer, base.Unsure):
            self.heard.append((letter.kind, letter.key))
        if answer:
            raise answer


@pytest.fixture
def ear(monkeypatch):
    return Ear(monkeypatch)


class FixedClock:
    """The only time that the sender knows."""

    def __init__(self):
        self.now = timezone.now()

    def run(self, seconds: int, step, every: int = 1):
        for _ in range(0, seconds, every):
            self.now += timedelta(seconds=every)
            step()

    def sleep(self, seconds: float):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch):
    made = FixedClock()
    monkeypatch.setattr(send, "timezone", SimpleNamespace(now=lambda: made.now))
    monkeypatch.setattr(send, "time", SimpleNamespace(sleep=made.sleep, monotonic=lambda: made.now.timestamp()))
    return made


def due_now():
    """As if all pauses were over."""
    Notice.objects.filter(state="waiting").update(due_at=timezone.now())
    OutletState.objects.update(resume_at=None)


def work_until_quiet(rounds: int = 10):
    for _ in range(rounds):
        due_now()
        send.work("slack")


def states() -> list[str]:
    return list(Notice.objects.order_by("id").values_list("state", flat=True))


class TestTheOutbox:
    def test_what_is_due_is_said_once_in_order(self, rule, ear):
        one = incident(rule)
        first, last = notice(rule, of=one), notice(rule, "resolved", of=one)
        send.work("slack")
        send.work("slack")
        assert ear.heard == [("firing", first.key), ("resolved", last.key)]
        assert states() == ["sent", "sent"]

    def test_what_is_not_due_waits(self, rule, ear):
        notice(rule, due_at=timezone.now() + timedelta(hours=1))
        send.work("slack")
        assert ear.heard == []

    def test_the_end_waits_for_the_beginning_and_other_incidents_do_not(self, rule, ear):
        one = incident(rule)
        notice(rule, of=one, due_at=timezone.now() + timedelta(hours=1))
        notice(rule, "resolved", of=one)
        other = notice(rule)
        send.work("slack")
        assert ear.heard == [("firing", other.key)]

    def test_one_that_always_fails_holds_up_no_other_incident(self, rule, ear):
        bad, good = notice(rule), notice(rule)
        ear.answers = [base.TryLater("500")]
        send.work("slack")
        due_now()
        ear.answers = [None, base.TryLater("500"), base.TryLater("500")]
        send.work("slack")
        assert ear.heard[0] == ("firing", good.key)
        assert Notice.objects.get(pk=bad.pk).attempts > 1

    def test_when_it_is_gone_for_an_hour_everything_arrives_once_and_in_order(self, rule, ear):
        one = incident(rule)
        wanted = [notice(rule, kind, of=one).key for kind in ("firing", "update", "resolved")]
        ear.answers = [base.TryLater("ConnectionRefusedError")] * 25
        work_until_quiet(30)
        assert [key for _kind, key in ear.heard] == wanted

    def test_an_hour_without_slack_is_a_try_a_minute_and_nothing_else_waits(
        self, rule, ear, clock, monkeypatch, settings
    ):
        settings.ALERT_EMAILS = ["ana@example.com"]
        mails, tries = Ear(monkeypatch, "email"), []

        def gone(letter):
            tries.append(clock.now)
            raise base.TryLater("ConnectionRefusedError")

        send.SENDERS[Outlet.SLACK] = gone
        one, begun = incident(rule), clock.now
        keys = [notice(rule, kind, of=one, created_at=begun, due_at=begun).key for kind in ("firing", "resolved")]
        keys.append(notice(rule, created_at=begun, due_at=begun).key)
        notice(rule, outlet="email", created_at=begun, due_at=begun)
        clock.run(3600, lambda: (send.work("slack"), send.work("email")), every=10)
        assert [len(mails.heard), ear.heard] == [1, []]
        assert 55 <= len(tries) <= 75
        assert OutletState.objects.get(outlet="slack").is_failing
        send.SENDERS[Outlet.SLACK] = ear
        clock.run(65, lambda: send.work("slack"))
        assert sorted(key for _kind, key in ear.heard) == sorted(keys)
        assert ear.heard.index(("firing", keys[0])) < ear.heard.index(("resolved", keys[1]))
        assert not OutletState.objects.get(outlet="slack").is_failing

    def test_what_it_asks_for_is_waited_and_no_failure(self, rule, ear):
        notice(rule)
        ear.answers = [base.TryLater("rate_limited", 30.0)]
        send.work("slack")
        state, found = OutletState.objects.get(), Notice.objects.get()
        assert 28 < (state.resume_at - timezone.now()).total_seconds() <= 30
        assert (state.failures, found.attempts, found.state) == (0, 0, "waiting")

    def test_what_is_refused_is_said_no_more_and_neither_is_its_end(self, rule, ear):
        one = incident(rule)
        notice(rule, of=one)
        notice(rule, "resolved", of=one)
        ear.answers = [base.Refused("400")]
        work_until_quiet(2)
        assert ear.heard == []
        assert states() == ["failed", "gave_up"]

    def test_the_end_is_told_where_the_beginning_may_have_been_heard(self, rule, ear):
        one = incident(rule)
        notice(rule, of=one, state="gave_up", maybe_heard=True)
        notice(rule, "resolved", of=one)
        send.work("slack")
        assert [kind for kind, _key in ear.heard] == ["resolved"]

    def test_a_wrong_address_stops_the_outlet_until_it_is_changed(self, rule, ear, settings):
        notice(rule)
        ear.answers = [base.Stopped("404")]
        send.work("slack")
        due_now()
        send.work("slack")
        assert ear.heard == []
        assert (OutletState.objects.get().stopped, OutletState.objects.get().reason) == (True, "404")
        settings.SLACK_WEBHOOK_URL = SECRET + "new"
        send.work("slack")
        assert states() == ["sent"]
        assert not OutletState.objects.get().is_failing

    def test_a_person_can_have_it_tried_again(self, rule, ear):
        notice(rule)
        ear.answers = [base.Stopped("403")]
        send.work("slack")
        send.resume("slack")
        send.work("slack")
        assert states() == ["sent"]

    def test_what_may_have_been_heard_is_said_again_and_says_so(self, rule, ear):
        said = []
        ear.answers = [base.Unsure("RemoteDisconnected")]
        original = ear.__call__
        send.SENDERS[Outlet.SLACK] = lambda letter: (said.append(letter.reference), original(letter))
        notice(rule)
        work_until_quiet(2)
        assert [("possível" in each or "possible repeat" in each) for each in said] == [False, True]
        assert states() == ["sent"]

    def test_a_notice_of_a_day_ago_is_not_news(self, rule, ear):
        old = timezone.now() - timedelta(hours=25)
        notice(rule, created_at=old, due_at=old)
        send.work("slack")
        assert (ear.heard, states()) == ([], ["gave_up"])

    def test_what_still_lasts_is_news_however_old_it_is_and_so_is_its_end(self, rule, ear):
        old = timezone.now() - timedelta(hours=60)
        lasting = incident(rule, began_at=old, fired_at=old, resolved_at=None)
        notice(rule, of=lasting, created_at=old, due_at=old)
        over = incident(rule, began_at=old, fired_at=old)
        notice(rule, of=over, created_at=old, state="sent", sent_at=old)
        notice(rule, "resolved", of=over, created_at=old, due_at=old)
        send.work("slack")
        assert [kind for kind, _key in ear.heard] == ["firing", "resolved"]

    def test_what_was_believed_lost_and_was_heard_after_all_is_not_said_again(self, rule, ear):
        one = notice(rule)
        OutletState.objects.create(outlet="slack", address=send.digest("slack"))
        Notice.objects.update(attempts=1, answer="lost", maybe_heard=True)
        one.attempts = 1
        send.settle(one, base.TryLater("500"), timezone.now())
        assert states() == ["waiting"]
        send.settle(one, None, timezone.now())
        send.work("slack")
        assert (states(), ear.heard) == (["sent"], [])

    def test_where_nothing_is_due_nobody_looks_for_it_again(self, rule, ear, django_assert_num_queries):
        notice(rule, due_at=timezone.now() + timedelta(hours=1))
        with django_assert_num_queries(1):
            send.work("slack")

    def test_what_a_dead_sender_was_saying_is_said_again(self, rule, ear):
        process = Process.objects.create(role="clock", host="h", pid=1, seen_at=timezone.now() - timedelta(seconds=20))
        notice(
            rule, state="sending", attempts=1, claimed_by=process.pk, claimed_at=timezone.now() - timedelta(seconds=20)
        )
        send.work("slack")
        assert len(ear.heard) == 1
        assert Notice.objects.get().maybe_heard

    def test_what_a_living_sender_is_saying_is_left_to_it(self, rule, ear):
        process = Process.objects.create(role="clock", host="h", pid=1, seen_at=timezone.now())
        notice(
            rule, state="sending", attempts=1, claimed_by=process.pk, claimed_at=timezone.now() - timedelta(seconds=50)
        )
        send.work("slack")
        assert ear.heard == []

    def test_an_outlet_is_failing_once_it_has_failed_three_times(self, rule):
        one, state, now = notice(rule), OutletState(outlet="slack"), timezone.now()
        seen = []
        for _ in range(3):
            for name, value in send.outcome(one, state, base.TryLater("500"), now).outlet.items():
                setattr(state, name, value)
            seen.append(state.is_failing)
        assert seen == [False, False, True]
        assert (state.failing_since, state.resume_at) == (now, now + timedelta(seconds=4))

    def test_without_an_address_nothing_is_tried(self, rule, ear, settings):
        settings.SLACK_WEBHOOK_URL = ""
        notice(rule)
        send.work("slack")
        assert ear.heard == []

    def test_a_rule_with_addresses_of_its_own_is_mailed_there(self, rule, settings):
        settings.SLACK_WEBHOOK_URL, settings.ALERT_EMAILS = "", []
        rule.emails = ["bia@example.com", "caio@example.com"]
        rule.save()
        assert tell.outlets(rule) == ["email"]
        assert len(tell.test(rule, timezone.now())) == 1
        send.work("email")
        assert mail.outbox[0].to == ["bia@example.com", "caio@example.com"]

    def test_a_rule_tells_by_its_own_outlets_only(self, rule, settings):
        settings.ALERT_EMAILS = ["ana@example.com"]
        rule.outlets = ["email", "webhook"]
        assert tell.outlets(rule) == ["email"]

    def test_outlets_do_not_wait_for_each_other(self, rule, ear, monkeypatch, settings):
        settings.ALERT_EMAILS = ["ana@example.com"]
        mails = Ear(monkeypatch, "email")
        notice(rule)
        notice(rule, outlet="email")
        ear.answers = [base.Stopped("404")]
        send.work("slack")
        send.work("email")
        assert len(mails.heard) == 1


# --- What is said ----------------------------------------------------------------------------------------


def test_a_letter_says_what_is_wrong_and_what_to_do_and_leads_to_the_rows(rule, settings):
    settings.LANGUAGE_CODE = "en"
    of = incident(rule, link="/performance/delivery_rate?window=1h&as_of=x")
    found = letters.letter(notice(rule, of=of))
    assert found.summary == f"CRITICAL: WhatsApp messages fail [{of.short}]"
    assert dict(found.fields) == {
        "Value": "12.0%",
        "Alert when": "above 5.0%",
        "Over the last": "1\N{NO-BREAK SPACE}h",
        "Cases": "34",
    }
    assert len(found.paragraphs) == 2
    assert found.link == "https://mis.example.com/performance/delivery_rate?window=1h&as_of=x"
    assert of.short in found.reference
    json.dumps(found.data)


def test_an_end_says_how_long_it_lasted_and_an_update_who_has_it(rule, settings, django_user_model):
    settings.LANGUAGE_CODE = "en"
    ana = django_user_model.objects.create_user("ana")
    now = timezone.now()
    of = incident(
        rule,
        began_at=now - timedelta(minutes=5),
        fired_at=now - timedelta(minutes=4),
        resolved_at=now,
        acknowledged_by=ana,
        acknowledged_at=now,
    )
    assert ("It lasted", "5\N{NO-BREAK SPACE}min") in letters.letter(notice(rule, "resolved", of=of)).fields
    assert letters.letter(notice(rule, "update", of=of)).summary.startswith("ana has taken it up: WhatsApp")


def test_a_letter_of_a_rule_that_is_narrowed_down_says_to_what(rule, settings):
    settings.LANGUAGE_CODE = "en"
    rule.location, rule.priority, rule.type = "loc1", "high", "billing"
    found = letters.letter(notice(rule))
    assert dict(found.fields)["Only of"] == "Location: loc1 · Priority: high · Type: billing"
    assert found.data["filters"] == {"location": "loc1", "priority": "high", "type": "billing"}


def letter(**changes) -> base.Letter:
    given = {
        "kind": "firing", "severity": "critical", "title": "Title", "summary": "Summary [abc123]", "fields": [("A", "1 < 2")],
        "paragraphs": ["<!channel> & more"], "link": "https://mis.example.com/performance", "link_text": "Open",
        "reference": "MIS · alert x · incident abc123", "at": "now", "key": "k", "data": {"incident": None, "id": "k"},
    }  # fmt: skip
    return base.Letter(**(given | changes))


def test_no_text_can_call_a_channel_or_break_a_block():
    found = slack.blocks(letter(title="t" * 200, paragraphs=["<!channel> & x", "y" * 4000], fields=[("A", "b")] * 12))
    assert json.dumps(found).count("<!") == 0
    assert len(found[0]["text"]["text"]) == 150
    assert len(found[1]["fields"]) == 10
    assert [len(block["text"]["text"]) <= 3000 for block in found if "text" in block]


# --- Slack's stand-in ------------------------------------------------------------------------------------


@pytest.fixture
def box(settings):
    with SandboxThread() as made:
        settings.SLACK_WEBHOOK_URL = made.environment()["SLACK_WEBHOOK_URL"]
        yield made


class TestSlack:
    def test_a_letter_is_taken(self, box):
        slack.send(letter())
        (post,) = box.slack_posts
        assert post["text"] == "Summary [abc123]"
        assert (post["unfurl_links"], post["blocks"][0]["type"]) == (False, "header")

    def test_without_its_blocks_where_these_are_not_taken(self, box):
        box.set_slack(refuse_blocks=True)
        slack.send(letter())
        (post,) = box.slack_posts
        assert "blocks" not in post
        assert "1 &lt; 2" in post["text"]

    @pytest.mark.parametrize(
        ("status", "error"),
        [(400, base.Refused), (403, base.Stopped), (404, base.Stopped), (410, base.Stopped), (429, base.TryLater), (500, base.TryLater)],
    )  # fmt: skip
    def test_what_is_refused_says_what_to_do(self, box, status, error):
        box.set_slack(status=status, retry_after_s=7)
        with pytest.raises(error) as raised:
            slack.send(letter())
        assert "services" not in str(raised.value)
        assert getattr(raised.value, "after_s", None) == (7 if status == 429 else None)

    def test_a_connection_closed_without_a_word_may_have_been_heard(self, box):
        box.set_slack(drop_after=1)
        with pytest.raises(base.Unsure):
            slack.send(letter())
        assert len(box.slack_posts) == 1

    def test_where_nobody_listens_nothing_was_sent(self, settings):
        with pytest.raises(base.TryLater):
            slack.send(letter())

    def test_no_answer_is_not_known(self, box, monkeypatch):
        monkeypatch.setattr(slack, "TIMEOUT_S", 0.2)
        box.set_slack(accept_then_hang=1, hang_s=1)
        with pytest.raises(base.Unsure, match="no_answer"):
            slack.send(letter())


@pytest.mark.django_db(transaction=True)
def test_what_was_heard_while_the_database_was_away_is_not_said_again(rule, ear, monkeypatch):
    notice(rule)
    settle, away = send.settle, [OperationalError("away"), InterfaceError("away")]

    def shaky(*given):
        if away:
            raise away.pop()
        settle(*given)

    monkeypatch.setattr(send, "SETTLE_AGAIN_S", 0)
    monkeypatch.setattr(send, "settle", shaky)
    send.work("slack")
    send.work("slack")
    assert (states(), len(ear.heard)) == (["sent"], 1)


@pytest.mark.django_db(transaction=True)
class TestLateAnswers:
    @pytest.fixture(autouse=True)
    def _impatient(self, monkeypatch):
        monkeypatch.setattr(send, "PATIENCE_S", 0.2)
        yield
        connections.close_all()

    def test_an_answer_that_comes_late_doubles_nothing_and_holds_up_nobody(self, rule, box):
        box.set_slack(accept_then_hang=1, hang_s=1.5)
        one = incident(rule)
        notice(rule, of=one)
        notice(rule, "resolved", of=one)
        begun = time.monotonic()
        send.work("slack")
        notice(rule)
        send.work("slack")
        assert time.monotonic() - begun < 1.2
        assert len(box.slack_posts) == 2
        deadline = time.monotonic() + 10
        while Notice.objects.exclude(state="sent").exists() and time.monotonic() < deadline:
            send.work("slack")
            time.sleep(0.1)
        assert states() == ["sent"] * 3
        references = [post["blocks"][-1]["elements"][0]["text"] for post in box.slack_posts]
        assert len(references) == 3
        assert not any("repeti" in each or "repeat" in each for each in references)

    def test_two_senders_say_nothing_twice(self, rule, box):
        for _ in range(5):
            notice(rule)

        def one():
            try:
                for _ in range(8):
                    send.work("slack")
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one) for _ in range(2)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        deadline = time.monotonic() + 10
        while Notice.objects.exclude(state="sent").exists() and time.monotonic() < deadline:
            send.work("slack")
            time.sleep(0.1)
        assert (len(box.slack_posts), states()) == (5, ["sent"] * 5)


def test_slack_is_spoken_to_once_a_second(rule, box, monkeypatch):
    monkeypatch.setattr(send, "APART", {Outlet.SLACK: timedelta(seconds=1)})
    for _ in range(3):
        notice(rule)
    send.work("slack")
    assert states() == ["sent"] * 3
    times = list(box._box.slack.times)
    assert all(later - earlier > 0.9 for earlier, later in pairwise(times))


# --- E-mail and the webhook -------------------------------------------------------------------------------


def test_a_mail_goes_to_all_and_says_the_same(rule, settings):
    settings.ALERT_EMAILS = ["ana@example.com", "bia@example.com"]
    of = incident(rule)
    notice(rule, outlet="email", of=of)
    notice(rule, "resolved", outlet="email", of=of)
    send.work("email")
    first, last = mail.outbox
    assert first.to == ["ana@example.com", "bia@example.com"]
    assert of.short in first.subject
    assert last.extra_headers["In-Reply-To"] == first.extra_headers["Message-ID"]


def refused(*codes: int) -> smtplib.SMTPRecipientsRefused:
    return smtplib.SMTPRecipientsRefused({f"{n}@example.com": (code, b"no") for n, code in enumerate(codes)})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(450, 451), base.TryLater),  # a list that new senders wait on
        (refused(450, 550), base.Stopped),
        (refused(550), base.Stopped),
        (smtplib.SMTPSenderRefused(421, b"busy", "mis@example.com"), base.TryLater),
        (smtplib.SMTPSenderRefused(553, b"no", "mis@example.com"), base.Stopped),
        (smtplib.SMTPAuthenticationError(454, b"busy"), base.TryLater),
        (smtplib.SMTPAuthenticationError(535, b"no"), base.Stopped),
        (smtplib.SMTPNotSupportedError("no AUTH"), base.Stopped),
    ],
)
def test_what_a_mail_server_refuses_for_the_moment_is_tried_later(rule, settings, monkeypatch, answer, expected):
    def refuses(_mail):
        raise answer

    settings.ALERT_EMAILS = ["ana@example.com"]
    monkeypatch.setattr(email.EmailMessage, "send", refuses)
    with pytest.raises(expected):
        email.send(letters.letter(notice(rule, outlet="email")))


def answered(monkeypatch, settings, status=200, error=None, **more) -> list[httpx.Request]:
    asked = []

    def answer(request):
        asked.append(request)
        if error:
            raise error
        return httpx.Response(status, **more)

    settings.ALERT_WEBHOOK_URL, settings.ALERT_WEBHOOK_SECRET = "https://example.com/hook", "s3cret"
    monkeypatch.setattr(webhook, "_client", lambda: httpx.Client(transport=httpx.MockTransport(answer)))
    return asked


def test_a_webhook_is_signed(monkeypatch, settings):
    asked = answered(monkeypatch, settings)
    webhook.send(letter())
    at, signature = (part.split("=")[1] for part in asked[0].headers["X-MIS-Signature"].split(","))
    body = asked[0].content
    assert signature == hmac.new(b"s3cret", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert json.loads(body)["id"] == "k"


@pytest.mark.parametrize(
    ("status", "error"), [(400, base.Refused), (401, base.Stopped), (404, base.Stopped), (429, base.TryLater), (503, base.TryLater)]
)  # fmt: skip
def test_a_webhook_that_is_refused_says_what_to_do(monkeypatch, settings, status, error):
    answered(monkeypatch, settings, status, headers={"Retry-After": "9"})
    with pytest.raises(error):
        webhook.send(letter())


def test_a_webhook_without_an_answer_is_not_known(monkeypatch, settings):
    answered(monkeypatch, settings, error=httpx.ReadTimeout("x"))
    with pytest.raises(base.Unsure):
        webhook.send(letter())
