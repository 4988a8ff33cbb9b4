"""What happened to each issue, in the order in which it did: the spine, from story and answer."""

from issues import escalate

from .answers import BEGINS_A_TURN, FIRST

# When, what, by whom, whether it worked, and the detail, in SQL.
AROUND_AN_ANSWER = [
    (f"CASE WHEN {BEGINS_A_TURN} THEN asked_at END", f"CASE key & 7 WHEN {FIRST} THEN 'received' ELSE 'joined' END", "'customer'", True, "'{}'"),
    ("CASE WHEN follows = 'template' THEN sent_at - interval '0.5 s' END", "'fell_back'", "'system'", False,
        """'{"why": ["unavailable", "late"], "to": "template"}'"""),
    ("CASE WHEN kind = 'ai' AND history.u(key, 161) < 0.01 THEN sent_at - interval '3 s' END", "'fell_back'", "'system'", False,
        """'{"why": ["unavailable"], "to": "second_model"}'"""),
    ("CASE WHEN follows = 'offline' THEN asked_at + interval '6 s' WHEN kind = 'ai' AND history.u(key, 162) < 0.005 THEN sent_at - interval '1 s' END",
        "'failed'", "'system'", False, """'{"code": "not_connected", "again": true}'"""),
    ("CASE WHEN follows = 'unreachable' THEN asked_at + interval '1 ms' END", "'failed'", "'system'", False, f"""'{{"reason": "{escalate.NO_PHONE}"}}'"""),
    ("CASE WHEN purpose = 'reply' THEN sent_at END", "'replied'", "by", True, "jsonb_build_object('how', kind)"),
    ("CASE WHEN purpose <> 'reply' THEN sent_at END", "CASE purpose WHEN 'survey' THEN 'surveyed' ELSE 'replied' END", "by", True,
        "jsonb_build_object('how', kind, 'purpose', purpose)"),
    ("delivered_at", "'delivered'", "'whatsapp'", True, "'{}'"),
    ("read_at", "'read'", "'whatsapp'", True, "'{}'"),
    ("failed_at", "'failed'", "'whatsapp'", False, "'{}'"),
]  # fmt: skip
TO_AN_ISSUE = [
    ("judged_at", "'triaged'", "'system'", True,
        f"""CASE ending WHEN 'silence' THEN '{{"resolved": true}}' WHEN 'not solved' THEN '{{"resolved": false}}'
            ELSE '{{"reason": "{escalate.CRITICAL}"}}' END"""),
    ("CASE WHEN says = 'thanks' AND ending <> 'thanks' THEN heard_at + interval '3 s' END", "'triaged'", "'system'", True, """'{"why": "only_thanks"}'"""),
    ("escalated_at", "'escalated'", "'system'", True, "jsonb_build_object('reason', escalated_why)"),
    ("taken_at", "'assigned'", "hand", True, "jsonb_build_object('to', hand)"),
    ("resolved_at", "'resolved'", "resolver", True, "jsonb_build_object('basis', basis)"),
    ("rated_at", "'rated'", "'customer'", True, "jsonb_build_object('stars', stars, 'of', resolver)"),
    ("reopened_at", "'reopened'", "CASE WHEN is_sorry THEN 'system' ELSE 'customer' END", True, "'{}'"),
    ("CASE WHEN is_sorry THEN reopened_at + interval '1 ms' END", "'escalated'", "'system'", True, f"""'{{"reason": "{escalate.NOT_CONTENT}"}}'"""),
    ("taken_again_at", "'assigned'", "hand", True, "jsonb_build_object('to', hand)"),
    ("judged_again_at", "'triaged'", "'system'", True, """'{"resolved": true}'"""),
    ("resolved_again_at", "'resolved'", "resolver_again", True,
        """CASE WHEN is_sorry THEN '{"basis": "human"}' ELSE '{"basis": "silence"}' END"""),
    ("reviewed_at", "'reviewed'", "hand", True, "jsonb_build_object('problem', is_problem)"),
]  # fmt: skip


def _happened(table: str, number: str, names: str, events: list[tuple]) -> list[str]:
    return [
        f"""
        SELECT {number} + {n} AS number, {names}, {at} AS at, {kind} AS kind, {by} AS by, {success} AS success, ({detail})::jsonb AS detail
        FROM {table} WHERE {at} IS NOT NULL"""
        for n, (at, kind, by, success, detail) in enumerate(events)
    ]


EVERYTHING = [
    *_happened("answer", "128 * k + 16 * (key & 7)", "issue, id AS response", AROUND_AN_ANSWER),
    *_happened("story", "128 * k + 112", "id, NULL::uuid", TO_AN_ISSUE),
]

ACTIONS = f"""
    INSERT INTO issues_action (id, issue_id, response_id, kind, at, by, user_id, automated, success, detail)
    SELECT history.id(at, number, 160), issue, response, kind, at, by, users.id, by = 'system' OR by LIKE 'SYSTEM%%', success, detail
    FROM ({" UNION ALL ".join(EVERYTHING)}) AS happened LEFT JOIN auth_user users ON users.username = happened.by
    ORDER BY at
"""
