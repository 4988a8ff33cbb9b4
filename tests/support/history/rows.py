"""The rows that the product leaves behind, written from story and answer: one statement for each table.

Parameters: `until`, `events_since`, the names of the two `models`, the ids of the `reply` and `triage` prompts.
"""

from importlib import import_module

from issues import escalate

from .actions import ACTIONS
from .answers import BEGINS_A_TURN
from .chance import choice
from .story import CUSTOMER, LOCATION, PERSON, PHONE, STARS

SHIPPED = import_module("issues.migrations.0014_sla_shipped").SHIPPED
BEGINNINGS = [
    "Bom dia, tudo bem?",
    "Oi, preciso de ajuda.",
    "Boa tarde!",
    "Olá, sou cliente há dois anos.",
    "Gente, socorro.",
]
MATTERS = [
    "O boleto deste mês não abre e o vencimento é amanhã",
    "Não consigo entrar na plataforma desde ontem à noite",
    "A entrega estava marcada para segunda e ainda não chegou",
    "Fui cobrada duas vezes no cartão pela mesma assinatura",
    "Queria remarcar o atendimento de quinta para outro dia",
    "O relatório da campanha aparece vazio no meu painel",
    "Gostaria de saber como funciona o plano anual da agência",
]
ENDINGS = ["podem ver isso?", "como faço para resolver?", "já tentei de tudo.", "aguardo um retorno, obrigada."]
ANSWERS = [
    "Oi! Obrigada por avisar. Já estou verificando o que aconteceu com a sua conta e volto a falar com você por aqui.",
    "Olá! Entendi o problema. Por favor, saia da sua conta, entre de novo e me diga se a mensagem ainda aparece.",
    "Bom dia! Encontrei o seu cadastro. Você pode me confirmar o número do pedido, para que eu veja o andamento?",
]


def pick(texts: list[str], number: str, salt: int) -> str:
    """SQL: one of the texts."""
    words = ", ".join(f"'{text}'" for text in texts)
    return f"(ARRAY[{words}])[1 + floor({len(texts)} * history.u({number}, {salt}))::int]"


def words(number: str) -> str:
    """SQL: what a customer writes, about 100 characters; hardly two write the same."""
    parts = [pick(BEGINNINGS, number, 100), pick(MATTERS, number, 101), pick(ENDINGS, number, 102)]
    return f"{parts[0]} || ' ' || {parts[1]} || ' (protocolo ' || {number} || '), ' || {parts[2]}"


def target(priority: str, promise: int) -> str:
    """SQL: how long the promise of a priority leaves, as an interval."""
    cases = " ".join(f"WHEN '{name}' THEN interval '{s[promise]} s'" for name, s in SHIPPED.items())
    return f"CASE {priority} {cases} END"


CUSTOMERS = f"""
    INSERT INTO issues_customer (id, location, contact_id, phone, name, language, created_at)
    SELECT {CUSTOMER}, {LOCATION}, 'MISbench' || lpad(person::text, 12, '0'), {PHONE},
        {pick(["Ana", "Bruno", "Carla", "Diego", "Elisa", "Fábio", "Gabriela", "Hugo"], "person", 103)} || ' Exemplo ' || person,
        CASE WHEN history.u(person, 104) < 0.04 THEN 'en' ELSE '' END, %(since)s
    FROM (SELECT DISTINCT {PERSON} AS person FROM generate_series(%(first)s::int8, %(end)s::int8 - 1) AS k) AS people
    ORDER BY person ON CONFLICT (id) DO NOTHING
"""

