"""The books compared: what the outside counts as said, and what the product has written down of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from .letters import Letter
from .outside import Said
from .product import Product


@dataclass(frozen=True)
class Entry:
    """What the product's tables say of one response to a customer. `spoken`: its words were given to the channel."""

    phone: str
    issue: str
    purpose: str
    state: str
    spoken: bool
    reason: str


ENTRIES = """
    SELECT ltrim(customer.phone, '+'), issue.id::text, response.purpose, response.state,
        response.spoken_at IS NOT NULL, issue.escalation_reason
    FROM issues_response response
    JOIN issues_issue issue ON issue.id = response.issue_id
    JOIN issues_customer customer ON customer.id = issue.customer_id
"""


def entries(product: Product) -> list[Entry]:
    """All that the product has written down. Raises psycopg.Error while its database is away."""
    return [Entry(*row) for row in product.rows(ENTRIES)]


UNCERTAIN = "An answer may or may not have reached the customer"


@dataclass
class Verdict:
    """What came of a run. `twice`, `lost` and `uncertain` hold the ids of issues, or a phone's letter where there is none."""

    accepted: int
    answered: int
    twice: list[str]
    lost: list[str]
    uncertain: list[str]
    refused: Counter[int]

    @property
    def good(self) -> bool:
        return not self.twice and not self.lost and not self.refused


def judge(letters: Iterable[Letter], said: dict[str, list[Said]], entries: Iterable[Entry]) -> Verdict:
    """Compares what was accepted with what was said (by phone) and with what the product has written down.

    Not taken at all (429, not reached) is honest: the CRM knows it. Any other refusal is not.
    """
    books: dict[str, list[Entry]] = {}
    for entry in entries:
        books.setdefault(entry.phone, []).append(entry)
    verdict = Verdict(0, 0, [], [], [], Counter())
    for letter in letters:
        mine, spoken = books.get(letter.phone, []), said.get(letter.phone, [])
        name = mine[0].issue if mine else f"no issue for letter {letter.code}"
        if letter.status == 200:
            verdict.accepted += 1
            verdict.answered += bool(spoken)
        elif letter.status not in (0, 429):
            verdict.refused[letter.status] += 1
        if is_twice(spoken, mine):
            verdict.twice.append(name)
        if is_uncertain(mine):
            verdict.uncertain.append(name)
        elif letter.status == 200 and not spoken:
            verdict.lost.append(name)
    return verdict


def first_of_each(deliveries: Iterable[Letter]) -> list[Letter]:
    """One letter for each customer, as first posted; its `status` is 200 when any of its deliveries was taken."""
    found: dict[str, Letter] = {}
    for letter in sorted(deliveries, key=lambda one: one.posted_at):
        first = found.setdefault(letter.phone, replace(letter))
        if letter.status == 200:
            first.status = 200
    return list(found.values())


def is_twice(spoken: list[Said], entries: list[Entry]) -> bool:
    """Whether a customer who wrote once heard the same words twice, two replies, or more than the product knows of."""
    replies = sum(entry.spoken and entry.purpose == "reply" for entry in entries)
    same_words = len({one.text for one in spoken}) < len(spoken)
    return same_words or replies > 1 or len(spoken) > max(1, sum(entry.spoken for entry in entries))


def is_uncertain(entries: list[Entry]) -> bool:
    """Whether the product does not know if it was heard, and says so."""
    return any(
        entry.state == "unsure" or (entry.state == "handed_over" and entry.spoken and entry.reason == UNCERTAIN)
        for entry in entries
    )


TIMELINE = """
    SELECT extract(epoch FROM at)::float, kind || CASE WHEN success THEN '' ELSE ' (no)' END, detail::text
    FROM issues_action WHERE issue_id = %(issue)s
    UNION ALL
    SELECT extract(epoch FROM started_at)::float, 'asked ' || model, outcome
    FROM issues_aicall call JOIN issues_response response ON response.id = call.response_id
    WHERE response.issue_id = %(issue)s
    UNION ALL
    SELECT extract(epoch FROM coalesce(spoken_at, claimed_at, created_at))::float, 'turn ' || turn || ' ' || purpose,
        concat_ws(' ', state, kind, 'attempts', attempts, failure)
    FROM issues_response WHERE issue_id = %(issue)s
"""


def timeline(product: Product, issue: str, posted_at: float, spoken: list[Said]) -> str:
    """What happened to an issue, in seconds from its webhook, without a word of the customer's or ours."""
    lines = [*product.rows(TIMELINE, {"issue": issue}), *((one.at, "WhatsApp took a message", "") for one in spoken)]
    told = [f"    {at - posted_at:+8.2f} s  {what:<28} {detail}" for at, what, detail in sorted(lines)]
    when = datetime.fromtimestamp(posted_at).strftime("%H:%M:%S")
    return "\n".join([f"issue {issue}, webhook at {when}", *told])
