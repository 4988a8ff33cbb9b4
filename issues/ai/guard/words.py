"""Text made plain, so that a rule sees what a reader sees: one case, no accents, no disguises, numbers in figures."""

import re
import unicodedata

# What a model is shown of one message; more than that is nobody's to judge.
MAX_CHARS = 4000

# They show nothing, or turn the text around. Between the letters of a word they have no other use than to hide it.
UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
_UNSEEN = re.compile(f"[{UNSEEN}]")
_CUT_WORD = re.compile(f"[^\\W\\d_][{UNSEEN}]+[^\\W\\d_]|[\U000e0020-\U000e007f]{{3}}")
# Letters of other alphabets that look like ours.
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһгқӏԛԝкмнтвαεορτυνικχηωɑɡıℓ", "aeopcyxijsdhrklqwkmhtbaeoptuvikxnwagil", "\u0337\u0338\u0336"
)
_DASHES = str.maketrans(
    {**dict.fromkeys("‐‑‒–—−﹣－", "-"), **dict.fromkeys("“”„«»″", '"'), **dict.fromkeys("‘’´′", "'")}
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_BREAKS = re.compile(r" ?\n\s*")
_SPACES = re.compile(r"[^\S\n]+")

# "d e s c o n t o", "h.t.t.p": single letters with one and the same kind of gap.
_SPELLED = re.compile(r"(?<![^\W_])(?:[^\W_ºª]([ ._*|~-])(?:[^\W_ºª]\1){2,}[^\W_ºª]|(?:\d )+\d)(?![^\W_])")
_LEET_WORD = re.compile(r"\b[013457]?[a-z]+[013457][a-z][a-z013457]*\b")
# "golpe . com": the gaps of an address.
_LOOSE_DOT = re.compile(r"(?<=\w)(?: \. ?(?=\w)|\. (?=(?:com|net|org)(?:\.br)?\s*(?:$|[/!?,\n])))")
_LEET = str.maketrans("013457", "oieast")
# As people write on a phone. Single letters that stand for several words are left.
_SHORT_FORMS = {"q": "que", "vc": "voce", "vcs": "voces", "hj": "hoje", "amn": "amanha", "msm": "mesmo"}
_SHORT_FORM = re.compile(rf"\b(?:{'|'.join(_SHORT_FORMS)})\b")


def plain(text: str) -> str:
    """`text` in small letters without accents, disguises and hidden characters; numbers in figures; at most 4,000 characters.

    "é" becomes "eh" and a future "será" becomes "serah", for "e" and "para" are other words.
    """
    text = _UNSEEN.sub("", text)[:MAX_CHARS]
    if not text.isascii():
        text = _ascii(text)
    text = _SPELLED.sub(_joined, text.lower())
    text = _LOOSE_DOT.sub(".", _BREAKS.sub("\n", _SPACES.sub(" ", text)))
    text = _SHORT_FORM.sub(lambda short: _SHORT_FORMS[short[0]], text)
    return figures(_LEET_WORD.sub(lambda word: word[0].translate(_LEET), text))[: 2 * MAX_CHARS]


def _ascii(text: str) -> str:
    """Without accents and foreign letters that look like ours."""
    text = unicodedata.normalize("NFKC", text).lower().translate(_DASHES)
    text = _FUTURE.sub(r"\1ah", _IS.sub("eh", text))
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).translate(_LOOKALIKES)


_IS = re.compile(r"\bé\b")
_FUTURE = re.compile(r"(\w[aeio]r)á\b")


def _joined(spelled: re.Match[str]) -> str:
    return re.sub(r"[ ._*|~-]", "", spelled[0])


def disguised(text: str) -> bool:
    """Whether the text hides words from whoever looks for them: letters spelled out, cut by unseen ones, or foreign ones."""
    if _CUT_WORD.search(text):
        return True
    return _spells(text) or (not text.isascii() and bool(_MIXED.search(unicodedata.normalize("NFKC", text))))


_MIXED = re.compile(r"[a-zA-Z][\u0370-\u052f]|[\u0370-\u052f][a-zA-Z]")


def _spells(text: str) -> bool:
    """Four letters or more, one by one. Figures may be spelled out, and "S.A.C." is short."""
    return any(sum(c.isalpha() for c in spelled[0]) >= 4 for spelled in _SPELLED.finditer(text))


# --- Sentences --------------------------------------------------------------------------------

_END = re.compile(r"(?<=[.!?;])(?<!\bav\.)(?<!\bdr\.)(?<!\bdra\.)(?<!\bsr\.)(?<!\bsra\.)\s+|\n+")