ISSUES = f"""
    INSERT INTO issues_issue (
        id, customer_id, location, source, type, priority, status, text, sentiment, metadata, detected_at, received_at, updated_at,
        response_risk_at, response_due_at, resolution_risk_at, resolution_due_at, sla_policy_id, first_response_at, answered_by, resolved_at, resolved_by, resolution_basis, resolution_notes,
        silent_since, automation_attempted_at, escalated_at, escalation_reason, assignee_id, customer_satisfaction, rated_at,
        rated_resolver, false_positive
    )
    SELECT s.id, customer, location, source, type, priority, status, {words("k")},
        {choice("history.u(k, 110)", {"negative": 0.5, "angry": 0.1, "neutral": 0.4})},
        CASE WHEN source = 'ghl' THEN jsonb_build_object('company', 'Cliente ' || right(location, 2)) ELSE '{{}}' END,
        at, received_at,
        GREATEST(received_at, first_at, follow_at, heard_at, more_at, judged_at, escalated_at, taken_at, hand_at, resolved_at,
            rated_at, reopened_at, again_at, hand_again_at, resolved_again_at, reviewed_at),
        at + 0.8 * ({target("priority", 0)}), at + {target("priority", 0)},
        at + 0.8 * ({target("priority", 1)}), at + {target("priority", 1)},
        (SELECT p.id FROM issues_slapolicy p WHERE p.location = '' AND p.priority = s.priority ORDER BY since LIMIT 1), first_at,
        CASE WHEN first_at IS NULL THEN '' WHEN start = 'notice' THEN 'template' ELSE start END, ended_at,
        CASE WHEN ended_at IS NULL THEN '' WHEN resolved_again_at IS NULL THEN resolver ELSE resolver_again END,
        CASE WHEN ended_at IS NULL THEN '' WHEN resolved_again_at IS NULL THEN basis WHEN is_sorry THEN 'human' ELSE 'silence' END,
        '',
        CASE WHEN status <> 'in_progress' THEN NULL WHEN reopened_at IS NOT NULL THEN again_at
            WHEN says IN ('more', 'person') AND heard_at IS NOT NULL THEN more_at
            WHEN start = 'template' THEN follow_at ELSE COALESCE(heard_at, first_at) END,
        NULL,
        COALESCE(escalated_at, CASE WHEN is_sorry THEN reopened_at + interval '1 ms' END),
        CASE WHEN is_sorry AND reopened_at IS NOT NULL THEN '{escalate.NOT_CONTENT}' WHEN escalated_at IS NOT NULL THEN escalated_why ELSE '' END,
        CASE WHEN taken_at IS NOT NULL OR taken_again_at IS NOT NULL THEN hands.id END,
        CASE WHEN rated_at IS NOT NULL THEN stars END, rated_at, CASE WHEN rated_at IS NOT NULL THEN resolver ELSE '' END,
        CASE WHEN reviewed_at IS NOT NULL THEN NOT is_problem END
    FROM story s
    LEFT JOIN auth_user hands ON hands.username = s.hand
    CROSS JOIN LATERAL (SELECT
        CASE WHEN reopened_at IS NULL THEN resolved_at ELSE resolved_again_at END AS ended_at,
        CASE
            WHEN closed_at IS NOT NULL THEN 'closed'
            WHEN resolved_again_at IS NOT NULL OR resolved_at IS NOT NULL AND reopened_at IS NULL THEN 'resolved'
            WHEN reopened_at IS NOT NULL THEN CASE WHEN is_sorry THEN 'escalated' ELSE 'in_progress' END
            WHEN escalated_at IS NOT NULL THEN 'escalated'
            WHEN first_at IS NOT NULL THEN 'in_progress'
            ELSE 'open' END AS status
        OFFSET 0) AS states
"""

# What the customer says begins a turn; a rating answers the question that is the last one.
HEARD = f"""
    SELECT key, k, issue, turn, location, asked_at AS at, CASE follows
        WHEN 'thanks' THEN 'Deu certo, muito obrigada! 👍' WHEN 'person' THEN 'Quero falar com um atendente, por favor.'
        ELSE {words("key / 8")} END AS text
    FROM answer WHERE {BEGINS_A_TURN}
    UNION ALL
    SELECT key, k, issue, turn, location, rated_at, {STARS}
    FROM answer WHERE rated_at IS NOT NULL
"""

MESSAGES = f"""
    INSERT INTO issues_message (id, issue_id, turn, text, external_id, sent_at, received_at)
    SELECT history.id(at, key, 120), issue, turn, text,
        CASE WHEN history.u(k, 10) < 0.6 THEN 'ghl:' ELSE 'wa:3A' END || history.name(key, 121), at, at
    FROM ({HEARD}) AS heard
"""

