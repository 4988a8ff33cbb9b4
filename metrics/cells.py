"""The SQL that adds rows up: into cells, and straight from the rows where there is no cell. All made of `measures`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.utils import timezone

from .measures import BASES, MEASURES, Basis, Count, Durations, Measure, Names, Sum, counted, of
from .models import Dims, Grain
from .plan import Plan, Stretch, after, merged, starts
from .window import Window

Table = Literal["detected", "happened"]
TABLES: tuple[Table, ...] = ("detected", "happened")
SEGMENT = "segment"
DETECTED = next(measure for measure in MEASURES if measure.name == "detected")
Statement = tuple[str, dict[str, Any]]

# What is read is always a small part of its tables. The planner, which cannot know how small, would now and then read them
# whole, compile the query, or plan for any time that there might be; each costs more than any of these do.
BY_INDEX = "; ".join(
    [
        *(f"SET LOCAL enable_{way} = off" for way in ("hashjoin", "mergejoin", "material", "seqscan")),
        "SET LOCAL max_parallel_workers_per_gather = 0",
        "SET LOCAL plan_cache_mode = force_custom_plan",
        "SET LOCAL jit = off",
    ]
)

ONE = r"'\x00000001'::bytea"  # int4send(1)
KEYS = "start, dims, location, priority, type"
# Which cells there are, those that say the least first. Of minutes there are but few rows each, and of one location but few
# for each priority: there the others are added up when they are asked for.
DIMS = {
    Grain.MINUTE: [Dims.ALL, Dims.PRIORITY, Dims.EACH],
    Grain.HOUR: [Dims.ALL, Dims.PRIORITY, Dims.TYPE, Dims.TYPE_PRIORITY, Dims.LOCATION, Dims.EACH],
    Grain.DAY: [Dims.ALL, Dims.PRIORITY, Dims.TYPE, Dims.TYPE_PRIORITY, Dims.LOCATION, Dims.EACH],
}
BITS = {"type": 1, "location": 2, "priority": 4}
# GROUPING has a bit for each of its columns that is added up.
GROUPED_KEYS = (
    f"start, {int(Dims.EACH)} - GROUPING(priority, location, type) AS dims, "
    "COALESCE(location, '') AS location, COALESCE(priority, '') AS priority, COALESCE(type, '') AS type"
)


def _grouped(grain: Grain) -> str:
    sets = [", ".join(name for name, bit in BITS.items() if dims & bit) for dims in DIMS[grain]]
    return f"start, GROUPING SETS (({'), ('.join(sets)}))"


def measures_of(table: Table) -> list[Measure]:
    return [measure for measure in MEASURES if measure.basis.cells == table]


# --- Into cells -----------------------------------------------------------------------------------


def stored(table: Table, grain: Grain, begins: list[datetime], now: datetime, zone: ZoneInfo) -> list[Statement]:
    """The statements that measure the cells that start at `begins` again, in place of those there are."""
    stretches = merged((start, after(grain, start, zone)) for start in begins)
    params = {"grain": int(grain), "starts": instants(sorted(begins)), "now": now} | among(stretches)
    columns = [measure.name for measure in measures_of(table)]
    rows, parts = [], []
    for basis in (basis for basis in BASES if basis.cells == table):
        rows.append(_stored_rows(basis))
        parts += _parts(basis, _grouped(grain))
    union = " UNION ALL ".join(_padded(part, table) for part in parts)
    insert = f"""
        WITH {", ".join(rows)}
        INSERT INTO metrics_{table} (grain, {KEYS}, {", ".join(columns)})
        SELECT %(grain)s, {KEYS}, {", ".join(_joined(measure) for measure in measures_of(table))}
        FROM ({union}) AS each GROUP BY {KEYS}"""
    delete = f"DELETE FROM metrics_{table} WHERE grain = %(grain)s AND start = ANY(%(starts)s::timestamptz[])"
    return [(delete, params), (insert, params)]


def _stored_rows(basis: Basis) -> str:
    """The step that finds the rows of one basis, each with what it has to say."""
    measures = [measure for measure in MEASURES if measure.basis is basis]
    return f"""{basis.name}_rows AS MATERIALIZED (
        SELECT (%(starts)s::timestamptz[])[width_bucket(at, %(starts)s::timestamptz[])] AS start,
            location, priority, type, {", ".join(measure.name for measure in measures)}
        FROM {_said(measures, counted())})"""


@dataclass(frozen=True)
class Part:
    """What is added up of one basis at once, by cell: measures, and the statement with a column for each."""

    measures: list[Measure]
    text: str


def _parts(basis: Basis, grouped: str) -> list[Part]:
    """All numbers at once; durations and names each by itself, because they are counted by value first."""
    numbers = of(basis, Count) + of(basis, Sum)
    added = ", ".join(f"{_added(measure)} AS {measure.name}" for measure in numbers)
    parts = [Part(numbers, f"SELECT {GROUPED_KEYS}, {added} FROM {basis.name}_rows GROUP BY {grouped}")]
    for measure in of(basis, Durations) + of(basis, Names):
        pack = (
            "string_agg(int2send(value::int2) || int4send(n::int4), ''::bytea ORDER BY value)"
            if isinstance(measure, Durations)
            else "jsonb_object_agg(value, n)"
        )
        text = f"""
            SELECT {KEYS}, {pack} AS {measure.name} FROM (
                SELECT {GROUPED_KEYS}, {measure.name} AS value, count(*) AS n FROM {basis.name}_rows
                WHERE {measure.name} IS NOT NULL GROUP BY {measure.name}, {grouped}
            ) AS counted GROUP BY {KEYS}"""
        parts.append(Part([measure], text))
    return parts


def _value(measure: Measure) -> str:
    """What one row has to say for a measure."""
    if isinstance(measure, Durations):
        return measure.code
    return measure.condition if isinstance(measure, Count) else measure.expression


def _added(measure: Count | Sum) -> str:
    """The values of many rows as one."""
    if isinstance(measure, Count):
        return f"count(*) FILTER (WHERE {measure.name})"
    return f"COALESCE(sum({measure.name}), 0)"


def _padded(part: Part, table: Table) -> str:
    """A part with nothing in the columns of the others."""
    columns = [
        measure.name if measure in part.measures else f"{_nothing(measure)} AS {measure.name}"
        for measure in measures_of(table)
    ]
    return f"SELECT {KEYS}, {', '.join(columns)} FROM ({part.text}) AS part"


def _nothing(measure: Measure) -> str:
    if isinstance(measure, Durations):
        return "NULL::bytea"
    return "NULL::jsonb" if isinstance(measure, Names) else "0"


def _joined(measure: Measure) -> str:
    """One column of a cell out of those of its parts, of which one at most says anything."""
    if isinstance(measure, Durations):
        return f"string_agg({measure.name}, ''::bytea)"
    if isinstance(measure, Names):
        return f"(array_agg({measure.name}) FILTER (WHERE {measure.name} IS NOT NULL))[1]"
    return f"sum({measure.name})"


# --- For a window ---------------------------------------------------------------------------------


def read(measures: list[Measure], plan: Plan, cuts: list[datetime], window: Window, by: str) -> Iterable[Statement]:
    """The statements that read some measures of one table in the window's time.

    A row per segment between the cuts, of which 1 is the first, or per value of "priority", "location" or "type". Columns: `place`,
    which of them, then the measures, or those of one basis.
    """
    params: dict[str, Any] = {"cuts": instants(cuts), "now": window.as_of} | window.filters
    if any(plan.cells.values()):
        yield _cells(measures, plan, window, by, params)
    for basis in BASES:
        own = [measure for measure in measures if measure.basis is basis]
        if own and plan.rows:
            yield _rows(own, plan.rows, window, by, params)


def _cells(measures: list[Measure], plan: Plan, window: Window, by: str, params: dict) -> Statement:
    table = measures[0].basis.cells
    columns = ", ".join(_summed(measure) for measure in measures)
    each, those = _chosen(table, plan, window, by)
    text = f"""
        SELECT {place(by, "start")} AS place, {columns} FROM ({each}) AS cells GROUP BY 1"""
    return text, params | those


def counts(table: Table, expression: str, plan: Plan, window: Window) -> Statement:
    """The statement that reads how many there were in each of the plan's cells: grain, start, number."""
    each, those = _chosen(table, plan, window)
    return f"SELECT grain, start, sum({expression}) FROM ({each}) AS cells GROUP BY 1, 2", window.filters | those


