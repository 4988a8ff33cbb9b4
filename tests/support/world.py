"""The world around one customer, through the doors by which it really comes: webhooks, the admin, workers, the clock."""

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import count

from django.contrib.auth import get_user_model
from django.db import connection, models
from django.test import RequestFactory
from django.utils import timezone

from issues import ai, channels, jobs, programs, webhooks, work
from issues.channels.base import State
from issues.models import (
    Action,
    Breaker,
    ChannelState,
    Customer,
    EventKey,
    InboundEvent,
    Issue,
    Message,
    Response,
    Token,
)
from mis_dashboard.lib import jobs as queue
from mis_dashboard.lib import recent
from mis_dashboard.models import Job, Process

from .line import Died, Heard, Line, Mind, Wrong

PHONE, CONTACT = "+5511900000001", "MISdemoContact000001"
KEPT = [Customer, Issue, Message, Response, Action, InboundEvent]
AGEING = [*KEPT, EventKey, Job, Process, Token, Breaker, ChannelState]
WORDS = {
    "matter": "Meu boleto {n} não abre",
    "thanks": "obrigada, valeu! 👍",
    "person": "Quero falar com um atendente, por favor {n}",
    "legal": "Vou entrar com um processo no Procon {n}",
    "stop": "PARAR",
    "rating": "{stars}",
    "voice": "",
}


def _ageing() -> str:
    """One statement that makes everything stored older. What happened may not be changed: its trigger rests meanwhile."""
    parts = []
    for model in AGEING:
        columns = [f.column for f in model._meta.local_concrete_fields if isinstance(f, models.DateTimeField)]
        older = ", ".join(f"{column} = {column} - %(by)s" for column in columns)
        parts.append(f"{model._meta.db_table}_aged AS (UPDATE {model._meta.db_table} SET {older})")
    return f"WITH {', '.join(parts)} SELECT 1"


def meet(line: Line, mind: Mind, monkeypatch, settings) -> None:
    """Lets the product find `line` and `mind` where WhatsApp and the models are, and know our secret."""
    settings.GEMINI_API_KEY = settings.EVOLUTION_API_KEY = "key"
    settings.EVOLUTION_BASE_URL, settings.EVOLUTION_INSTANCE = "http://127.0.0.1:1", "mis-demo"
    settings.EVOLUTION_WEBHOOK_SECRET, settings.GHL_WEBHOOK_SECRET = "secret", ["secret"]
    monkeypatch.setattr(channels, "channel", lambda: line)
    monkeypatch.setattr(ai, "thinker", lambda: mind)


