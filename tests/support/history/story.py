"""What happens to each issue, and when: one row per issue and one per answer, from which the product's rows are written.

A column that ends in `_at` is when it happened, null when it did not, or not before `until`.
"""

from issues import escalate
from issues.wording import TYPES

from .chance import choice, zipf

PEOPLE = 1_000_000
LOCATIONS = [f"MISbenchLocation{n:04}" for n in range(1, 51)]
STAFF = [f"pessoa{n}" for n in range(1, 7)]
PROGRAM = "SYSTEM_AUTO_RESOLVE"

BY_LOCATION = zipf(LOCATIONS, 1.1)
BY_TYPE = zipf([*reversed(TYPES), "vip_lead"], 0.8)
BY_PRIORITY = {"critical": 0.03, "high": 0.19, "medium": 0.53, "low": 0.25}
BY_SOURCE = {"ghl": 0.6, "whatsapp": 0.37, "api": 0.03}
STARS = choice("history.u(k, 44)", {"5": 0.62, "4": 0.24, "3": 0.08, "2": 0.03, "1": 0.03})

# At the end of the stream some wait for an answer and some more for an end; further back all have had theirs.
STUCK, STUCK_SHARE = 2_400, 0.025
LEFT, LEFT_SHARE = 30_000, 0.045

# Whom an issue is of is drawn so that some people have many issues and most have few.
PERSON = f"floor({PEOPLE} * power(history.u(k, 1), 1.3))::int8"
CUSTOMER = "history.id('2020-01-01', person, 6)"
PHONE = "'+5511' || 900000000 + person"
LOCATION = choice("history.u(person, 2)", BY_LOCATION)


# The columns in the order in which STORY ends.
TABLE = """
    -- `start` is who answers first, or why nobody does; `says` is what the customer writes next; `ending` is how it ends.
    CREATE TEMP TABLE story (
        k int8, id uuid, customer uuid, location text, type text, priority text, source text,
        at timestamptz, received_at timestamptz, start text, hand text, is_failed bool, says text,
        basis text, resolver text, stars int, is_sorry bool, resolver_again text,
        first_at timestamptz, follow_at timestamptz, heard_at timestamptz, more_at timestamptz, judged_at timestamptz,
        ending text, escalated_at timestamptz, escalated_why text, taken_at timestamptz, hand_at timestamptz,
        resolved_at timestamptz, surveyed_at timestamptz, rated_at timestamptz, reopened_at timestamptz,
        again_at timestamptz, taken_again_at timestamptz, judged_again_at timestamptz, hand_again_at timestamptz,
        resolved_again_at timestamptz, reviewed_at timestamptz, is_problem bool, closed_at timestamptz
    );
"""

