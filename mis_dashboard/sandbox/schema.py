"""Answers for any response schema: a value that fits, and that means what was read where the names tell."""

import json
from datetime import UTC, datetime

from .reading import Reading, plain

# google-generativeai sends the type as a number.
KINDS = {1: "string", 2: "number", 3: "integer", 4: "boolean", 5: "array", 6: "object", 7: "null"}

# Words of other schemas for what we read. A field's enum may use any of them.
SYNONYMS = {
    "critical": ["critical", "critica", "critico", "urgent", "p1", "high", "alta"],
    "high": ["high", "alta", "alto", "p2", "urgent"],
    "medium": ["medium", "media", "medio", "normal", "p3"],
    "low": ["low", "baixa", "baixo", "p4"],
    "angry": ["angry", "irritado", "furious", "negative", "negativo"],
    "negative": ["negative", "negativo", "frustrated"],
    "neutral": ["neutral", "neutro", "calm"],
    "positive": ["positive", "positivo", "happy"],
    "customer_complaint": ["customer_complaint", "complaint", "reclamacao", "atendimento"],
    "urgent_request": ["urgent_request", "urgent", "urgente"],
    "technical_issue": ["technical_issue", "technical", "tecnico", "suporte"],
    "access_problem": ["access_problem", "access", "acesso"],
    "billing": ["billing", "cobranca", "financeiro"],
    "payment_failed": ["payment_failed", "payment", "pagamento", "cobranca", "financeiro"],
    "delivery_complaint": ["delivery_complaint", "delivery", "entrega"],
    "scheduling": ["scheduling", "agendamento", "agenda"],
    "cancellation": ["cancellation", "cancelamento"],
    "question": ["question", "duvida", "pergunta"],
    "other": ["other", "outro", "outros", "none"],
    "pt-BR": ["pt-br", "pt_br", "pt", "portuguese"],
    "en": ["en", "en-us", "english"],
    "escalate": ["escalate", "human", "handoff", "humano"],
    "resolve": ["resolved", "resolve", "sim", "yes", "close"],
    "reply": ["reply", "respond", "answer", "keep_open", "open", "unresolved", "nao", "no", "wait"],
}
# When nothing fits an enum.
NEUTRAL = ["other", "outro", "outros", "none", "unknown", "neutral", "medium"]


