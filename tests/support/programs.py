"""A program that calls our API with a key of its own."""

import json

from issues.models import ApiKey


class Program:
    """`Program(client)`: every call brings the key, and returns Django's response."""

    def __init__(self, client, name: str = "n8n", *, trusted: bool = False):
        self.client = client
        self.key, self.text = ApiKey.issue(name)
        ApiKey.objects.filter(pk=self.key.pk).update(trusted=trusted)

    def post(self, path: str, body, **headers):
        raw = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.post(path, raw, "application/json", headers=self.headers | headers)

    def get(self, path: str, **headers):
        return self.client.get(path, headers=self.headers | headers)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.text}"}

    # --- The calls of the old workflows ---

    def send(self, issue, message: str = "Oi Ana! Já estamos vendo.", to: str = "", **more):
        to = to or issue.customer.phone
        return self.post("/api/whatsapp/send", {"to": to, "message": message, "issue_id": str(issue.pk)} | more)

    def action(self, issue, kind: str, description: str = "Feito", **more):
        body = {"issue_id": str(issue.pk), "action_type": kind, "action_description": description} | more
        return self.post("/api/issues/action", body)

    def resolve(self, issue, **more):
        return self.post("/api/issues/resolve", {"issue_id": str(issue.pk)} | more)

    def open(self, query: str = "") -> list[dict]:
        return self.get(f"/api/issues/open{query}").json()["issues"]