def received(by: str, plan: Plan, cuts: list[datetime], window: Window) -> Iterable[Statement]:
    """The statements that read how many issues with which value of "priority", "location" or "type" were detected in each
    segment between the cuts, of which 1 is the first: value, segment, number.
    """
    params: dict[str, Any] = {"cuts": instants(cuts), "now": window.as_of} | window.filters
    if any(plan.cells.values()):
        each, those = _chosen("detected", plan, window, by)
        text = f"SELECT {by}, {place(SEGMENT, 'start')}, sum(detected)::bigint FROM ({each}) AS cells GROUP BY 1, 2"
        yield text, params | those
    if plan.rows:
        said = _said([DETECTED], f"{counted()} AND {scoped(window)}")
        yield f"SELECT {by}, {place(SEGMENT, 'at')}, count(*) FROM {said} GROUP BY 1, 2", params | among(plan.rows)


def _chosen(table: Table, plan: Plan, window: Window, by: str = "") -> tuple[str, dict[str, Any]]:
    """The cells of the plan that are of the window's issues, and the parameters that name them."""
    wanted = {*window.filters, by} & BITS.keys()
    narrowed = "".join(f" AND {name} = %({name})s" for name in window.filters)
    each, params = [], {}
    for grain, stretches in plan.cells.items():
        if stretches:
            begins, more = _starts(grain, stretches)
            each.append(
                f"SELECT * FROM metrics_{table} WHERE grain = {int(grain)} AND dims = {int(_dims(grain, wanted))} "
                f"AND start = ANY({begins}){narrowed}"
            )
            params |= more
    return " UNION ALL ".join(each), params


