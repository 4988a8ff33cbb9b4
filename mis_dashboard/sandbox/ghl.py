"""The stand-in GoHighLevel: workflow webhooks with a secret, signed app events, and the contact API."""

import base64
import random
import uuid
from datetime import UTC, datetime
from urllib.parse import urlsplit

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .customers import Person
from .gemini import reply
from .hooks import Hooks, packed

WEBHOOK_PATH = "/api/webhooks/ghl"
CREATED = "2026-10-01T12:00:00.000Z"


class Ghl:
    """Sends the CRM's events to `target`, and answers look-ups of its contacts.

    `private_key` is 32 bytes; one is made when it is None. Webhooks are sent once, as GHL's
    workflow actions are: what the product misses is lost.
    """

    def __init__(
        self,
        seed: str,
        people: list[Person],
        hooks: Hooks,
        target: str,
        secret: str,
        token: str,
        private_key: bytes | None,
    ):
        self.hooks, self.target, self.secret, self.token = hooks, target.rstrip("/"), secret, token
        self._rng = random.Random(f"ghl {seed}")
        self._people = {person.contact_id: person for person in people}
        self._key = Ed25519PrivateKey.from_private_bytes(private_key) if private_key else Ed25519PrivateKey.generate()

    @property
    def public_key(self) -> str:
        """The Ed25519 key that app events verify with: base64 of its DER form."""
        der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/contacts/{id}", self.contact)

    # --- What the product is told ---

    async def post_workflow(self, body: dict) -> int:
        """The product's status for a workflow webhook with the secret header; 0 when it cannot be reached."""
        return await self.hooks.post(self.target + WEBHOOK_PATH, packed(body), {"X-MIS-Webhook-Secret": self.secret})

    async def post_app(self, body: dict) -> int:
        """The product's status for a signed app event."""
        raw = packed(body)
        return await self.hooks.post(self.target + WEBHOOK_PATH, raw, {"X-GHL-Signature": self.sign(raw)})

    def sign(self, raw: bytes) -> str:
        return base64.b64encode(self._key.sign(raw)).decode()

    def workflow(self, person: Person, text: str, issue_type: str, priority: str, event_id: str = "") -> dict:
        """The body of a standard "Webhook" action after "Customer Replied"."""
        place = person.location
        return {
            "Plano": "anual",
            "Data da compra": "",
            "contact_id": person.contact_id,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "full_name": person.name,
            "email": person.email,
            "phone": person.phone,
            "tags": "cliente",
            "address1": "",
            "city": place.city,
            "state": place.state,
            "country": "BR",
            "timezone": "America/Sao_Paulo",
            "date_created": CREATED,
            "postal_code": "",
            "company_name": "",
            "contact_source": "site",
            "full_address": f"{place.city} {place.state}",
            "contact_type": "customer",
            "message": {"type": 5, "body": text, "messageId": self._id()},
            "location": {
                "name": place.name,
                "address": "Rua Exemplo, 1",
                "city": place.city,
                "state": place.state,
                "country": "BR",
                "postalCode": "00000-000",
                "fullAddress": f"Rua Exemplo, 1, {place.city} {place.state}",
                "id": place.id,
            },
            "workflow": {"id": "00000000-0000-4000-8000-0000000000bb", "name": "MIS - Cliente respondeu"},
            "triggerData": {},
            "contact": {"attributionSource": {}, "lastAttributionSource": {}},
            "attributionSource": {},
            "customData": {
                "source": "ghl-workflow",
                "channel": "whatsapp",
                "event_id": event_id or self._uuid(),
                "issue_type": issue_type,
                "priority": priority,
                "message": text,
            },
        }

    def contact_created(self, person: Person) -> dict:
        """ContactCreate: what makes the phone known before a message that does not carry it."""
        return self._event("ContactCreate", person, {"id": person.contact_id, **_contact_fields(person)})

    def inbound_message(self, person: Person, text: str) -> dict:
        """InboundMessage: no phone and no name, as the real one."""
        fields = {
            "attachments": [],
            "body": text,
            "contactId": person.contact_id,
            "contentType": "text/plain",
            "conversationId": f"Cnv{person.contact_id[3:]}",
            "dateAdded": now(),
            "direction": "inbound",
            "messageType": "WhatsApp",
            "status": "delivered",
            "messageId": self._id(),
        }
        return self._event("InboundMessage", person, fields)

    def _event(self, kind: str, person: Person, fields: dict) -> dict:
        head = {"type": kind, "locationId": person.location.id}
        return {**head, **fields, "timestamp": now(), "webhookId": self._uuid()}

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def _id(self) -> str:
        return f"Msg{self._rng.getrandbits(64):017x}"[:20]

    # --- What the product asks ---

    async def contact(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return reply(_error(401, "Invalid token: access token is invalid", "Unauthorized"), 401)
        if not request.headers.get("Version"):
            return reply(_error(401, "version header was not found.", "Unauthorized"), 401)
        person = self._people.get(request.match_info["id"])
        if person is None:
            return reply(_error(404, "Contact not found", "Not Found"), 404)
        fields = {"id": person.contact_id, "locationId": person.location.id, **_contact_fields(person)}
        return reply({"contact": fields})


def _contact_fields(person: Person) -> dict:
    return {
        "address1": "",
        "city": person.location.city,
        "state": person.location.state,
        "companyName": "",
        "country": "BR",
        "source": "site",
        "dateAdded": CREATED,
        "dnd": False,
        "email": person.email,
        "name": person.name,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "phone": person.phone,
        "postalCode": "",
        "tags": ["cliente"],
        "website": "",
        "attachments": [],
        "customFields": [],
    }


def _error(status: int, message: str, name: str) -> dict:
    return {"statusCode": status, "message": message, "error": name}


def now() -> str:
    """This moment as GHL writes it: UTC, milliseconds, "Z"."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_local(url: str) -> bool:
    """Whether `url` is plain http on this machine, the only place the sandbox may write to."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
