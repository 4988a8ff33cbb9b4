"""Which language a reply is in, by its small words; and whether it is language at all."""

import re

# Small words without accents, as `words.plain` leaves them. Those that two languages share count for neither.
_WORDS = {
    "pt-BR": (
        "o a e os as nao voce voces que com uma um para por mais seu sua seus suas meu minha nosso nossa isso isto esta este essa esse como foi eh ja "
        "tambem muito aqui agora ate em no na nos nas do da dos das ao aos pelo pela obrigado obrigada oi ola bom boa dia tarde noite sim vou "
        "vamos pode ser tem temos estamos estou equipe ajudar contato quando quem qual onde mas se te lhe me mensagem atendimento de tudo "
        "certo claro perfeito maravilha precisando fico feliz"
    ),
    "en": (
        "a the you your we our is are was were will would can could have has had to of and in on for with this that it not be been am please thank "
        "thanks hello hi sorry about from at by an here there what when which how if but do does did us team help yes welcome glad great "
        "course just let i any anything"
    ),
    "es": (
        "el los las y una con su sus usted ustedes muy gracias hola pero nuestro nuestra nosotros puede puedo ayudarle es son fue ha hemos "
        "hay en del al lo le les mi tu si como cuando donde cual mensaje equipo ahora aqui tambien bien buenos buenas dias tardes por favor "
        "ya esta este eso esto hoy manana reembolso cuenta pedido cliente para que de la un no estamos"
    ),
    "fr": (
        "le la les des un une et est vous nous je votre notre vos nos pour avec dans sur pas ne que qui de du au aux merci bonjour oui non tres "
        "bien mais sont avons avez etes cette ce ces il elle remboursement client equipe monsieur madame plus tout"
    ),
    "de": (
        "der die das und ist sind wir sie ihr ihre ich nicht ein eine einen mit fur auf von zu im den dem des danke bitte hallo guten tag haben "
        "werden wird kann konnen sehr auch aber wie was unser unsere ihnen uns"
    ),
    "it": (
        "il lo la i gli le un una e non di che per con del della dei delle nel sono siamo abbiamo grazie ciao buongiorno prego vostro nostro "
        "suo sua questo questa molto anche ma come quando dove si rimborso cliente al alla ai ho ha possiamo lei voi noi"
    ),
}  # fmt: skip
SMALL = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_ALLOWED = ("pt-BR", "en")
_FOREIGN_LETTERS = re.compile(
    "[\u0370-\u1cff\u2c00-\u2dff\u2e80-\ud7ff\uf900-\ufaff\ufb00-\ufdff\ufe70-\ufefe\uff66-\uffdc\U00010000-\U0001efff\U00020000-\U0003ffff]"
)
_SPANISH_SIGNS = re.compile("[¿¡]")
_TOKEN = re.compile(r"[a-z]+")
# Words that are long, or cannot be said.
_UNSAYABLE = re.compile(r"\b(?:[a-z]{26,}|[bcdfghjklmnpqrstvwxz]{6,}[a-z]*)\b")


def language_of(text: str) -> str:
    """The likeliest language of a plain text; "" when nothing can be told."""
    words = set(_TOKEN.findall(text))
    scores = {language: len(words & small) for language, small in SMALL.items()}
    best = max(scores.values())
    if best == 0:
        return ""
    # In doubt the languages that we speak, for the others share many words with them.
    return next(language for language, score in scores.items() if score == best)


def strange(reply: str, text: str, wanted: set[str]) -> bool:
    """Whether the `reply` (`text` when plain) is in none of the `wanted` languages, or in no language."""
    if _FOREIGN_LETTERS.search(reply) or _UNSAYABLE.search(text):
        return True
    found = language_of(text)
    if not re.search("[a-z]{2}", text):
        return True
    if not found:
        return len(_TOKEN.findall(text)) > 4
    if found in wanted:
        return _mostly_unknown(text) or bool(_SPANISH_SIGNS.search(reply.lower()))
    return len(_TOKEN.findall(text)) > 2


def _mostly_unknown(text: str) -> bool:
    """Whether hardly a word is one that such a text must have: "qbl gur fbzr …"."""
    words = _TOKEN.findall(text)
    small = sum(word in SMALL["pt-BR"] or word in SMALL["en"] for word in words)
    return len(words) >= 12 and small * 8 < len(words)
