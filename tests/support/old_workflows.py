"""The workflows that called the predecessor, node for node as they call, with only address and key changed.

Written from what is known of them: their order of nodes, their bodies, and their mistakes, which are kept: Code nodes
that pair every reply with the first issue, and a log that reads `$json` where only the answer to the send is left.
"""

from itertools import pairwise

MIS = "https://mis.example.com"
EVOLUTION = "https://evolution.example.com"


def workflow(*nodes: dict, connections: dict | None = None) -> dict:
    """A workflow of `nodes`, one after the other, unless `connections` say more (by name: a list of lists of names)."""
    names = [node["name"] for node in nodes]
    lines = {name: [[after]] for name, after in pairwise(names)} | (connections or {})
    return {
        "nodes": list(nodes),
        "connections": {
            name: {"main": [[{"node": target, "type": "main", "index": 0} for target in side] for side in sides]}
            for name, sides in lines.items()
        },
    }


def every(minutes: int) -> dict:
    rule = {"interval": [{"field": "minutes", "minutesInterval": minutes}]}
    return {"name": "Schedule", "type": "n8n-nodes-base.scheduleTrigger", "parameters": {"rule": rule}}


def code(name: str, js: str) -> dict:
    return {"name": name, "type": "n8n-nodes-base.code", "parameters": {"jsCode": js}}


def http(name: str, method: str, url: str, body: str = "") -> dict:
    parameters = {"method": method, "url": url}
    parameters |= {"authentication": "genericCredentialType", "genericAuthType": "httpHeaderAuth"}
    if body:
        parameters |= {"sendBody": True, "specifyBody": "json", "jsonBody": body}
    credentials = {"httpHeaderAuth": {"name": "MIS"}}
    return {"name": name, "type": "n8n-nodes-base.httpRequest", "parameters": parameters, "credentials": credentials}


def has_phone() -> dict:
    condition = {"leftValue": "={{ $json.customer_phone }}", "operator": {"type": "string", "operation": "notEmpty"}}
    conditions = {"combinator": "and", "conditions": [condition]}
    return {"name": "Has phone", "type": "n8n-nodes-base.if", "parameters": {"conditions": conditions}}


AI = {
    "name": "AI",
    "type": "@n8n/n8n-nodes-langchain.chainLlm",
    "parameters": {"text": "=Cliente: {{ $json.customer_name }}. Problema: {{ $json.problem }}"},
}
NEEDS_ANSWER = """
const out = [];
for (const issue of $input.first().json.issues) {
  if (issue.first_response_at) continue;
  const metadata = typeof issue.metadata === 'string' ? JSON.parse(issue.metadata) : issue.metadata || {};
  out.push({json: {...issue, problem: metadata.message_preview || issue.issue_type}});
}
return out;
"""
FORMAT = """
const issue = $('Needs answer').first().json;
const text = $input.first().json.text;
return [{json: {id: issue.id, customer_phone: issue.customer_phone, customer_name: issue.customer_name,
  ai_response: text, ai_model: 'gemini-1.5-flash', response_length: text.length}}];
"""
FORMAT_EACH = """
const issue = $('Needs answer').first().json;
return $input.all().map(({json: {text}}) => ({json: {id: issue.id, customer_phone: issue.customer_phone,
  ai_response: text, ai_model: 'gemini-pro', response_length: text.length}}));
"""
SEND_BODY = "={{ JSON.stringify({to: $json.customer_phone, message: $json.ai_response, issue_id: $json.id}) }}"
LOG_BODY = (
    "={{ JSON.stringify({issue_id: $json.id, action_type: 'automated_response', action_description: 'Resposta "
    "automática enviada (' + $json.response_length + ' chars, ' + $json.ai_model + '): ' + "
    "$json.ai_response.substring(0, 100), taken_by: 'SYSTEM_AI_AGENT', success: true}) }}"
)
NO_PHONE_BODY = (
    "={{ JSON.stringify({issue_id: $json.id, action_type: 'no_phone_available', action_description: 'Cliente sem "
    "telefone; resposta gerada mas não enviada', taken_by: 'SYSTEM_AI_AGENT', success: false}) }}"
)


