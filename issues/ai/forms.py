"""The forms that an answer comes in: what may stand in each field, and how much of its spelling is forgiven."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, StrictBool, ValidationInfo, field_validator, model_validator

# The first one is what a service that does not care picks.
ISSUE_TYPES = (
    "customer_complaint",
    "urgent_request",
    "technical_issue",
    "access_problem",
    "billing",
    "payment_failed",
    "delivery_complaint",
    "scheduling",
    "cancellation",
    "question",
    "other",
)
PRIORITIES = ("critical", "high", "medium", "low")
SENTIMENTS = ("positive", "neutral", "negative", "angry")
LANGUAGES = ("pt-BR", "en")
MAX_REPLY_CHARS = 1000
MAX_REASON_CHARS = 200

# The names of the markers around a customer's words and name. A reply that holds one has leaked its question.
FENCE = "mensagem"
NAME_FENCE = "nome"

_NO_REASON = {"", "-", "none", "null", "n/a", "nenhum", "nenhuma"}
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]+")
_NOT_SAID = re.compile(rf"```|</?\s*(?:{FENCE}|{NAME_FENCE})-", re.IGNORECASE)


def _reason(value: Any) -> str:
    reason = _CONTROL.sub(" ", str(value or "")).strip()
    return "" if reason.lower().rstrip(".") in _NO_REASON else reason[:MAX_REASON_CHARS]


class Verdict(BaseModel):
    """What the model understood, and the reply to send: 1 to 1,000 characters, no code fence.

    Values are forgiven their spelling where only one thing can be meant ("PT_br", " High ").
    """

    is_issue: bool
    issue_type: str
    priority: Literal["critical", "high", "medium", "low"]
    sentiment: Literal["positive", "neutral", "negative", "angry"]
    needs_human: bool
    human_reason: str = ""
    language: Literal["pt-BR", "en"] = "pt-BR"
    reply: str

    @field_validator("issue_type", "priority", "sentiment", mode="before")
    @classmethod
    def _spelling(cls, value: Any, info: ValidationInfo) -> Any:
        word = re.sub(r"[\s-]+", "_", value.strip().lower()) if isinstance(value, str) else value
        return "other" if info.field_name == "issue_type" and word not in ISSUE_TYPES else word

    @field_validator("language", mode="before")
    @classmethod
    def _nearest_language(cls, value: Any) -> str:
        return "en" if isinstance(value, str) and value.strip().lower().startswith("en") else "pt-BR"

    @field_validator("human_reason", mode="before")
    @classmethod
    def _reason_or_nothing(cls, value: Any) -> str:
        return _reason(value)

    @field_validator("reply")
    @classmethod
    def _fit_to_send(cls, value: str) -> str:
        reply = _CONTROL.sub(" ", value.replace("\r\n", "\n")).strip()
        if not 1 <= len(reply) <= MAX_REPLY_CHARS:
            raise ValueError("the reply is empty or too long")
        if _NOT_SAID.search(reply):
            raise ValueError("the reply holds a fence")
        return reply

    @model_validator(mode="after")
    def _no_reason_without_need(self) -> "Verdict":
        if not self.needs_human:
            self.human_reason = ""
        return self


class Judgement(BaseModel):
    """Whether what the customer brought is solved, and why. Only a real true or false decides."""

    resolved: StrictBool
    reason: str = ""

    @field_validator("reason", mode="before")
    @classmethod
    def _reason_or_nothing(cls, value: Any) -> str:
        return _reason(value)


# What every service must fill in. Plain upper-case OpenAPI, which both client libraries take;
# no "propertyOrdering", which the older one does not know.
SCHEMA: dict[str, Any] = {
    "type": "OBJECT",
    "properties": {
        "is_issue": {"type": "BOOLEAN"},
        "issue_type": {"type": "STRING", "enum": list(ISSUE_TYPES)},
        "priority": {"type": "STRING", "enum": list(PRIORITIES)},
        "sentiment": {"type": "STRING", "enum": list(SENTIMENTS)},
        "needs_human": {"type": "BOOLEAN"},
        "human_reason": {"type": "STRING"},
        "language": {"type": "STRING", "enum": list(LANGUAGES)},
        "reply": {"type": "STRING"},
    },
    "required": [
        "is_issue",
        "issue_type",
        "priority",
        "sentiment",
        "needs_human",
        "human_reason",
        "language",
        "reply",
    ],
}


@dataclass(frozen=True, eq=False)
class Form:
    """What is asked for: the schema that the service fills in, and the class that reads what it filled in."""

    schema: dict[str, Any]
    answer: type[Verdict] | type[Judgement]


REPLY = Form(SCHEMA, Verdict)
TRIAGE = Form(
    {
        "type": "OBJECT",
        "properties": {"resolved": {"type": "BOOLEAN"}, "reason": {"type": "STRING"}},
        "required": ["resolved", "reason"],
    },
    Judgement,
)
