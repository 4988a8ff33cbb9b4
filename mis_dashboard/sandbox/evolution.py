"""The stand-in Evolution API 2.3.7 with one WhatsApp number: sends, receipts, look-ups, webhooks, customers who answer."""

import asyncio
import json
import random
import time
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from aiohttp import web

from .customers import Person, reaction
from .gemini import dropped, reply
from .hooks import Hooks
from .modes import EvolutionModes, control, latency_s, one_of
from .whatsapp import INSTANCE_ID, OWN_JID, Memory, Message, jid_of, lid_of, old_message

VERSION = "2.3.7"
LOCAL = timezone(timedelta(hours=-3))
SEND_FAILURES = ("accept_then_hang", "accept_then_400", "connection_closed", "drop_before", "drop_after")
TITLES = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 500: "Internal Server Error"}
HOOK_EVENTS = ["MESSAGES_UPSERT", "MESSAGES_UPDATE", "SEND_MESSAGE", "CONNECTION_UPDATE", "STATUS_INSTANCE"]


class Evolution:
    """One instance, its number and its customers. `memory` holds what was said; receipts follow in the background."""

    def __init__(self, seed: str, api_key: str, instance: str, hooks: Hooks, people: list[Person]):
        self.api_key, self.instance, self.hooks = api_key, instance, hooks
        self.modes = EvolutionModes()
        self.memory = Memory(seed)
        self.webhook: dict = {"enabled": False, "url": "", "headers": {}, "events": []}
        self._seed = seed
        self._rng = random.Random(f"evolution {seed}")
        self._people = {person.digits: person for person in people}
        self._turns: Counter[str] = Counter()
        self._was_closed = False

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/", self.banner)
        router.add_post("/message/sendText/{instance}", self._guarded(self.send_text))
        router.add_get("/instance/connectionState/{instance}", self._guarded(self.connection_state))
        router.add_post("/chat/findMessages/{instance}", self._guarded(self.find_messages))
        router.add_post("/chat/whatsappNumbers/{instance}", self._guarded(self.whatsapp_numbers))
        router.add_post("/webhook/set/{instance}", self._guarded(self.set_webhook))
        router.add_get("/webhook/find/{instance}", self._guarded(self.find_webhook))
        show, set_ = control(self.modes, lambda: {"accepted": self.memory.accepted}, self.announce)
        router.add_get("/sandbox/evolution", show)
        router.add_post("/sandbox/evolution", set_)
        router.add_get("/sandbox/sent", self.sent)
        router.add_get("/sandbox/sent/counts", self.sent_counts)

    def _guarded(self, handler: Callable) -> Callable:
        """`handler` for our instance and key. As at the real service, the instance is looked at before the key."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            if self.modes.down:
                return dropped(request)
            if (instance := request.match_info["instance"]) != self.instance:
                return refusal(404, [f'The "{instance}" instance does not exist'])
            if request.headers.get("apikey") != self.api_key:
                return refusal(401, "Unauthorized")
            try:
                body = json.loads(await request.read() or b"{}")
            except ValueError:
                return refusal(400, ["Unexpected token in JSON"])
            if not isinstance(body, dict):
                return refusal(400, [["instance is not of a type(s) object"]])
            return await handler(request, body)

        return guarded

    # --- What the product calls ---

    async def banner(self, request: web.Request) -> web.Response:
        return reply({"status": 200, "message": "Welcome to the Evolution API, it is working!", "version": VERSION})

    async def send_text(self, request: web.Request, body: dict) -> web.StreamResponse:
        failure = one_of(self._rng, {name: getattr(self.modes, name) for name in SEND_FAILURES})
        wait_s = latency_s(self._rng, self.modes)
        if problem := self._problem(body):
            return problem
        wait_s += (body.get("delay") or 0) / 1000
        if failure == "drop_before":
            return dropped(request)
        if self.modes.closed or failure == "connection_closed":
            return refusal(500, "Connection Closed")
        if wait_s:
            await asyncio.sleep(wait_s)
        message = await self._accept(jid_of(body["number"]), body["text"])
        if failure == "drop_after":
            return dropped(request)
        if failure == "accept_then_400":
            return refusal(400, ["Error: Connection Closed"])
        if failure == "accept_then_hang":
            await asyncio.sleep(self.modes.hang_s)
            return dropped(request)
        return reply(message.data(), 201)

    def _problem(self, body: dict) -> web.Response | None:
        """What the service would refuse at once, or None."""
        missing = [name for name in ("number", "text") if not isinstance(body.get(name), str)]
        if missing:
            return refusal(400, [[f'instance requires property "{name}"' for name in missing]])
        if not isinstance(body.get("delay") or 0, int):
            return refusal(400, [["delay is not of a type(s) integer"]])
        jid = jid_of(body["number"])
        if not self.on_whatsapp(jid):
            return refusal(400, [{"jid": jid, "exists": False, "number": body["number"]}])
        return None if body["text"].strip() else refusal(400, ["Text is required"])

    def on_whatsapp(self, jid: str) -> bool:
        """Whether the phone has WhatsApp: always the same for a phone, while the share stays the same."""
        if len(jid.split("@")[0]) < 8:
            return False
        return self._drawn(jid) >= self.modes.not_on_whatsapp

    def _drawn(self, name: str) -> float:
        """A number from 0 to 1 that is always the same for `name`."""
        return zlib.crc32(f"{self._seed} {name}".encode()) / 2**32

    async def _accept(self, jid: str, text: str) -> Message:
        message = self._keep(jid, text, from_me=True, name="Você")
        rng = random.Random(f"{self._seed} {message.id}")
        if rng.random() < self.modes.told_first:
            await self._tell("send.message", message.data())
            await self._receipt(message, "SERVER_ACK")
            await self._receipt(message, "DELIVERY_ACK")
        self.hooks.start(self._follow(message, rng))
        return message

    def _keep(self, jid: str, text: str, *, from_me: bool, name: str) -> Message:
        return self._hide(self.memory.keep(jid, text, time.time(), from_me=from_me, name=name))

    def _hide(self, message: Message) -> Message:
        if self._drawn(f"hidden {message.jid}") < self.modes.hidden:
            message.lid, message.nameless = lid_of(message.jid), self._drawn(message.id) < self.modes.nameless
        return message

    async def connection_state(self, request: web.Request, body: dict) -> web.Response:
        return reply({"instance": {"instanceName": self.instance, "state": "close" if self.modes.closed else "open"}})

    async def find_messages(self, request: web.Request, body: dict) -> web.Response:
        try:
            found = self.memory.find(body.get("where") or {})
            size, page = max(1, int(body.get("offset") or 50)), max(1, int(body.get("page") or 1))
        except (ValueError, TypeError, AttributeError):
            return refusal(500, "Invalid value for a filter of findMessages")
        records = [message.record() for message in found[(page - 1) * size : page * size]]
        pages = -(-len(found) // size)
        return reply({"messages": {"total": len(found), "pages": pages, "currentPage": page, "records": records}})

    async def whatsapp_numbers(self, request: web.Request, body: dict) -> web.Response:
        numbers = body.get("numbers")
        if not isinstance(numbers, list) or not all(isinstance(number, str) for number in numbers):
            return refusal(400, [['instance requires property "numbers"']])
        return reply([self._number(number) for number in numbers])

    def _number(self, number: str) -> dict:
        jid = jid_of(number)
        person = self._people.get(jid.split("@")[0])
        exists = self.on_whatsapp(jid)
        named = {"name": person.first_name} if person and exists else {}
        if exists and self._drawn(f"hidden {jid}") < self.modes.hidden:
            named["lid"] = lid_of(jid)
        return {"jid": jid, "exists": exists, "number": number, **named}

    async def set_webhook(self, request: web.Request, body: dict) -> web.Response:
        asked = body.get("webhook")
        if not isinstance(asked, dict) or not isinstance(asked.get("url"), str):
            return refusal(400, [['instance requires property "webhook"']])
        self.point_to(asked["url"], asked.get("headers") or {}, asked.get("events"), asked.get("enabled", True))
        return reply({"webhook": {"instanceName": self.instance, **self.webhook}}, 201)

    async def find_webhook(self, request: web.Request, body: dict) -> web.Response:
        return reply(self.webhook)

    def point_to(self, url: str, headers: dict, events: list[str] | None = None, enabled: bool = True) -> None:
        """Where webhooks go from now on, and with which headers. Without `events`, all of them."""
        self.webhook = {"enabled": enabled, "url": url, "headers": headers, "events": events or HOOK_EVENTS}

    # --- What the product is told ---

    async def _tell(self, event: str, data: dict) -> None:
        if not self.webhook["enabled"] or event.replace(".", "_").upper() not in self.webhook["events"]:
            return
        body = {
            "event": event,
            "instance": self.instance,
            "data": data,
            "destination": self.webhook["url"],
            # Wall time with a false "Z", as the real one writes it.
            "date_time": datetime.now(LOCAL).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "sender": OWN_JID,
            "server_url": "http://127.0.0.1",
            "apikey": self.api_key,
        }
        await self.hooks.deliver(self.webhook["url"], body, self.webhook["headers"])

    async def _follow(self, message: Message, rng: random.Random) -> None:
        """A sent message's way: receipts at believable delays, then, where customers answer, their answer."""
        await self._tell("send.message", message.data())
        if rng.random() < self.modes.echoed:
            await self._tell("messages.upsert", message.data())
        await self.hooks.wait(rng.uniform(0.2, 0.8))
        if rng.random() < self.modes.refused_later:
            return await self._receipt(message, "ERROR")
        await self._receipt(message, "SERVER_ACK")
        if rng.random() < self.modes.never_delivered:
            return None
        await self.hooks.wait(rng.lognormvariate(0.3, 0.6))
        await self._receipt(message, "DELIVERY_ACK")
        if rng.random() < self.modes.never_read:
            return None
        await self.hooks.wait(rng.lognormvariate(2.0, 0.8))
        await self._receipt(message, "READ")
        await self._customer_reacts(message, rng)

    async def _receipt(self, message: Message, status: str) -> None:
        message.statuses.append(status)
        data = {
            "messageId": message.row,
            "keyId": message.id,
            "remoteJid": message.lid or message.jid,
            "fromMe": True,
            "participant": message.lid or message.jid,
            "status": status,
            "instanceId": INSTANCE_ID,
        }
        await self._tell("messages.update", data)

    async def _customer_reacts(self, message: Message, rng: random.Random) -> None:
        person = self._people.get(message.phone)
        if person is None or not self.modes.customers_answer:
            return
        self._turns[message.phone] += 1
        answer = reaction(rng, person, message.text, self._turns[message.phone])
        if answer is None:
            return
        if answer.kind in {"thanks", "person"}:
            self._turns[message.phone] += 3  # nothing more to say, but they may still rate
        await self.hooks.wait(answer.after_s)
        await self.customer_writes(person.digits, answer.text, person.first_name)

    async def customer_writes(self, phone: str, text: str, name: str = "") -> Message:
        """A WhatsApp message from a customer, told to the product as messages.upsert."""
        message = self._keep(jid_of(phone), text, from_me=False, name=name)
        await self._tell("messages.upsert", message.data())
        return message

    async def _tell_history(self) -> None:
        """What a number that is paired anew tells: messages of the last days, of customers and of the company."""
        people = list(self._people.values())
        for number in range(int(self.modes.history)):
            person = people[number % len(people)]
            message = old_message(jid_of(person.digits), number, person.first_name)
            await self._tell("messages.upsert", self._hide(message).data())

    def new_matter(self, phone: str) -> None:
        """The customer with `phone` has a new complaint: they will answer back again."""
        self._turns.pop(phone, None)

    async def announce(self) -> None:
        """Tells the product when the number was logged out, or came back."""
        if self.modes.closed == self._was_closed:
            return
        self._was_closed = self.modes.closed
        self.hooks.start(self._tell_state(self.modes.closed))

    async def _tell_state(self, closed: bool) -> None:
        state, reason = ("close", 401) if closed else ("open", 200)
        await self._tell("connection.update", {"instance": self.instance, "state": state, "statusReason": reason})
        if closed:
            now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            status = {
                "instance": self.instance,
                "status": "closed",
                "disconnectionAt": now,
                "disconnectionReasonCode": 401,
            }
            await self._tell("status.instance", status)
        else:
            await self._tell_history()

    # --- What a test or a visitor asks ---

    async def sent(self, request: web.Request) -> web.Response:
        return web.json_response([{"phone": m.phone, "text": m.text, "at": m.at} for m in self.memory.sent()])

    async def sent_counts(self, request: web.Request) -> web.Response:
        return web.json_response(dict(self.memory.sent_by_phone))


def refusal(status: int, message: str | list) -> web.Response:
    """Evolution's error envelope."""
    return reply({"status": status, "error": TITLES[status], "response": {"message": message}}, status)