def _dims(grain: Grain, wanted: set[str]) -> Dims:
    """The cells that say the least of those that say what is wanted."""
    bits = sum(BITS[name] for name in wanted)
    return next(dims for dims in DIMS[grain] if dims & bits == bits)


def _starts(grain: Grain, stretches: list[Stretch]) -> Statement:
    """Where each cell of the stretches begins, as an array. The many short ones are counted up by the database."""
    if grain == Grain.DAY:
        days = starts(grain, stretches, timezone.get_default_timezone())
        return "%(days)s::timestamptz[]", {"days": instants(days)}
    name = grain.name.lower()
    since, until = zip(*stretches, strict=True)
    text = f"""ARRAY(
        SELECT generate_series(since, until - interval '1 {name}', interval '1 {name}')
        FROM unnest(%({name}_since)s::timestamptz[], %({name}_until)s::timestamptz[]) AS stretch (since, until))"""
    return text, {f"{name}_since": instants(since), f"{name}_until": instants(until)}


def _summed(measure: Measure) -> str:
    name = measure.name
    if isinstance(measure, Durations):
        return f"string_agg({name}, ''::bytea) AS {name}"
    if isinstance(measure, Names):
        return f"jsonb_agg({name}) FILTER (WHERE {name} IS NOT NULL) AS {name}"
    return f"sum({name})::{'float8' if isinstance(measure, Sum) else 'bigint'} AS {name}"


def _rows(measures: list[Measure], stretches: list[Stretch], window: Window, by: str, params: dict) -> Statement:
    columns = ", ".join(f"{_of_rows(measure)} AS {measure.name}" for measure in measures)
    said = _said(measures, f"{counted()} AND {scoped(window)}")
    text = f"SELECT {place(by, 'at')} AS place, {columns} FROM {said} GROUP BY 1"
    return text, params | among(stretches)


def place(by: str, at: str, of: str = "") -> str:
    """The expression of where something counts: in which segment, by its instant `at`, or under which value of its issue.

    Of "answered_by" there are no cells: it is a part of the durations' codes.
    """
    return f"width_bucket({at}, %(cuts)s::timestamptz[])" if by == SEGMENT else f"{of}{by}"


def _of_rows(measure: Measure) -> str:
    """What the rows that `_said` finds say together."""
    name = measure.name
    if isinstance(measure, Count):
        return f"count(*) FILTER (WHERE {name})"
    if isinstance(measure, Sum):
        return f"COALESCE(sum({name}), 0)::float8"
    if isinstance(measure, Durations):
        return f"string_agg(int2send({name}::int2) || {ONE}, ''::bytea)"
    return f"jsonb_agg({name}) FILTER (WHERE {name} IS NOT NULL)"


def _said(measures: list[Measure], condition: str) -> str:
    """The rows of one basis that count within the stretches of `among`: at, location, priority, type, and what each says for the measures.

    Stretch by stretch: behind OFFSET the planner cannot turn that round, and begin with all rows there are.
    """
    basis = measures[0].basis
    values = ", ".join(f"({_value(measure)}) AS {measure.name}" for measure in measures)
    months = f"AND {basis.at} >= %(first)s AND {basis.at} < %(last)s" if basis.in_months else ""
    return f"""unnest(%(since)s::timestamptz[], %(until)s::timestamptz[]) AS stretch (since, until) CROSS JOIN LATERAL (
            SELECT {basis.at} AS at, i.location, i.priority, i.type, {values} FROM {basis.rows}
            WHERE {basis.at} >= stretch.since AND {basis.at} < stretch.until {months}
                AND {basis.only} AND {condition} OFFSET 0
        ) AS said"""


def among(stretches: list[Stretch]) -> dict[str, Any]:
    """The parameters of `_said`; `first` and `last` tell the planner which months it is about."""
    since, until = zip(*stretches, strict=True)
    return {"since": instants(since), "until": instants(until), "first": min(since), "last": max(until)}


def instants(moments: Iterable[datetime]) -> str:
    """Many instants as one parameter, for `::timestamptz[]`: a list would be written out again for every statement."""
    return "{" + ",".join(moment.isoformat() for moment in moments) + "}"


def scoped(window: Window) -> str:
    """The condition for an issue to be one of the window's, whenever it was; its parameters are `window.filters`."""
    return narrowed(window.filters)


def narrowed(filters: Iterable[str]) -> str:
    """The same, for filters of these names."""
    return " AND ".join(f"i.{name} = %({name})s" for name in filters) or "TRUE"


def within(at: str, stretches: list[Stretch], params: dict) -> str:
    """The condition that `at` lies in one of the stretches, which join the parameters."""
    parts = []
    for number, (start, end) in enumerate(stretches):
        params |= {f"from{number}": start, f"to{number}": end}
        parts.append(f"{at} >= %(from{number})s AND {at} < %(to{number})s")
    return "(" + " OR ".join(parts or ["FALSE"]) + ")"