KEY = "CASE WHEN history.u(k, 10) < 0.6 THEN 'ghl:workflow:' ELSE 'wa:mis:' END || history.name(key, 121)"
EVENT_KEYS = f"""
    INSERT INTO issues_eventkey (key, received_at)
    SELECT {KEY}, at FROM ({HEARD}) AS heard WHERE at >= %(events_since)s
"""
EVENTS = f"""
    INSERT INTO issues_inboundevent (id, source, key, kind, location, payload, issue_id, received_at)
    SELECT history.id(at, key, 122), CASE WHEN ghl THEN 'ghl_workflow' ELSE 'evolution' END,
        {KEY},
        CASE WHEN ghl THEN 'workflow' ELSE 'messages.upsert' END, location,
        CASE WHEN ghl THEN jsonb_build_object(
            'contact_id', 'MISbench' || k, 'full_name', 'Ana Exemplo', 'phone', '+5511900000001', 'tags', 'cliente,ativo',
            'location', jsonb_build_object('id', location, 'name', 'Cliente ' || right(location, 2), 'city', 'São Paulo', 'state', 'SP'),
            'workflow', jsonb_build_object('id', '3f1c0d6e-5a0b-4c8e-9f57-0c1d2e3f4a5b', 'name', 'Mensagem recebida'),
            'message', jsonb_build_object('type', 2, 'body', text), 'customData', jsonb_build_object('message_id', history.name(key, 121)))
        ELSE jsonb_build_object(
            'event', 'messages.upsert', 'instance', 'mis', 'date_time', at, 'sender', '5511900000099@s.whatsapp.net',
            'data', jsonb_build_object(
                'key', jsonb_build_object('remoteJid', '5511900000001@s.whatsapp.net', 'fromMe', false, 'id', '3A' || history.name(key, 121)),
                'pushName', 'Ana', 'status', 'DELIVERY_ACK', 'message', jsonb_build_object('conversation', text),
                'messageType', 'conversation', 'messageTimestamp', date_part('epoch', at)::int8, 'source', 'ios')) END,
        issue, at
    FROM (
        SELECT *, history.u(k, 10) < 0.6 AS ghl FROM ({HEARD}) AS heard
        WHERE at >= %(events_since)s OFFSET 0
    ) AS heard
"""

RESPONSES = f"""
    INSERT INTO issues_response (
        id, issue_id, turn, purpose, location, rank, state, kind, text, author_id, verdict, created_at, due_at, deadline_at,
        claimed_by, claimed_at, attempts, spoken_to, spoken_at, sent_at, channel_id, delivery, delivered_at, read_at, failure
    )
    SELECT a.id, issue, turn, purpose, location,
        CASE WHEN purpose = 'follow_up' THEN 4 WHEN purpose = 'survey' THEN 3 WHEN kind = 'human' THEN 0
            ELSE array_position(ARRAY['critical', 'high', 'medium', 'low'], priority) - 1 END,
        CASE WHEN sent_at IS NOT NULL THEN 'sent' WHEN follows = 'unreachable' THEN 'handed_over'
            WHEN follows = 'thanks' THEN 'cancelled' ELSE 'waiting' END,
        CASE WHEN sent_at IS NOT NULL THEN kind ELSE '' END,
        CASE WHEN sent_at IS NULL THEN '' WHEN purpose = 'survey'
            THEN 'De 1 a 5, que nota você dá para o nosso atendimento? Responda só com o número.'
            ELSE {pick(ANSWERS, "key", 130)} END,
        authors.id,
        CASE WHEN sent_at IS NULL THEN NULL WHEN kind = 'ai' THEN jsonb_build_object(
            'is_issue', true, 'issue_type', type, 'priority', priority, 'sentiment', 'negative', 'needs_human', false,
            'human_reason', '', 'language', 'pt-BR')
            WHEN kind = 'template' AND purpose = 'reply' THEN '{{"follow_up": true}}' END,
        asked_at, asked_at + interval '3 s',
        asked_at + CASE purpose WHEN 'survey' THEN interval '1 h' WHEN 'follow_up' THEN interval '10 min' ELSE {target("priority", 0)} END,
        CASE WHEN delivery <> '' THEN '0195f1d0-0000-7000-8000-000000000001'::uuid END,
        CASE WHEN delivery <> '' THEN GREATEST(asked_at, sent_at - interval '3 s') END,
        CASE WHEN follows = 'offline' THEN 3 ELSE 0 END,
        CASE WHEN delivery <> '' THEN {PHONE} ELSE '' END,
        CASE WHEN delivery <> '' THEN sent_at - interval '0.4 s' END, sent_at,
        CASE WHEN sent_at IS NOT NULL AND kind <> 'program' THEN '3EB0' || history.name(key, 131) END,
        delivery, delivered_at, read_at,
        CASE WHEN failed_at < %(until)s THEN 'refused_by_whatsapp' WHEN sent_at IS NOT NULL THEN ''
            WHEN follows = 'offline' THEN 'not_connected' WHEN follows = 'unreachable' THEN '{escalate.NO_PHONE}' ELSE '' END
    FROM (SELECT *, {PERSON} AS person FROM answer) AS a LEFT JOIN auth_user authors ON authors.username = a.by
"""

