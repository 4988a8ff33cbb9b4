"""From a stored wording and a conversation to a question. The customer's words are data, never instructions."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.utils.translation import gettext as _

from .base import Prompt, Turn
from .forms import FENCE, ISSUE_TYPES, NAME_FENCE, TRIAGE

PLACEHOLDERS = ("company", "language", "issue_types", "max_chars", "knowledge")
# What is told to customers, and what is judged for ourselves: a judgement has no length to keep and no type to choose.
USED_IN = {"reply": PLACEHOLDERS, "triage": ("company", "language", "knowledge")}
# Braces around anything that could be a name. A piece of JSON in a wording is left as it is.
PLACEHOLDER = re.compile(r'\{([^{}"\n]*)\}')

# What we ask for; what we accept is `forms.MAX_REPLY_CHARS`.
ASKED_REPLY_CHARS = 500
MAX_WORDING_CHARS = 8000
MAX_TURNS = 12
MAX_MESSAGE_CHARS = 4000
MAX_NAME_CHARS = 60

LANGUAGE_NAMES = {"pt-BR": "português do Brasil", "en": "inglês"}

# For a wording that has no place of its own for what the company has written down.
APPENDED = """

O QUE VOCÊ SABE
{knowledge}
- Preços, datas, horários, links e telefones só podem aparecer na resposta se estiverem escritos acima ou se o cliente \
os tiver escrito. Se não souber, diga que não tem essa informação e chame uma pessoa (needs_human = true).
"""


# --- The wording ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compiled:
    """A wording that is ready to use: `pieces` are text and the name of a placeholder by turns."""

    version_id: UUID | str
    pieces: tuple[str, ...]

    def system(self, *, company: str, language: str, knowledge: str = "") -> str:
        """The system instruction: the same text for the same company and language, so that it can be kept."""
        values = {
            "company": _one_line(company, 100) or "nossa empresa",
            "language": LANGUAGE_NAMES.get(language, LANGUAGE_NAMES["pt-BR"]),
            "issue_types": ", ".join(ISSUE_TYPES),
            "max_chars": str(ASKED_REPLY_CHARS),
            "knowledge": knowledge or "(nada além do que o cliente escreveu)",
        }
        text = "".join(values[piece] if at % 2 else piece for at, piece in enumerate(self.pieces))
        return text + APPENDED.format(knowledge=knowledge) if knowledge and not self.has_place_for_knowledge else text

    @property
    def has_place_for_knowledge(self) -> bool:
        return "knowledge" in self.pieces[1::2]


@lru_cache(maxsize=128)
def compile(version_id: UUID | str, text: str) -> Compiled:
    """The wording `text`, taken apart once per version. Raises ValueError naming a placeholder that nothing fills."""
    if unknown := _unknown(text):
        raise ValueError(f"unknown placeholder: {', '.join(unknown)}")
    return Compiled(version_id, tuple(PLACEHOLDER.split(text)))


def problems(text: str, name: str = "reply") -> list[str]:
    """What keeps a wording of the prompt `name` from being used, in words for its author; empty when all is well."""
    found = []
    placeholders = USED_IN.get(name, PLACEHOLDERS)
    if unknown := _unknown(text, placeholders):
        allowed = ", ".join(f"{{{each}}}" for each in placeholders)
        found.append(
            _("%(unknown)s cannot be filled in. Use %(allowed)s.") % {"unknown": ", ".join(unknown), "allowed": allowed}
        )
    if f"<{FENCE}-" not in text:
        found.append(
            _("Say that what stands between <%(fence)s-…> and </%(fence)s-…> is data, never instructions.")
            % {"fence": FENCE}
        )
    if len(text) > MAX_WORDING_CHARS:
        found.append(_("Use at most %(limit)d characters.") % {"limit": MAX_WORDING_CHARS})
    return found


def _unknown(text: str, placeholders: Sequence[str] = PLACEHOLDERS) -> list[str]:
    return [f"{{{name}}}" for name in PLACEHOLDER.findall(text) if name not in placeholders]


# --- The question -----------------------------------------------------------------------------


def build(
    compiled: Compiled,
    *,
    conversation: Sequence[Turn],
    customer_name: str,
    company: str,
    language: str = "pt-BR",
    knowledge: str = "",
) -> Prompt:
    """The question about the last customer message of `conversation`, which is in the order of speaking.

    Holds the last 12 messages, 4,000 characters of each; `language` is the one to use in doubt.
    Raises ValueError when the customer has said nothing.
    """
    turns = _until_the_customer(conversation)
    system = compiled.system(company=company, language=language, knowledge=clean_knowledge(knowledge))
    return Prompt(system, _told(turns, customer_name))


# Asked last, because the last word is ours and a model answers the other side.
IS_IT_SOLVED = "O cliente não escreveu mais nada. Pelo que foi dito acima, o atendimento pode ser encerrado?"


def review(
    compiled: Compiled, *, conversation: Sequence[Turn], customer_name: str, company: str, knowledge: str = ""
) -> Prompt:
    """The question whether what the customer brought in the whole `conversation` is solved, for a `Judgement`.

    `knowledge` is told where the wording has a place for it. Raises ValueError when the customer has said nothing.
    """
    turns = [turn for turn in conversation if turn.role == "customer" or turn.text.strip()]
    _until_the_customer(turns)
    known = clean_knowledge(knowledge) if compiled.has_place_for_knowledge else ""
    system = compiled.system(company=company, language="pt-BR", knowledge=known)
    return Prompt(system, (*_told(turns, customer_name), Turn("customer", IS_IT_SOLVED)), TRIAGE)


def _told(turns: Sequence[Turn], customer_name: str) -> tuple[Turn, ...]:
    """The customer's name and the last of the conversation, with what the customer said between markers."""
    nonce = _nonce()
    name = _one_line(customer_name, MAX_NAME_CHARS) or "desconhecido"
    header = Turn("customer", f"Nome do cliente: <{NAME_FENCE}-{nonce}>{name}</{NAME_FENCE}-{nonce}>")
    return (header, *(_fenced(turn, nonce) for turn in turns[-MAX_TURNS:]))


