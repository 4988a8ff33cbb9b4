"""Chance in SQL that is the same each time: what happens to an issue depends on its number alone."""

from itertools import accumulate

# `k` is the number of an issue, a person, or an answer; `salt` says what is being decided. STABLE, so that they are inlined.
FUNCTIONS = """
    CREATE SCHEMA history;
    CREATE TABLE history.hour (first int8, n int8, starts_at timestamptz, ends_at timestamptz);

    -- 0 <= u < 1
    CREATE FUNCTION history.u(k int8, salt int8) RETURNS float8 LANGUAGE sql STABLE AS $$
        SELECT ((hashint8extended(k, salt) >> 11) & 9007199254740991)::float8 / 9007199254740992
    $$;

    -- lognormal: half of them are below `median`
    CREATE FUNCTION history.around(k int8, salt int8, median float8, spread float8) RETURNS float8 LANGUAGE sql STABLE AS $$
        SELECT median * exp(
            spread * sqrt(-2 * ln(1 - history.u(k, salt))) * cos(6.283185307179586 * history.u(k, salt + 1000))
        )
    $$;

    CREATE FUNCTION history.after(at timestamptz, seconds float8) RETURNS timestamptz LANGUAGE sql STABLE AS $$
        SELECT at + make_interval(secs => seconds)
    $$;

    CREATE FUNCTION history.past(at timestamptz, until timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
        SELECT CASE WHEN at < until THEN at END
    $$;

    -- a version 7 UUID of that moment, as `ids.uuid7` makes them
    CREATE FUNCTION history.id(at timestamptz, k int8, salt int8) RETURNS uuid LANGUAGE sql STABLE AS $$
        SELECT encode(
            int8send(((date_part('epoch', at) * 1000)::int8 << 16) | 28672 | (hashint8extended(k, salt) & 4095))
            || int8send((hashint8extended(k, salt + 1) & 4611686018427387903) | (-9223372036854775808)), 'hex'
        )::uuid
    $$;

    -- 16 characters as WhatsApp names messages
    CREATE FUNCTION history.name(k int8, salt int8) RETURNS text LANGUAGE sql STABLE AS $$
        SELECT upper(encode(int8send(hashint8extended(k, salt)), 'hex'))
    $$;
"""


def choice(drawn: str, shares: dict[str, float]) -> str:
    """SQL: one of the words, each with its share of all; `drawn` is SQL for 0 to 1. The last word gets what is left."""
    *steps, last = accumulate(shares.values())
    assert abs(last - 1) < 1e-9, shares
    words = ", ".join(f"'{word}'" for word in shares)
    return f"(ARRAY[{words}])[1 + width_bucket({drawn}, ARRAY[{', '.join(map(repr, steps))}]::float8[])]"


def zipf(names: list[str], power: float) -> dict[str, float]:
    """Shares of which the n-th is proportional to n ** -power."""
    weights = [n**-power for n in range(1, len(names) + 1)]
    return {name: weight / sum(weights) for name, weight in zip(names, weights, strict=True)}