ANSWERED = "LEAST(history.around(key, 147, 1.7, 0.35), 2.6)"

# number, what makes it happen, seconds before the answer was sent, latency, whether it brought an answer, model.
ASKED = [
    (0, "kind = 'ai'", f"0.4 + {ANSWERED}", ANSWERED, True, "first"),
    (1, "kind = 'ai' AND history.u(key, 148) < 0.04", "3.1", "0.2 * history.u(key, 149)", False, "first"),
    (2, "follows = 'template'", "15", "4 + history.u(key, 149)", False, "first"),
    (3, "follows = 'template'", "9", "4 + history.u(key, 150)", False, "first"),
    (4, "follows = 'template'", "4", "3 + history.u(key, 151)", False, "second"),
]
FOR_AN_ANSWER = [
    f"""
        SELECT 8 * key + {n} AS number, id AS response, NULL::uuid AS issue, %(reply)s::uuid AS prompt, %({model}_model)s AS model,
            history.after(sent_at, -({ago})) AS started_at, ({latency})::float8 AS latency_s, {answered} AS answered
        FROM answer WHERE sent_at IS NOT NULL AND {happens}"""
    for n, happens, ago, latency, answered, model in ASKED
]
TO_JUDGE = [
    f"""
        SELECT 64 * k + {62 + n}, NULL::uuid, id, %(triage)s::uuid, %(first_model)s, history.after({at}, -1.5),
            0.7 + 0.7 * history.u(k, {152 + n}), TRUE
        FROM story WHERE {at} IS NOT NULL AND {happens}"""
    for n, (at, happens) in enumerate(
        [("judged_at", "ending IN ('silence', 'not solved')"), ("judged_again_at", "TRUE")]
    )
]

CALLS = f"""
    INSERT INTO issues_aicall (
        id, response_id, issue_id, prompt_id, model, started_at, latency_s, outcome,
        tokens_in, tokens_out, tokens_thought, tokens_cached, cost_usd
    )
    SELECT history.id(started_at, number, 140), response, issue, prompt, model, started_at, latency_s,
        CASE WHEN answered THEN 'answered' ELSE {choice("history.u(number, 141)", {"unavailable": 0.5, "late": 0.3, "busy": 0.2})} END,
        tokens_in, tokens_out, tokens_thought, tokens_cached,
        ((tokens_in - tokens_cached) * 0.30::float8 + tokens_cached * 0.03::float8 + (tokens_out + tokens_thought) * 2.5::float8) / 1e6::float8
    FROM (
        SELECT *,
            CASE WHEN answered THEN (CASE WHEN response IS NULL THEN 420 ELSE 680 END + 300 * history.u(number, 142))::int END AS tokens_in,
            CASE WHEN answered THEN (CASE WHEN response IS NULL THEN 18 ELSE 90 END + 100 * history.u(number, 143))::int END AS tokens_out,
            CASE WHEN answered THEN GREATEST(0, 800 * history.u(number, 144) - 400)::int END AS tokens_thought,
            CASE WHEN answered THEN CASE WHEN history.u(number, 145) < 0.7 THEN 0 ELSE 256 END END AS tokens_cached
        FROM ({" UNION ALL ".join(FOR_AN_ANSWER + TO_JUDGE)}) AS asked OFFSET 0
    ) AS counted
"""

# In the order in which they must be written; before them all, the customers.
STATEMENTS = [ISSUES, RESPONSES, MESSAGES, CALLS, ACTIONS, EVENT_KEYS, EVENTS]
