"""Whether a reply may be sent: nothing invented, nothing promised, nothing that only an attacker would want said."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from . import advice, bounds, claims, manners, promises, tongue
from .claims import DATE, EMAIL, LINK, NUMBER, PHONE, PRICE, Fact
from .grants import grants, vouched
from .words import disguised, plain, sentences

# What `check` may find, in the order in which it looks. Stored and translated: do not rename.
PROBLEMS = (
    "length", "disguise", "secret_request", "leak", "code", "abuse", "disparagement", "identity", "liability", "advice",
    "language", "payment_request", PRICE, DATE, LINK, EMAIL, PHONE, NUMBER, "money_promise", "commitment", "assent",
)  # fmt: skip

# A message that is longer is not read on a phone. We ask for 500.
MAX_CHARS = 700
MAX_LINES = 15
# Of a long conversation, the part that the model saw and a little more.
LAST_MESSAGES = 30


@dataclass(frozen=True)
class Sources:
    """What a reply may rest on. Everything is read only when a reply needs it."""

    customer: Sequence[str]
    ours: Sequence[str]
    knowledge: str

    @cached_property
    def own(self) -> set[Fact]:
        """What we have said or written down."""
        return set().union(claims.noted(self.knowledge), *map(claims.known, self.ours[-LAST_MESSAGES:]))

    @cached_property
    def theirs(self) -> set[Fact]:
        """What the customer has said, and nobody else has vouched for. "Era dia 9 e marquei 19" speaks of two days."""
        known = set().union(*map(claims.known, self.customer[-LAST_MESSAGES:]))
        return known | {(DATE, value) for kind, value in known if kind == NUMBER and len(value) <= 2}

    @cached_property
    def given(self) -> set[tuple[str, str]]:
        """Money matters that we have spoken of, and how, see `promises.given`."""
        return set().union(promises.noted(self.knowledge), *map(promises.given, self.ours[-LAST_MESSAGES:]))

    @cached_property
    def said(self) -> str:
        """The customer's words, plain."""
        return "\n".join(plain(text) for text in self.customer[-LAST_MESSAGES:])


def check(
    reply: str, *, customer: Sequence[str], ours: Sequence[str], knowledge: str, language: str, instructions: str = ""
) -> str:
    """ "" when `reply` may be sent, else the first of `PROBLEMS`.

    `customer` and `ours` are the messages of the conversation, in order; `ours` are those that were really sent. What
    the customer alone has said may be taken up, never confirmed. `instructions`, the system text, must not be quoted
    but for the `knowledge` in it. `language` is the one wanted; that of the customer's last message will do as well.
    Never raises. Takes 0.3 ms for a reply without figures, 1 ms for one that must be looked up.
    """
    if not 1 <= len(reply.strip()) <= MAX_CHARS or reply.count("\n") > MAX_LINES:
        return "length"
    if disguised(reply):
        return "disguise"
    text = plain(reply)
    sources = Sources(customer, ours, knowledge)
    return (
        _manners(reply, text)
        or _shows(instructions, text, knowledge)
        or _tongue(reply, text, sources, language)
        or _facts(text, sources)
        or _money(text, sources)
    )


# --- Manners and language ---------------------------------------------------------------------

_MANNERS: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("secret_request", manners.asks_for_secrets),
    ("leak", manners.LEAK.search),
    ("abuse", manners.ABUSE.search),
    ("disparagement", manners.DISPARAGES.search),
    ("identity", manners.IDENTITY.search),
    ("liability", manners.LIABILITY.search),
    ("advice", advice.advises),
)


def _manners(reply: str, text: str) -> str:
    if manners.shows_code(reply, text):
        return "code"
    return next((problem for problem, finds in _MANNERS if finds(text)), "")


# So many words in a row are no accident.
_RUN = 7


