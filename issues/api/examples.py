"""A call of each address and its answer, shown at /api/docs. The people in them are made up; the tests hold the answers to be such."""

from typing import Any

ISSUE_ID = "0192f0c4-5b1e-7c3a-9f65-2b9a61d0c2e7"
AT = "2026-11-20T13:00:00+00:00"
SAID = "Olá, Ana! Acabei de reenviar o acesso ao seu e-mail."

ISSUE = {
    "id": ISSUE_ID,
    "alert_id": None,
    "issue_type": "login_problem",
    "priority": "high",
    "status": "open",
    "customer_name": "Ana Exemplo",
    "customer_phone": "5511900000001",
    "assigned_to": None,
    "escalated_to": None,
    "escalated_at": None,
    "detected_at": AT,
    "first_response_at": None,
    "resolved_at": None,
    "time_to_first_response": None,
    "time_to_resolution": None,
    "resolution_notes": None,
    "customer_satisfaction": None,
    "metadata": {},
    "created_at": AT,
    "updated_at": AT,
}
RESOLVED = {
    "status": "resolved",
    "resolved_at": "2026-11-20T13:12:00+00:00",
    "time_to_resolution": 12,
    "resolution_notes": "Senha redefinida",
    "updated_at": "2026-11-20T13:12:00+00:00",
}
MESSAGE = {
    "id": "0192f0c4-6a02-7b11-8d1f-90c4c1f0a3b5",
    "created_at": AT,
    "sender_name": "Ana Exemplo",
    "sender_phone": "5511900000001",
    "sender_type": "lead",
    "message_body": "Não consigo entrar na plataforma",
    "sentiment": None,
    "urgency_score": 7,
    "needs_attention": True,
    "keywords": [],
    "is_group_message": False,
    "group_type": None,
    "group_name": None,
    "group_sender_phone": None,
    "group_sender_name": None,
    "team_analysis": None,
    "workflow_name": None,
    "location_name": None,
}

# By address: what is sent, where anything is, and what comes back.
CALLS: dict[str, tuple[dict[str, Any] | None, dict[str, Any]]] = {
    "/issues/create": (
        {
            "issue_type": "login_problem",
            "priority": "high",
            "customer_name": "Ana Exemplo",
            "customer_phone": "+5511900000001",
            "message": "Não consigo entrar na plataforma",
            "message_id": "crm-4711",
        },
        {"success": True, "issue": ISSUE, "message": "Issue created successfully", "repeated": False},
    ),
    "/issues/open": (
        None,
        {"success": True, "count": 1, "issues": [ISSUE | {"automation_attempted_at": None}]},
    ),
    "/issues/action": (
        {
            "issue_id": ISSUE_ID,
            "action_type": "call_made",
            "action_description": "Liguei e expliquei",
            "taken_by": "carla",
        },
        {
            "success": True,
            "action": {
                "id": "0192f0c4-71aa-7e02-b7c5-4f0d9a1e6c33",
                "issue_id": ISSUE_ID,
                "action_type": "call_made",
                "action_description": "Liguei e expliquei",
                "taken_by": "carla",
                "taken_at": AT,
                "success": True,
                "customer_response": None,
                "created_at": AT,
            },
            "message": "Action added successfully",
            "repeated": False,
        },
    ),
    "/issues/resolve": (
        {"issue_id": ISSUE_ID, "resolution_notes": "Senha redefinida"},
        {
            "success": True,
            "issue": ISSUE | RESOLVED,
            "message": "Issue resolved successfully",
            "repeated": False,
            "ignored": [],
        },
    ),
    "/whatsapp/send": (
        {"issue_id": ISSUE_ID, "to": "+5511900000001", "message": SAID},
        {
            "success": True,
            "id": ISSUE_ID,
            "issue_id": ISSUE_ID,
            "delivery_id": "0192f0c4-7b5d-7d44-a0f1-1c2e3d4f5a6b",
            "status": "queued",
            "to": "5511900000001",
            "ai_response": SAID,
            "ai_model": "n8n",
            "response_length": len(SAID),
            "message": "Message queued",
        },
    ),
    "/messages/unprocessed": (
        None,
        {
            "success": True,
            "total": 1,
            "stats": {"high_urgency": 1, "needs_attention": 1, "group_messages": 0},
            "messages": [MESSAGE],
        },
    ),
}


def of(address: str) -> dict[str, Any]:
    """The example of an address, as OpenAPI writes it into an operation."""
    body, answer = CALLS[address]
    found: dict[str, Any] = {"responses": {200: {"content": {"application/json": {"example": answer}}}}}
    if body is not None:
        found["requestBody"] = {"content": {"application/json": {"example": body}}}
    return found
