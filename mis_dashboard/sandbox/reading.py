"""What the stand-in model makes of a customer's message: by keywords, and the same each time."""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache


@dataclass(frozen=True)
class Reading:
    """A message understood. `act` is what the customer does: complains, insists, asks, thanks, rates or talks.

    `handover` says why a person should take over: person, legal, health, or "" for no reason. `answered`: we have
    said something to it since, and promised nothing.
    """

    act: str
    type: str
    priority: str
    sentiment: str
    handover: str
    language: str
    stars: int | None = None
    answered: bool = False

    @property
    def needs_human(self) -> bool:
        return bool(self.handover)

    @property
    def human_reason(self) -> str:
        return REASONS[self.language].get(self.handover, "")

    @property
    def is_issue(self) -> bool:
        return self.act in {"complains", "insists"} or self.needs_human

    @property
    def is_resolved(self) -> bool:
        """Whether the conversation may rest here."""
        content = self.act != "insists" and self.sentiment != "angry"
        return (self.act in {"thanks", "rates", "talks"} or (self.answered and content)) and not self.needs_human

    @property
    def conclusion(self) -> str:
        """Why the conversation may rest here, or may not."""
        return CONCLUSIONS[self.language][self.is_resolved]


def _any_of(*stems: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b{stem}" for stem in stems))


# Found in text without accents and in lower case. The first type with the most hits wins.
TYPES = {
    "urgent_request": _any_of("urgen", "emergencia", "socorro", "passou mal", "asap", "emergency"),
    "cancellation": _any_of("cancel", "rescind", "rescis", "desistir"),
    "payment_failed": _any_of(
        "(pagamento|cartao)( \\w+)? (foi |nao foi |nao )?(recusad|negad|aprovad|passa)", "recusad", "pix", "recorrencia",
        "link de pagamento", "(conseguir?|consigo) pagar", "declined", "payment (failed|is fine)", "qr code",
    ),
    "billing": _any_of(
        "cobran", "cobrad", "cobraram", "mensalidade", "fatura", "nota fiscal", "boleto", "duas vezes", "duplic", "reajuste",
        "valor", "taxa de", "charged", "invoice", "billing",
    ),
    "delivery_complaint": _any_of(
        "entreg", "pedido", "encomenda", "rastrei", "transportadora", "correios", "quebrad", "amassad", "cor errada",
        "veio", "order", "tracking", "package", "delivery",
    ),
    "access_problem": _any_of(
        "acess", "senha", "login", "log in", "entrar n[oa]", "bloquead", "codigo de verificacao", "catraca", "password",
        "recuperacao", "locked",
    ),
    "scheduling": _any_of(
        "agend", "remarc", "consulta", "calendario", "marcad", "mudar meu horario", "reposicao", "lotad", "appointment",
        "reschedul", "nenhum horario",
    ),
    "technical_issue": _any_of(
        "fora do ar", "erro", "trav", "pagina em branco", "nao carrega", "bug", "aplicativo", "site", "sincroniza", "tela",
        "blank page", "crash", "website", "formulario",
    ),
    "customer_complaint": _any_of(
        "ninguem", "descaso", "grosseri", "mal educad", "decepcion", "reclam", "insatisf", "falta de respeito", "recepcao",
        "sujo", "atendid[oa]", "atendimento", "nobody", "rude", "complain", "demora", "pessim",
    ),
}  # fmt: skip
ASKS = _any_of(
    "voces (abrem|aceitam|tem|fazem|atendem)", "qual (o|a|e)\\b", "gostaria de saber", "quanto (custa|e)\\b",
    "what (are|is)\\b", "do you\\b", "opening hours", "ha vagas", "onde fica",
)  # fmt: skip
THANKS = _any_of("obrigad", "resolveu", "deu certo", "valeu", "funcionou", "agora foi", "thank", "solved", "works now")
STILL_WRONG = _any_of(
    "ainda nao", "nao (resolveu|deu certo|funcionou)", "continua", "mesmo erro", "still", "problem is"
)
ANGRY = _any_of(
    "absurdo", "ridicul", "vergonha", "inadmissivel", "pessim", "palhacada", "descaso", "nunca mais", "lixo", "unacceptable",
    "raiva", "falta de respeito", "primeira vez!",
)  # fmt: skip
PLEASED = _any_of("ador", "amei", "lindo", "parabens", "excelente", "otim[oa]", "loved", "great", "perfeito")
PERSON = _any_of(
    "(falar|conversar) com (um|uma|o|a|algum|alguem|seu|sua)?\\s?(pessoa|atendente|humano|gerente|responsavel|alguem|supervisor)",
    "falar com (um |uma )?(atendente|pessoa)", "atendente de verdade", "pessoa de verdade", "passa para o gerente",
    "nao quero (falar com )?(robo|bot)", "(speak|talk) to a (real )?(person|human|agent)", "real person", "manager",
)  # fmt: skip
LEGAL = _any_of(
    "procon", "advogad", "process(o|ar|arei) (voces|a empresa|judicial|na justica)", "vou processar", "justica",
    "codigo de defesa", "danos morais", "imprensa", "fraude", "golpe", "lawyer", "\\bsue\\b", "legal action",
)  # fmt: skip
HEALTH = _any_of("passou mal", "passei mal", "reacao alergica", "sangr", "desmai", "hospital", "machuq", "machuc")
GRAVE = _any_of("fora do ar", "urgen", "emergencia", "socorro", "emergency")
PRESSING = _any_of("recusad", "duas vezes", "duplic", "catraca", "sumiu", "hoje", "tres vezes", "quebrad", "nao recebi nada", "declined",
                   "twice", "ninguem me respond", "grosseri", "contrato", "cannot log in", "nao consigo acessar")  # fmt: skip
ENGLISH = _any_of(
    "the\\b", "my\\b", "is\\b", "are\\b", "you\\b", "to\\b", "what\\b", "it\\b", "please\\b", "and\\b", "thanks?\\b"
)
PORTUGUESE = _any_of(
    "que\\b", "nao\\b", "meu\\b", "minha\\b", "com\\b", "de\\b", "uma?\\b", "por\\b", "voces\\b", "[oa]\\b", "e\\b"
)
RATING = re.compile(r"^\s*(?:nota|dou|rating)?\s*([1-5])\s*(?:estrelas?|stars?|/\s*5)?\s*[.!]*\s*$", re.IGNORECASE)
OFTEN_HIGH = {"payment_failed", "access_problem", "cancellation"}

REASONS = {
    "pt-BR": {
        "person": "O cliente pediu para falar com uma pessoa.",
        "legal": "O cliente fala em medida legal, imprensa ou fraude.",
        "health": "Há relato de risco à saúde de uma pessoa.",
    },
    "en": {
        "person": "The customer asked for a person.",
        "legal": "The customer speaks of legal action or fraud.",
        "health": "Somebody's health is at risk.",
    },
}


CONCLUSIONS = {
    "pt-BR": {True: "O cliente foi orientado e não voltou a reclamar.", False: "O cliente ainda espera uma solução."},
    "en": {True: "The customer was told what to do.", False: "The customer is still waiting for a solution."},
}
PROMISES = _any_of(
    "vou\\b", "vamos\\b", "vai\\b", "vao\\b", "ira\\b", "assim que", "retorn", "aguard", "avis(o|amos)\\b", "will\\b", "let me", "(am|are) (check|look)"
)  # fmt: skip


def plain(text: str) -> str:
    """`text` in lower case and without accents, so that "Não" and "nao" are one word."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


@lru_cache(maxsize=1024)
def understand(text: str) -> Reading:
    """What `text` says. The same text is always read the same way."""
    words = plain(text)
    language = "en" if _hits(ENGLISH, words) > _hits(PORTUGUESE, words) else "pt-BR"
    if rating := RATING.match(words):
        stars = int(rating[1])
        return Reading("rates", "other", "low", "positive" if stars >= 4 else "negative", "", language, stars)
    handover = _handover(words)
    kind = _type(words)
    act = _act(words, kind)
    if act in {"thanks", "talks"} and not handover:
        pleased = bool(THANKS.search(words) or PLEASED.search(words))
        return Reading(act, "other", "low", "positive" if pleased else "neutral", "", language)
    if act == "asks" and not handover:
        return Reading(act, "question", "low", "neutral", "", language)
    angry = bool(ANGRY.search(words)) or text.count("!") >= 3 or _shouted(text)
    kind = kind or "customer_complaint"
    sentiment = "angry" if angry else "negative"
    doing = "insists" if act == "insists" else "complains"
    return Reading(doing, kind, _priority(words, kind, angry), sentiment, handover, language)


def after(reading: Reading, our_words: str) -> Reading:
    """`reading` after we have said something to it, if we have."""
    return replace(reading, answered=bool(our_words) and not PROMISES.search(plain(our_words)))


def _act(words: str, kind: str) -> str:
    if STILL_WRONG.search(words):
        return "complains" if kind else "insists"
    if THANKS.search(words) and (not kind or len(words) < 60):
        return "thanks"
    if ASKS.search(words) and kind not in {"technical_issue", "payment_failed"}:
        return "asks"
    return "complains" if kind else "talks"


def _type(words: str) -> str:
    """The type with the most hits, or "" when nothing speaks of a problem."""
    scores = {kind: _hits(pattern, words) for kind, pattern in TYPES.items()}
    best = max(scores, key=lambda kind: scores[kind])
    if scores["urgent_request"]:
        return "urgent_request"
    if scores["cancellation"]:
        return "cancellation"
    return best if scores[best] else ""


def _priority(words: str, kind: str, angry: bool) -> str:
    if GRAVE.search(words) or LEGAL.search(words) or HEALTH.search(words):
        return "critical"
    if angry or PRESSING.search(words):
        return "high"
    return "high" if kind in OFTEN_HIGH and "como" not in words else "medium"


def _handover(words: str) -> str:
    for name, pattern in (("legal", LEGAL), ("health", HEALTH), ("person", PERSON)):
        if pattern.search(words):
            return name
    return ""


def _shouted(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return len(letters) > 20 and sum(c.isupper() for c in letters) > len(letters) * 0.7


def _hits(pattern: re.Pattern[str], words: str) -> int:
    return len(pattern.findall(words))