def auto_response(*, minutes: int = 1, limit: int = 50, send: dict | None = None, shape: str = FORMAT) -> dict:
    """ "Auto Response": asks what is open, thinks, sends if `send` says how, and logs."""
    nodes = [
        every(minutes),
        http("Open", "GET", f"{MIS}/api/issues/open?priority=critical&limit={limit}"),
        code("Needs answer", NEEDS_ANSWER),
        AI,
        code("Format", shape),
        has_phone(),
        *([send] if send else []),
        http("Log", "POST", f"{MIS}/api/issues/action", LOG_BODY),
        http("Log no phone", "POST", f"{MIS}/api/issues/action", NO_PHONE_BODY),
    ]
    after = [send["name"]] if send else ["Log"]
    connections = {"Has phone": [after, ["Log no phone"]], "Log": [[]]}
    return workflow(*nodes, connections=connections)


def optimized(shape: str = FORMAT) -> dict:
    """ "Auto Response OPTIMIZED 1min"."""
    return auto_response(send=http("Send WhatsApp", "POST", f"{MIS}/api/whatsapp/send", SEND_BODY), shape=shape)


def fixed() -> dict:
    """ "Auto Response OPTIMIZED 1min FIXED": without the send, and logs one all the same."""
    return auto_response()


def direct() -> dict:
    """ "Auto Response AI … DIRECT", READY, SIMPLE and so on: sends by Evolution itself, on a path without an instance."""
    body = "={{ JSON.stringify({number: $json.customer_phone, text: $json.ai_response}) }}"
    return auto_response(minutes=5, limit=10, send=http("Evolution", "POST", f"{EVOLUTION}/message/sendText", body))


QUIET_FOR_TWO_HOURS = """
const before = Date.now() - 2 * 3600 * 1000;
return $input.first().json.issues
  .filter((issue) => issue.first_response_at && !issue.resolved_at && new Date(issue.first_response_at) < before)
  .map((json) => ({json}));
"""
SAYS_YES = """
const issue = $('Quiet').first().json;
return $input.first().json.text.toUpperCase().includes('SIM') ? [{json: issue}] : [];
"""
RESOLVE_BODY = (
    "={{ JSON.stringify({issue_id: $json.id, resolution_notes: 'Sem resposta do cliente após 2h', "
    "customer_satisfaction: 3, resolved_by: 'SYSTEM_AUTO_RESOLVE'}) }}"
)
RESOLVED_BODY = (
    "={{ JSON.stringify({issue_id: $json.issue.id, action_type: 'resolved', action_description: 'Resolvido "
    "automaticamente', taken_by: 'SYSTEM_AUTO_RESOLVE', success: true}) }}"
)


def auto_resolve(query: str = "?priority=all&limit=50") -> dict:
    """ "Auto Resolve OPTIMIZED 5min", "Confirmed Issues" and "TEST 5min": closes what has been quiet for two hours."""
    return workflow(
        every(5),
        http("Open", "GET", f"{MIS}/api/issues/open{query}"),
        code("Quiet", QUIET_FOR_TWO_HOURS),
        AI | {"parameters": {"text": "=Está resolvido? Responda SIM ou NÃO. {{ $json.issue_type }}"}},
        code("Yes", SAYS_YES),
        http("Resolve", "POST", f"{MIS}/api/issues/resolve", RESOLVE_BODY),
        http("Log", "POST", f"{MIS}/api/issues/action", RESOLVED_BODY),
    )


def crt(*, exported_as: str = "GET") -> dict:
    """ "Auto Resolve CRT Issues": on a webhook. Its export has a GET without a body wherever a POST was meant."""
    trigger = {"name": "Webhook", "type": "n8n-nodes-base.webhook", "parameters": {"path": "crt"}}
    return workflow(
        trigger,
        http("Create", exported_as, f"{MIS}/api/issues/create"),
        http("Open", "GET", f"{MIS}/api/issues/open?limit=100"),
        http("Resolve", exported_as, f"{MIS}/api/issues/resolve"),
        http("Log", exported_as, f"{MIS}/api/issues/action"),
    )
