"""What is said to each customer: the answers of a story, one row each, with what becomes of them."""

TABLE = """
    -- `key` is the answer's own number, 8 for each issue; `turn` counts those of its issue. `asked_at` is when the turn began.
    CREATE TEMP TABLE answer (
        key int8, k int8, id uuid, issue uuid, turn int, purpose text, kind text, by text, location text, priority text,
        asked_at timestamptz, sent_at timestamptz, delivery text, delivered_at timestamptz, read_at timestamptz,
        failed_at timestamptz, type text, follows text, rated_at timestamptz
    );
"""

FIRST, FOLLOW_UP, NEXT, BY_HAND, SURVEY, AGAIN, BY_HAND_AGAIN = range(7)

# asked, sent, purpose, kind and by, in SQL. `kind` and `sent` may be missing: then nothing was said.
GIVEN = {
    FIRST: (
        "received_at",
        "first_at",
        "CASE start WHEN 'notice' THEN 'handover' ELSE 'reply' END",
        "CASE WHEN start IN ('ai', 'human', 'program') THEN start WHEN start IN ('offline', 'unreachable') THEN '' ELSE 'template' END",
        "CASE WHEN start = 'human' THEN CASE WHEN mod(k, 2) = 0 THEN hand ELSE 'person' END "
        "WHEN start = 'program' THEN 'SYSTEM_AUTO_RESPONSE' ELSE 'system' END",
    ),
    FOLLOW_UP: ("CASE WHEN follow_at IS NOT NULL THEN first_at END", "follow_at", "'follow_up'", "'ai'", "'system'"),
    NEXT: (
        "heard_at",
        "more_at",
        "CASE says WHEN 'person' THEN 'handover' ELSE 'reply' END",
        "CASE says WHEN 'more' THEN 'ai' WHEN 'person' THEN 'template' ELSE '' END",
        "'system'",
    ),
    BY_HAND: ("hand_at", "hand_at", "'reply'", "'human'", "hand"),
    SURVEY: ("surveyed_at", "surveyed_at", "'survey'", "'template'", "'system'"),
    AGAIN: ("CASE WHEN NOT is_sorry THEN reopened_at END", "again_at", "'reply'", "'ai'", "'system'"),
    BY_HAND_AGAIN: ("hand_again_at", "hand_again_at", "'reply'", "'human'", "hand"),
}
BEGINS_A_TURN = f"key & 7 IN ({FIRST}, {NEXT}, {AGAIN})"
FOLLOWS = {FIRST: "start", NEXT: "says"}

# A branch for each: rows of VALUES would be prepared again for every issue, which takes five times as long.
EACH = " UNION ALL ".join(
    f"""
        SELECT 8 * k + {slot} AS key, k, id AS issue, {asked} AS asked_at, {sent} AS sent_at, {purpose} AS purpose,
            {kind} AS kind, {by} AS by, location, priority, type, {FOLLOWS.get(slot, "''")} AS follows,
            {"rated_at" if slot == SURVEY else "NULL::timestamptz"} AS rated_at,
            {"is_failed" if slot == FIRST else "FALSE"} AS fails
        FROM story WHERE {asked} IS NOT NULL"""
    for slot, (asked, sent, purpose, kind, by) in GIVEN.items()
)

# What people and programs say outside of MIS has no receipts.
ANSWERS = f"""
    INSERT INTO answer
    WITH given AS (
        SELECT *, row_number() OVER (PARTITION BY k ORDER BY asked_at, key) AS turn, by NOT IN ('person', 'SYSTEM_AUTO_RESPONSE') AS is_ours
        FROM ({EACH}) AS each
    ), arriving AS (
        SELECT *,
            CASE WHEN is_ours AND NOT fails AND history.u(key, 60) > 0.004
                THEN history.after(sent_at, history.around(key, 61, 2.2, 0.5)) END AS delivered_at,
            CASE WHEN fails THEN history.after(sent_at, 2) END AS failed_at
        FROM given
        OFFSET 0
    ), reading AS (
        SELECT *, CASE WHEN history.u(key, 62) < 0.75
            THEN history.after(delivered_at, history.around(key, 63, 20, 1.2)) END AS read_at
        FROM arriving
        OFFSET 0
    )
    SELECT key, k, history.id(asked_at, key, 64), issue, turn, purpose, kind, by, location, priority, asked_at, sent_at,
        CASE
            WHEN sent_at IS NULL OR NOT is_ours THEN ''
            WHEN failed_at < %(until)s THEN 'failed'
            WHEN read_at < %(until)s THEN 'read'
            WHEN delivered_at < %(until)s THEN 'delivered'
            ELSE 'sending' END,
        history.past(delivered_at, %(until)s), history.past(read_at, %(until)s), history.past(failed_at, %(until)s),
        type, follows, rated_at
    FROM reading
"""