STORY = f"""
    INSERT INTO story
    WITH arrived AS (
        SELECT k, {PERSON} AS person,
            hour.ends_at - (hour.ends_at - hour.starts_at) * ((k - hour.first + history.u(k, 3)) / hour.n) AS at
        FROM history.hour CROSS JOIN LATERAL generate_series(
            GREATEST(hour.first, %(first)s::int8), LEAST(hour.first + hour.n, %(end)s::int8) - 1
        ) AS k
        WHERE hour.n > 0 AND hour.first < %(end)s::int8 AND hour.first + hour.n > %(first)s::int8
        OFFSET 0
    ), known AS (
        SELECT k, person, at,
            history.id(at, k, 4) AS id,
            {CUSTOMER} AS customer,
            {LOCATION} AS location,
            {choice("history.u(k, 8)", BY_TYPE)} AS type,
            {choice("history.u(k, 9)", BY_PRIORITY)} AS priority,
            {choice("history.u(k, 10)", BY_SOURCE)} AS source,
            history.after(at, 0.02 + 0.28 * history.u(k, 11)) AS received_at,
            CASE WHEN k BETWEEN 0 AND {STUCK - 1} AND history.u(k, 12) < {STUCK_SHARE}
                THEN {choice("history.u(k, 13)", {"offline": 0.5, "unreachable": 0.5})}
                ELSE {choice("history.u(k, 13)", {"ai": 0.925, "template": 0.04, "notice": 0.015, "human": 0.012, "program": 0.008})}
            END AS start,
            k BETWEEN 0 AND {LEFT - 1} AND history.u(k, 14) < {LEFT_SHARE} AS is_left,
            '{{{",".join(STAFF)}}}'::text[] AS staff
        FROM arrived
        OFFSET 0
    ), answered AS (
        SELECT *,
            staff[1 + floor(6 * history.u(k, 15))::int] AS hand,
            history.after(received_at, CASE start
                WHEN 'ai' THEN (3.2 + history.around(k, 16, 3.1, 0.4)) * CASE WHEN history.u(k, 17) < 0.02 THEN 2 + 8 * history.u(k, 18) ELSE 1 END
                WHEN 'template' THEN 18 + 11 * history.u(k, 16)
                WHEN 'notice' THEN 0.8 + 1.2 * history.u(k, 16)
                WHEN 'human' THEN history.around(k, 16, 260, 0.8)
                WHEN 'program' THEN 60 + 300 * history.u(k, 16)
            END) AS first_at
        FROM known
        OFFSET 0
    ), followed AS (
        SELECT *,
            start IN ('ai', 'template') AND history.u(k, 20) < 0.008 AS is_failed,
            CASE WHEN start = 'template' AND history.u(k, 21) < 0.8
                THEN history.after(first_at, 32 + 60 * history.u(k, 22)) END AS follow_at
        FROM answered
        OFFSET 0
    ), called AS (
        SELECT *,
            COALESCE(follow_at, first_at) AS said_at,
            CASE
                WHEN start = 'unreachable' THEN '{escalate.NO_PHONE}'
                WHEN start = 'notice' THEN {choice("history.u(k, 23)", {escalate.ASKS_FOR_A_PERSON: 0.7, escalate.UNREADABLE: 0.2, escalate.LEGAL: 0.1})}
                WHEN is_failed THEN '{escalate.NOT_DELIVERED}'
                WHEN start = 'template' AND follow_at IS NULL THEN '{escalate.ONLY_A_TEMPLATE}'
                WHEN start = 'ai' AND history.u(k, 24) < 0.011 THEN '{escalate.WANTS_A_PERSON}'
            END AS called_why
        FROM followed
        OFFSET 0
    ), heard AS (
        SELECT *,
            CASE called_why
                WHEN '{escalate.NO_PHONE}' THEN history.after(received_at, 0.002)
                WHEN '{escalate.NOT_DELIVERED}' THEN history.after(first_at, 2)
                WHEN '{escalate.ONLY_A_TEMPLATE}' THEN history.after(first_at, 600)
                WHEN '{escalate.WANTS_A_PERSON}' THEN history.after(first_at, 0.001)
                ELSE CASE WHEN called_why IS NOT NULL THEN history.after(received_at, 0.002) END
            END AS called_at,
            CASE WHEN called_why IS NULL AND start IN ('ai', 'template')
                THEN {choice("history.u(k, 26)", {"thanks": 0.17, "more": 0.07, "person": 0.01, "": 0.75})} ELSE '' END AS says
        FROM called
        OFFSET 0
    ), spoken AS (
        SELECT *,
            CASE WHEN says <> '' THEN history.after(said_at, 10 + history.around(k, 27, 90, 1)) END AS heard_at
        FROM heard
        OFFSET 0
    ), replied AS (
        SELECT *,
            CASE says
                WHEN 'more' THEN history.after(heard_at, 3.2 + history.around(k, 28, 3.1, 0.4))
                WHEN 'person' THEN history.after(heard_at, 0.8 + 1.2 * history.u(k, 28))
            END AS more_at
        FROM spoken
        OFFSET 0
    ), ended AS (
        SELECT *,
            COALESCE(more_at, heard_at, said_at) AS quiet_at,
            CASE
                WHEN is_left OR start IN ('offline', 'unreachable') AND k >= 0 THEN ''
                WHEN called_why IS NOT NULL OR says = 'person' THEN 'person'
                WHEN start = 'human' THEN 'person'
                WHEN start = 'program' THEN 'program'
                WHEN says = 'thanks' AND priority <> 'critical' THEN 'thanks'
                WHEN history.u(k, 29) < 0.12 THEN 'program'
                WHEN history.u(k, 29) < 0.16 THEN 'chance'
                WHEN priority = 'critical' THEN 'critical'
                WHEN history.u(k, 30) < 0.015 THEN 'not solved'
                ELSE 'silence'
            END AS ending
        FROM replied
        OFFSET 0
    ), judged AS (
        SELECT *,
            CASE WHEN ending IN ('critical', 'not solved', 'silence')
                THEN history.after(quiet_at, 60 * history.around(k, 31, 75, 0.45)) END AS judged_at,
            history.u(k, 32) >= 0.998 AS is_closed
        FROM ended
        OFFSET 0
    ), handed AS (
        SELECT *,
            CASE
                WHEN says = 'person' THEN heard_at
                WHEN ending IN ('critical', 'not solved') THEN history.after(judged_at, 0.01)
                ELSE called_at
            END AS escalated_at,
            CASE
                WHEN says = 'person' THEN '{escalate.ASKS_FOR_A_PERSON}'
                WHEN ending = 'critical' THEN '{escalate.CRITICAL}'
                WHEN ending = 'not solved' THEN '{escalate.NOT_SOLVED}'
                ELSE called_why
            END AS escalated_why
        FROM judged
        OFFSET 0
    ), taken AS (
        SELECT *,
            CASE WHEN escalated_at IS NOT NULL AND ending <> '' OR start = 'human' THEN history.after(
                COALESCE(escalated_at, received_at), CASE
                    WHEN start = 'human' THEN 0.5
                    WHEN history.u(k, 33) < 0.012 THEN LEAST(3600 * history.around(k, 34, 30, 0.6), 5 * 86400)
                    WHEN history.u(k, 33) < 0.042 THEN 3600 * (5 + 9 * history.u(k, 34))
                    ELSE 60 * history.around(k, 34, 4, 0.9)
                END) END AS taken_at
        FROM handed
        OFFSET 0
    ), settled AS (
        SELECT *,
            CASE WHEN taken_at IS NOT NULL AND start <> 'human' AND NOT is_failed AND history.u(k, 35) < 0.6
                THEN history.after(taken_at, 20 + 180 * history.u(k, 36)) END AS hand_at,
            CASE WHEN is_closed THEN NULL ELSE CASE
                WHEN ending = 'thanks' THEN history.after(heard_at, 3.2)
                WHEN ending = 'silence' THEN history.after(judged_at, 0.01)
                WHEN ending = 'program' THEN history.after(quiet_at, 60 * history.around(k, 37, 45, 0.7))
                WHEN ending = 'chance' THEN history.after(quiet_at, 60 * history.around(k, 37, 25, 0.8))
                WHEN taken_at IS NOT NULL THEN history.after(GREATEST(taken_at, first_at), 240 + 60 * history.around(k, 37, 40, 0.8))
            END END AS resolved_at,
            CASE ending WHEN 'thanks' THEN 'customer_confirmed' WHEN 'silence' THEN 'silence' WHEN 'program' THEN 'program' ELSE 'human' END AS basis,
            CASE WHEN ending IN ('thanks', 'silence') THEN 'system' WHEN ending = 'program' THEN '{PROGRAM}' ELSE hand END AS resolver
        FROM taken
        OFFSET 0
    ), asked AS (
        SELECT *, CASE WHEN basis <> 'program' AND history.u(k, 40) < 0.33 AND NOT is_failed
            THEN history.after(resolved_at, 60.5 + 2 * history.u(k, 41)) END AS surveyed_at
        FROM settled
        OFFSET 0
    ), rated AS (
        SELECT *,
            CASE WHEN history.u(k, 42) < 0.62 THEN history.after(surveyed_at, 15 + history.around(k, 43, 70, 1.2)) END AS rated_at,
            {STARS}::int AS stars
        FROM asked
        OFFSET 0
    ), again AS (
        SELECT *,
            rated_at IS NOT NULL AND stars < 3 AS is_sorry,
            CASE
                WHEN rated_at IS NOT NULL AND stars < 3 THEN history.after(rated_at, 0.001)
                WHEN history.u(k, 45) < 0.04
                    THEN history.after(GREATEST(resolved_at, rated_at), LEAST(600 + 3600 * history.around(k, 46, 6, 1.2), 6.5 * 86400))
            END AS reopened_at
        FROM rated
        OFFSET 0
    ), retold AS (
        SELECT *,
            CASE WHEN reopened_at IS NOT NULL AND NOT is_sorry THEN history.after(reopened_at, 3.2 + history.around(k, 47, 3.1, 0.4)) END AS again_at,
            CASE WHEN is_sorry THEN history.after(reopened_at, 60 * history.around(k, 48, 6, 0.9)) END AS taken_again_at
        FROM again
        OFFSET 0
    ), done AS (
        SELECT *,
            CASE WHEN again_at IS NOT NULL THEN history.after(again_at, 60 * history.around(k, 49, 75, 0.45)) END AS judged_again_at,
            CASE WHEN is_sorry THEN history.after(taken_again_at, 30 + 120 * history.u(k, 50)) END AS hand_again_at
        FROM retold
        OFFSET 0
    ), closed AS (
        SELECT *,
            CASE WHEN is_sorry THEN history.after(hand_again_at, 60 * history.around(k, 51, 30, 0.8)) ELSE history.after(judged_again_at, 0.01) END
                AS resolved_again_at,
            CASE WHEN is_sorry THEN hand ELSE 'system' END AS resolver_again,
            CASE WHEN is_closed THEN history.after(quiet_at, 60 * history.around(k, 52, 10, 0.5)) END AS closed_at
        FROM done
        OFFSET 0
    ), reviewed AS (
        SELECT *, COALESCE(closed_at, CASE WHEN history.u(k, 53) < 0.02
            THEN history.after(COALESCE(resolved_again_at, resolved_at), 3600 * history.around(k, 54, 5, 0.8)) END) AS reviewed_at
        FROM closed
        OFFSET 0
    )
    SELECT k, id, customer, location, type, priority, source, at, received_at, start, hand, is_failed, says, basis, resolver, stars,
        is_sorry, resolver_again,
        history.past(first_at, %(until)s), history.past(follow_at, %(until)s), history.past(heard_at, %(until)s),
        history.past(more_at, %(until)s),
        CASE WHEN closed_at IS NULL OR judged_at < closed_at THEN history.past(judged_at, %(until)s) END,
        ending,
        CASE WHEN closed_at IS NULL OR escalated_at < closed_at THEN history.past(escalated_at, %(until)s) END, escalated_why,
        CASE WHEN closed_at IS NULL OR taken_at < closed_at THEN history.past(taken_at, %(until)s) END,
        CASE WHEN closed_at IS NULL OR hand_at < closed_at THEN history.past(hand_at, %(until)s) END,
        history.past(resolved_at, %(until)s), history.past(surveyed_at, %(until)s),
        history.past(rated_at, %(until)s), history.past(reopened_at, %(until)s), history.past(again_at, %(until)s),
        history.past(taken_again_at, %(until)s), history.past(judged_again_at, %(until)s),
        history.past(hand_again_at, %(until)s), history.past(resolved_again_at, %(until)s),
        history.past(reviewed_at, %(until)s), closed_at IS NULL AND history.u(k, 55) < 0.7,
        history.past(closed_at, %(until)s)
    FROM reviewed
"""