def _shows(instructions: str, text: str, knowledge: str) -> str:
    """ "leak" when the reply quotes our instructions; the notes in them are there to be quoted."""
    if not instructions:
        return ""
    quoted = _runs(text) & _noted_runs(instructions)
    return "leak" if quoted - _noted_runs(knowledge) else ""


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    return {tuple(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)}


@lru_cache(maxsize=64)
def _noted_runs(source: str) -> set[tuple[str, ...]]:
    """Those of a long text of ours, which is the same for many customers."""
    return set().union(*(_runs(plain(part)) for part in claims.parts(source)))


def _tongue(reply: str, text: str, sources: Sources, language: str) -> str:
    wanted = {"en" if language.lower().startswith("en") else "pt-BR"}
    if not tongue.strange(reply, text, wanted):
        return ""
    spoken = tongue.language_of(plain(sources.customer[-1])) if sources.customer else ""
    if spoken in {"en", "pt-BR"} and not tongue.strange(reply, text, {spoken}):
        return ""
    return "language"


# --- Facts ------------------------------------------------------------------------------------


def _facts(text: str, sources: Sources) -> str:
    """The kind of the first fact that nobody vouches for."""
    if manners.asks_for_payment(text) and not _may_ask_for_payment(sources):
        return "payment_request"
    wrong = {
        fact[0]
        for sentence in sentences(text)
        for fact in claims.facts(sentence)
        if not _stands(sentence, fact, sources)
    }
    return next((problem for problem in PROBLEMS if problem in wrong), "")


def _may_ask_for_payment(sources: Sources) -> bool:
    return any("pix" in text.lower() or "transfer" in text.lower() for text in (sources.knowledge, *sources.ours))


def _stands(sentence: str, fact: Fact, sources: Sources) -> bool:
    kind, _value = fact
    if (kind == DATE and _is_vague(sentence, fact)) or (kind == PRICE and _is_idiom(sentence, fact)):
        return True
    if fact in sources.own or (kind == LINK and _on_known_host(fact, sources.own)):
        return True
    if kind == DATE and promises.denies(sentence):
        return True
    return fact in sources.theirs and _may_repeat(sentence, kind)


def _on_known_host(fact: Fact, own: set[Fact]) -> bool:
    """A link below one that we have written down: "loja.com/ajuda" when "loja.com" is ours."""
    return any(kind == LINK and fact[1].startswith(f"{value}/") for kind, value in own)


# We may write to the customer's own address, and must not send the customer to one.
_TO_THEM = re.compile(
    r"\b(?:vamos|iremos|vou|re?enviar\w*|(?:re)?enviad\w+|reenvi\w+|mandar|mandaremos|ligar|ligaremos|chamar|seu|sua|com voce|que voce|cadastr\w+|"
    r"pelo numero|anot\w+|will|your|you)\b"
)
_CONTACT_OF_OURS = re.compile(
    r"\b(?:nosso|nossa|oficial|sac\b|our|official|ligue|envie|mande|escreva|fale|chame|contate|entre em contato|procure|call|write to|send|contact|reach|"
    r"pix|deposit|transf|pagu|(?:e-?mail|telefone|numero|contato|whatsapp|chave|phone|number) (?:\w+ )?(?:novo )?d[oae]s? (?!cadastro|titular|client))"
)
_BROKEN = re.compile(
    r"\b(?:nao (?:abr|funcion|carreg|entr|acess)|problema|erro|quebrad|em branco|recebeu|enviou|mandou|informou|mencionou|suspeit|golpe|broken|not (?:open|work|load)|you (?:sent|received|mentioned))"
)


def _may_repeat(sentence: str, kind: str) -> bool:
    """Whether a fact of this kind that only the customer has mentioned may stand in the `sentence`."""
    if kind == LINK:
        return bool(_BROKEN.search(sentence)) and not promises.binding(sentence)
    if kind in {EMAIL, PHONE}:
        return bool(_TO_THEM.search(sentence)) and not _CONTACT_OF_OURS.search(sentence)
    if kind == NUMBER:
        return True
    return promises.takes_up(sentence, day=kind == DATE)