class World:
    """One customer, the staff, and workers. `line` and `mind` are the outside that the product meets."""

    def __init__(self, line: Line, mind: Mind):
        self.line, self.mind = line, mind
        self.ana = get_user_model().objects.create_user("ana", is_staff=True)
        self.numbers, self.told = count(1), []
        self.last_said, self.said_ago = ("", ""), timedelta()
        self.request = RequestFactory()

    # --- Time -------------------------------------------------------------------------------

    def pass_time(self, by: timedelta) -> None:
        """Afterwards everything lies longer ago, as if it were later now."""
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(_ageing(), {"by": by})
            cursor.execute("SET LOCAL session_replication_role = origin")
        self.line.age(by)
        self.said_ago += by
        recent.forget()

    # --- Webhooks ---------------------------------------------------------------------------

    def tell(self, door: Callable, body: dict) -> dict:
        """Delivers an event, which the outside may deliver again at any time."""
        self.told.append((door, body))
        return self.deliver(door, body)

    def deliver(self, door: Callable, body: dict) -> dict:
        given = {"HTTP_X_MIS_WEBHOOK_SECRET": "secret"}
        answer = door(self.request.post("/", json.dumps(body), content_type="application/json", **given))
        assert answer.status_code == 200, answer.content
        return json.loads(answer.content)

    def customer_writes(self, about: str = "matter", door: str = "whatsapp", stars: int = 5) -> dict:
        number = next(self.numbers)
        text = WORDS[about].format(n=number, stars=stars)
        self.last_said, self.said_ago = (text if "{n}" in WORDS[about] else "", door), timedelta()
        return self._customer_says(text, door, number)

    def customer_is_told_of_again(self) -> dict:
        """The other way by which we hear of customers tells of their last message too, with an id of its own."""
        (text, door), self.last_said = self.last_said, ("", "")
        return self._customer_says(text, "crm" if door == "whatsapp" else "whatsapp", next(self.numbers))

    def _customer_says(self, text: str, door: str, number: int) -> dict:
        if door == "crm":
            return self.tell(webhooks.ghl_webhook, _crm("InboundMessage", text, f"in-{number}"))
        message = {"conversation": text} if text else {"audioMessage": {"seconds": 4, "ptt": True}}
        return self.tell(webhooks.evolution_webhook, _whatsapp(message, f"3A{number:018X}", from_me=False))

    def person_answers_outside(self, door: str = "phone", ago_s: int = 0) -> dict:
        """Somebody of the company answers on the phone or in the CRM; we hear of it `ago_s` seconds later."""
        number = next(self.numbers)
        text, ago = f"Oi, aqui é a Bia, já resolvo ({number}).", timedelta(seconds=ago_s)
        if door == "crm":
            return self.tell(
                webhooks.ghl_webhook, _crm("OutboundMessage", text, f"out-{number}", ago) | {"source": "app"}
            )
        message = {"conversation": text}
        return self.tell(webhooks.evolution_webhook, _whatsapp(message, f"3A{number:018X}", from_me=True, ago=ago))

    def echo(self, heard: Heard) -> None:
        """WhatsApp tells of a message of ours as of any other. Told again, it may tell us more than the first time."""
        body = _whatsapp({"conversation": heard.text}, heard.channel_id, from_me=True, ago=timezone.now() - heard.at)
        self.deliver(webhooks.evolution_webhook, body)

    def receipt(self, heard: Heard, status: str) -> None:
        data = {"keyId": heard.channel_id, "remoteJid": _jid(), "fromMe": True, "status": status}
        body = {"event": "messages.update", "instance": "mis-demo", "data": data}
        self.deliver(webhooks.evolution_webhook, body)

    def line_is(self, state: State) -> None:
        self.line.stands = state
        body = {"event": "connection.update", "instance": "mis-demo", "data": {"state": state}}
        self.deliver(webhooks.evolution_webhook, body | {"date_time": timezone.now().isoformat()})
        recent.forget()

    # --- Other programs -----------------------------------------------------------------------

    def program_says(self, issue: Issue, *, again: bool = False) -> bool:
        """Another program wants something said, maybe what it wanted before; False when it may not."""
        number = 0 if again else next(self.numbers)
        try:
            programs.say(issue, f"Aqui é o fluxo do n8n ({number}).", to=PHONE, by="n8n")
        except programs.CannotSay:
            return False
        return True

    def program_reports(self, issue: Issue, kind: str, *, trusted: bool) -> None:
        text = f"Resposta enviada ({next(self.numbers)})"
        report = programs.Report(kind, text, "SYSTEM_AUTO_RESPONSE", success=True, payload={"action": kind})
        programs.note(issue, report, trusted=trusted)

    # --- Workers and the clock --------------------------------------------------------------

    def work(self) -> bool:
        """One worker takes what is most urgent. False when there is nothing to take."""
        return self._until_it_dies(jobs.answer_next)

    def _until_it_dies(self, step: Callable[[], bool]) -> bool:
        try:
            return step()
        except Died:
            jobs.in_hand.clear()
            return True
        except Wrong as wrong:
            raise AssertionError(str(wrong)) from wrong

    def run_due_jobs(self, *, twice: bool = False) -> int:
        """Does what is queued and due, as the workers of the queue do; how many."""
        due = list(Job.objects.filter(due_at__lte=timezone.now(), dead=False).order_by("rank", "due_at", "id"))
        for job in due:
            Job.objects.filter(pk=job.pk).delete()
            for _ in range(1 + twice):
                self.run(job.name, job.args)
            while self._until_it_dies(jobs.judge_next):
                pass
        return len(due)

    def run(self, name: str, args: list) -> None:
        queue.known(name)(*args)

    def sweep(self) -> None:
        jobs.sweep()

    # --- The staff ----------------------------------------------------------------------------

    def staff_does(self, name: str, issue: Issue) -> bool:
        """One work of the admin; False when it is not possible as things stand."""
        given = {
            "reply": {"text": f"Oi, aqui é a Ana ({next(self.numbers)}).", "turn": self._next_turn(issue)},
            "escalate": {"reason": "cliente VIP", "to": None},
            "assign": {"to": self.ana},
            "resolve": {"notes": "feito"},
        }
        wanted = next(w for w in work.WORKS if w.name == name)
        try:
            work.do(wanted, issue.pk, self.ana, given.get(name, {}))
        except work.NotPossible:
            return False
        return True

    @staticmethod
    def _next_turn(issue: Issue) -> int:
        return max([r.turn for r in issue.responses.all()], default=0) + 1

    def newest(self) -> Issue | None:
        return Issue.objects.order_by("-id").first()

    def everything(self) -> dict:
        """All rows of the customer's side, to see that nothing has changed."""
        return {model.__name__: list(model.objects.order_by("pk").values()) for model in KEPT}


def _jid() -> str:
    return f"{PHONE[1:]}@s.whatsapp.net"


def _whatsapp(message: dict, message_id: str, *, from_me: bool, ago: timedelta = timedelta()) -> dict:
    key = {"remoteJid": _jid(), "fromMe": from_me, "id": message_id}
    sent = int((timezone.now() - ago).timestamp())
    data = {"key": key, "pushName": "Ana", "message": message, "messageTimestamp": sent}
    return {"event": "messages.upsert", "instance": "mis-demo", "data": data}


def _crm(kind: str, text: str, message_id: str, ago: timedelta = timedelta()) -> dict:
    return {
        "type": kind,
        "locationId": "MISdemoLocation00001",
        "contactId": CONTACT,
        "phone": PHONE,
        "body": text,
        "attachments": [] if text else ["https://example.com/voz.ogg"],
        "messageType": "SMS",
        "messageId": message_id,
        "dateAdded": (timezone.now() - ago).isoformat(),
        "webhookId": f"hook-{message_id}",
    }