class Filler:
    """Fills a schema with one reading and one reply. Knows both libraries' dialects, and $ref."""

    def __init__(self, reading: Reading, reply: str, text: str, name: str):
        self.reading, self.reply, self.text, self.name = reading, reply, text, name
        self.definitions: dict = {}

    def fill(self, schema: dict) -> object:
        """A value that `schema` admits. An empty schema gives {"reply": …}."""
        self.definitions = schema.get("$defs") or schema.get("definitions") or {}
        return self._value(schema or {"type": "object", "properties": {"reply": {"type": "string"}}}, "")

    def _value(self, schema: dict, field: str) -> object:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._enum(schema["enum"], field)
        kind = _kind(schema)
        return getattr(self, f"_{kind}")(schema, plain(field))

    def _resolved(self, schema: dict) -> dict:
        """`schema` without references and alternatives: the first alternative that is not null."""
        for _ in range(8):
            if "$ref" in schema:
                schema = self.definitions.get(schema["$ref"].rsplit("/", 1)[-1], {})
            elif choices := option(schema, "anyOf") or option(schema, "oneOf") or option(schema, "allOf"):
                schema = next((choice for choice in choices if _kind(choice) != "null"), choices[0])
            else:
                return schema
        return {}

    def _enum(self, values: list, field: str) -> object:
        known = {plain(str(value)): value for value in values}
        for meaning in [*self._meanings(plain(field)), *NEUTRAL]:
            for word in SYNONYMS.get(meaning, [plain(meaning)]):
                if word in known:
                    return known[word]
        return values[0]

    def _meanings(self, field: str) -> list[str]:
        """What an enum could be asked for, the likeliest first; the field's name decides the order."""
        reading = self.reading
        decision = "escalate" if reading.needs_human else "resolve" if reading.is_resolved else "reply"
        meanings = {
            "prior": reading.priority, "urg": reading.priority, "sever": reading.priority,
            "senti": reading.sentiment, "mood": reading.sentiment, "emo": reading.sentiment,
            "lang": reading.language, "idioma": reading.language,
            "type": reading.type, "tipo": reading.type, "categ": reading.type, "assunto": reading.type,
        }  # fmt: skip
        named = [meaning for part, meaning in meanings.items() if part in field]
        return [*named, decision, reading.type, reading.priority, reading.sentiment, reading.language]

    def _object(self, schema: dict, field: str) -> dict:
        return {name: self._value(part, name) for name, part in (schema.get("properties") or {}).items()}

    def _array(self, schema: dict, field: str) -> list:
        least = int(option(schema, "minItems") or 0)
        wanted = 1 if any(part in field for part in ("tag", "keyword", "palavra", "topic", "label")) else 0
        most = option(schema, "maxItems")
        count = max(least, wanted if most is None else min(wanted, int(most)))
        return [self._value(schema.get("items") or {"type": "string"}, field) for _ in range(count)]

    def _boolean(self, schema: dict, field: str) -> bool:
        reading = self.reading
        meanings = {
            "human": reading.needs_human, "escal": reading.needs_human, "hand": reading.needs_human,
            "issue": reading.is_issue, "problem": reading.is_issue, "complain": reading.is_issue,
            "urgen": reading.priority == "critical", "critic": reading.priority == "critical",
            "resol": reading.is_resolved, "solved": reading.is_resolved, "close": reading.is_resolved,
            "angry": reading.sentiment == "angry", "reply": True, "respond": True, "safe": True,
        }  # fmt: skip
        negated = "unsafe" in field or "unresolved" in field
        found = next((value for part, value in meanings.items() if part in field), False)
        return found != negated

    def _number(self, schema: dict, field: str) -> float:
        low, high = float(schema.get("minimum", 0)), float(schema.get("maximum", 1))
        if any(part in field for part in ("star", "rating", "satisf", "csat", "nota")):
            return min(max(float(self.reading.stars or 3), low), max(low, high))
        share = 0.95 if self.reading.act != "talks" else 0.6
        return round(low + (high - low) * share, 3) if high > low else low

    def _integer(self, schema: dict, field: str) -> int:
        return int(self._number({"maximum": 5, **schema}, field))

    def _null(self, schema: dict, field: str) -> None:
        return None

    def _string(self, schema: dict, field: str) -> str:
        text = self._text(schema, field)
        longest = option(schema, "maxLength")
        return text[: int(longest)] if longest else text

    def _text(self, schema: dict, field: str) -> str:
        reading = self.reading
        if "date" in str(schema.get("format", "")):
            return datetime.now(UTC).isoformat(timespec="seconds")
        meanings = {
            "human_reason": reading.human_reason, "motivo": reading.human_reason, "reason": reading.conclusion,
            "priorit": reading.priority, "prioridade": reading.priority, "sentiment": reading.sentiment,
            "lang": reading.language, "idioma": reading.language,
            "type": reading.type, "tipo": reading.type, "categor": reading.type, "tag": reading.type, "keyword": reading.type,
            "topic": reading.type, "label": reading.type,
            "summar": self.text[:120], "resumo": self.text[:120], "title": self.text[:60], "titulo": self.text[:60],
            "name": self.name, "nome": self.name, "note": self.text[:120],
        }  # fmt: skip
        return next((value for part, value in meanings.items() if part in field), self.reply)


def answer(schema: dict, reading: Reading, reply: str, text: str, name: str) -> str:
    """The JSON text of an answer that fits `schema`."""
    return json.dumps(Filler(reading, reply, text, name).fill(schema), ensure_ascii=False)


def option(part: dict, name: str) -> object:
    """`part[name]`, whichever of camelCase and snake_case it is written in; None when it is absent."""
    if name in part:
        return part[name]
    return part.get("".join(f"_{c.lower()}" if c.isupper() else c for c in name))


def _kind(schema: dict) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if plain(str(one)) != "null"), "null")
    kind = KINDS.get(kind, str(kind).lower()) if kind else "object" if "properties" in schema else "string"
    return kind if kind in KINDS.values() else "string"