_WAIT = re.compile(
    r"\b(?:retorn|respond|respost|contato|avis|verific|analis|confer|atend|ajud|fal(?:ar|amos)|escrev|aguard|esper|tent|reinici|minutinho|momento|caso nao|se nao|"
    r"reply|respond|get back|answer|in touch|wait|try|back to you|if not|if it)"
)
_THINGS = re.compile(
    r"(?<!se nao )(?<!caso nao )\b(?:entreg|cheg(?:a|ar|am|ou)|estorn|devol|reembols|credit|cair|caira|dinheiro|deposit|pagamento|pix|liber|aprov|resolv|pront|deliver|refund|arriv|money|paid)"
)
_MOST_MINUTES, _MOST_HOURS = 60, 2


def _is_vague(sentence: str, fact: Fact) -> bool:
    """Whether this is a wait of minutes for word of ours, "retorno em até 30 minutos", and no promise of a thing."""
    number, _, unit = fact[1].partition(" ")
    limit = {"min": _MOST_MINUTES, "h": _MOST_HOURS}.get(unit)
    if limit is None or not number.isdigit() or int(number) > limit:
        return fact[1] in {"meia hora"}
    return (bool(_WAIT.search(sentence)) and not _THINGS.search(sentence)) or not (
        promises.PROMISE.search(sentence) or grants(sentence)
    )


def _is_idiom(sentence: str, fact: Fact) -> bool:
    """ "Com 100 % de atenção" is no price."""
    return fact[1] == "100.00 %" and not promises.topics(sentence)


# --- Money ------------------------------------------------------------------------------------

# "Combinado!" closes a bargain, where there is one.
_BARGAIN = re.compile(r"(?:^|(?<=[.!?\n;] ))\W*(?:tudo |ja |esta )?(?:fechad|combinad)[oa]\b")
_SHORT = 40


def _money(text: str, sources: Sources) -> str:
    if promises.topics(text) and not all(_may_say(sentence, sources) for sentence in sentences(text)):
        return "money_promise"
    if _commits(text, sources):
        return "commitment"
    if len(text) <= _SHORT and manners.ASSENT.fullmatch(text) and _asks_for_something(sources):
        return "assent"
    if bounds.oversteps(text, (sources.knowledge, *sources.ours[-LAST_MESSAGES:])) and bounds.fishes(sources.said):
        return "assent"
    return ""


def _may_say(sentence: str, sources: Sources) -> bool:
    """Whether what the sentence says of money is a fact of ours, or takes up what the customer has said."""
    for topic in promises.spoken_of(sentence):
        given = {kind for about, kind in sources.given if about == topic}
        kind = promises.binding(sentence) or ("promise" if promises.gives_by_denial(sentence, topic) else "")
        if kind == "done" and "done" not in given:
            return False
        if kind == "promise" and not given & {"done", "promise", "stated"}:
            return False
        if not kind and not given and not promises.takes_up(sentence):
            return False
    return True


def _commits(text: str, sources: Sources) -> bool:
    """Whether the plain `text` grants, promises or has done something that we have not spoken of ourselves."""
    if _BARGAIN.search(text) and _asks_for_something(sources):
        return True
    return any(
        not any(vouched(word, said) for said in (sources.knowledge, *sources.ours[-LAST_MESSAGES:]))
        for word in grants(text)
    )


def _asks_for_something(sources: Sources) -> bool:
    """Whether a bare "yes" would grant the customer money, a day or a thing that we cannot know of."""
    said = sources.said
    return bool(promises.topics(said) or claims.facts(said) or grants(said) or _WANTS_A_YES.search(said))


_WANTS_A_YES = re.compile(
    r"\b(?:sim|yes|confirm|responda|diga|aprov|garant|promet|verdade|aceit|concord|agree)|\b(?:ok|certo|ta|combinado|fechado)\W*\?"
)