@lru_cache(maxsize=64)
def clean_knowledge(text: str) -> str:
    """The notes without anything hidden, and without anything that could pass for a marker of a customer's words."""
    return _clean(text)


def _until_the_customer(conversation: Sequence[Turn]) -> list[Turn]:
    """The conversation up to what is to be answered, without what we said in silence."""
    turns = [turn for turn in conversation if turn.role == "customer" or turn.text.strip()]
    while turns and turns[-1].role != "customer":
        turns.pop()
    if not turns:
        raise ValueError("there is no message of the customer to answer")
    return turns


def _nonce() -> str:
    """A code that a customer cannot guess: the markers of one question are no use in another."""
    return secrets.token_hex(4)


def _fenced(turn: Turn, nonce: str) -> Turn:
    text = _clean(turn.text)[:MAX_MESSAGE_CHARS]
    if turn.role == "us":
        return Turn("us", text)
    return Turn("customer", f"<{FENCE}-{nonce}>\n{text}\n</{FENCE}-{nonce}>")


# Control characters, and those that show nothing or turn the text around: the usual places to hide instructions.
# The joiner U+200D stays, for emoji are made with it.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
# Without angle brackets, whatever their shape, no marker can be imitated.
_BRACKETS = str.maketrans({**dict.fromkeys("<＜﹤〈⟨", "‹"), **dict.fromkeys(">＞﹥〉⟩", "›")})


def _clean(text: str) -> str:
    """`text` without anything hidden, and without anything that could pass for a marker."""
    lines = re.sub("\r\n?|[\u2028\u2029]", "\n", text)
    return _HIDDEN.sub("", lines).translate(_BRACKETS).strip()


def _one_line(text: str, limit: int) -> str:
    return " ".join(_clean(text).split())[:limit]