def sentences(text: str) -> list[str]:
    """The sentences of a plain text. A full stop inside of a number or an address ends none."""
    return [sentence for sentence in _END.split(text) if sentence.strip()]


# --- Numbers in words -------------------------------------------------------------------------

VALUES = {
    word: value
    for value, words in {
        0: "zero", 1: "um uma one", 2: "dois duas two", 3: "tres three", 4: "quatro four", 5: "cinco five", 6: "seis six",
        7: "sete seven", 8: "oito eight", 9: "nove nine", 10: "dez ten", 11: "onze eleven", 12: "doze twelve",
        13: "treze thirteen", 14: "quatorze catorze fourteen", 15: "quinze fifteen", 16: "dezesseis sixteen",
        17: "dezessete seventeen", 18: "dezoito eighteen", 19: "dezenove nineteen", 20: "vinte twenty", 30: "trinta thirty",
        40: "quarenta forty", 50: "cinquenta fifty", 60: "sessenta sixty", 70: "setenta seventy", 80: "oitenta eighty",
        90: "noventa ninety", 100: "cem cento hundred", 200: "duzentos duzentas", 300: "trezentos trezentas",
        400: "quatrocentos quatrocentas", 500: "quinhentos quinhentas", 600: "seiscentos seiscentas",
        700: "setecentos setecentas", 800: "oitocentos oitocentas", 900: "novecentos novecentas",
        1000: "mil thousand", 1_000_000: "milhao milhoes million",
    }.items()
    for word in words.split()
}  # fmt: skip
_WORD = "|".join(sorted(VALUES, key=len, reverse=True))
# "meia" is six between figures, as in a phone number; after "e" it is a half.
_NUMBER = re.compile(rf"\b(?:{_WORD})(?:(?:\s+e\s+|\s+and\s+|[\s-]+)(?:{_WORD})|[\s-]+meia)*\b")
_MONEY_AHEAD = re.compile(
    r"\s*(?:%|reais|real\b|dolar|centavo|euro|dollar|bucks|cents?\b|dias?\b|semanas?\b|mes(?:es)?\b|horas?\b)"
)
_PERCENT = re.compile(r"\bpor\s+cento\b|\bper\s?cent\b")
_AND_A_HALF = re.compile(r"\b(\d{1,4}) e mei[oa] (?=%|reais|mil\b)")
_NOON = re.compile(r"\bmeio[- ]dia\b|\bnoon\b")
# On their own they count nothing: "um momento", "mil desculpas", "the one".
_LOOSE = {"um", "uma", "one", "mil", "meia", "hundred", "thousand", "million"}
# "Perder um dia de trabalho" gives no time, "em um dia" does.
_A_WHILE = re.compile(r"\s*(?:dias?|semanas?|mes(?:es)?|horas?)\b")
_GIVES_TIME = re.compile(
    r"\b(?:dar|dou|damos|darei|receb\w+|em|ate|a|por|mais|dentro de|daqui|so|apenas|leva|demora|dura|ganh\w+|tem|fica)\s+$"
)


def figures(text: str) -> str:
    """Plain text with its spelled-out numbers in figures: "noventa por cento" is "90 %", "nove nove oito um" is "9981"."""
    text = _NOON.sub("12h", _PERCENT.sub("%", text))
    return _AND_A_HALF.sub(r"\1,5 ", _NUMBER.sub(lambda found: _in_figures(found, text), text))


def _in_figures(found: re.Match[str], text: str) -> str:
    words = [word for word in re.split(r"[\s-]+", found[0]) if word not in {"e", "and"}]
    if len(words) == 1 and words[0] in _LOOSE and not _counts(found, text):
        return found[0]
    values = [VALUES.get(word, 6) for word in words]
    if (len(values) > 1 and max(values) < 10) or sum(value < 10 for value in values) > 2:
        return "".join(map(str, values))
    return str(_sum(values))


def _counts(found: re.Match[str], text: str) -> bool:
    """Whether the number, which may be an article, counts what follows."""
    if not _MONEY_AHEAD.match(text, found.end()):
        return False
    return not _A_WHILE.match(text, found.end()) or bool(
        _GIVES_TIME.search(text[max(0, found.start() - 12) : found.start()])
    )


def _sum(values: list[int]) -> int:
    """2, 1000, 500 → 2500."""
    total = part = 0
    for value in values:
        if value >= 1000:
            total, part = total + max(part, 1) * value, 0
        elif value == 100 and 0 < part < 10:
            part *= 100
        else:
            part += value
    return total + part
