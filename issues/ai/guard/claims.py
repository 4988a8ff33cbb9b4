"""The hard facts in a text: prices, dates, links, addresses and numbers, each in one form, so that equality is enough."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from .words import plain

# A fact is its kind and its value. The kinds are also the names of the problems, see `guard.check`.
PRICE, DATE, LINK, EMAIL, PHONE, NUMBER = "price", "date", "link", "email", "phone", "number"
Fact = tuple[str, str]


def facts(text: str) -> set[Fact]:
    """What the plain `text` claims."""
    return set(_read(text))


def known(source: str) -> frozenset[Fact]:
    """What a reply may say because `source`, any text of ours or the customer's, says it.

    More than `facts`: a date vouches for its day, a bare number for a price or an hour.
    """
    return frozenset(fact for part in parts(source) for fact in _vouched(plain(part)))


# Notes are long and the same for every customer; a conversation is neither, and is not kept.
noted = lru_cache(maxsize=64)(known)


def parts(source: str, size: int = 3500) -> Iterator[str]:
    """`source` in pieces that `plain` takes whole, cut between lines or words. Notes are longer than messages."""
    while len(source) > size:
        cut = max(source.rfind("\n", 0, size), source.rfind(" ", 0, size), size // 2)
        yield source[:cut]
        source = source[cut:]
    yield source


def _vouched(text: str) -> Iterator[Fact]:
    for kind, value in _read(text):
        yield kind, value
        if kind == DATE and "/" in value:
            yield DATE, value.split("/")[0]
            yield DATE, "month " + value.split("/")[1]
    if re.search(r"\b(?:hoje|today)\b", text):
        yield DATE, TODAY
    for name in re.findall(rf"\b(?:{_DAY})\b", text):
        yield DATE, f"weekday {WEEKDAYS[name]}"
    for weekday in _ranges(text):
        yield DATE, weekday
    for number in re.findall(r"\d[\d.,]*", text):
        yield PRICE, amount(number)
        yield NUMBER, digits(number)
        if len(digits(number)) <= 2:
            yield DATE, clock(digits(number))
            yield DATE, clock(digits(number), later=True)


def _read(text: str) -> Iterator[Fact]:
    """Every fact, each stretch of text read once: what is part of a link is no price."""
    has_digits = _DIGIT.search(text) is not None
    for pattern, kind, value, needs_digits in _READERS:
        if needs_digits and not has_digits:
            continue
        found: list[Fact] = []
        text = pattern.sub(_taking(kind, value, found), text)
        yield from found


def _taking(kind: str, value: Callable, found: list[Fact]) -> Callable[[re.Match[str]], str]:
    def take(match: re.Match[str]) -> str:
        if said := value(match):
            found.append((kind, said))
            return " , "
        return match[0]

    return take


# --- Numbers ----------------------------------------------------------------------------------


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def amount(number: str) -> str:
    """ "1.234,5" and "1,234.50" are "1234.50"; "90" is "90.00"."""
    number = number.strip(".,")
    whole, mark, cents = max((number.rpartition(sign) for sign in ",."), key=lambda cut: len(cut[0] + cut[1]))
    if not mark or len(cents) > 2:
        whole, cents = number, ""
    return f"{digits(whole).lstrip('0') or '0'}.{cents:0<2}"


def _price(match: re.Match[str]) -> str:
    groups = match.groupdict()
    number = groups.get("n") or groups.get("m") or ""
    if groups.get("thousand") and number:
        return amount(str(round(float(amount(number[:12])) * 1000)))
    return amount(number)


def _percent(match: re.Match[str]) -> str:
    return f"{amount(match['n'])} %"


# --- Dates and times --------------------------------------------------------------------------

MONTHS = {
    name: number
    for number, names in enumerate(
        ["janeiro january jan", "fevereiro february fev feb", "marco march", "abril april abr apr", "maio may", "junho june jun", "julho july jul", "agosto august ago aug", "setembro september sept", "outubro october oct", "novembro november nov", "dezembro december dez dec"], 1
    )
    for name in names.split()
}  # fmt: skip
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        ["segunda monday", "terca tuesday", "quarta wednesday", "quinta thursday", "sexta friday", "sabado saturday", "domingo sunday"]
    )
    for name in names.split()
}  # fmt: skip
TODAY = "hoje"
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
# Only whole names stand for themselves: "ago", "may" and "march" are other words too.
_WHOLE_MONTH = "|".join(name for name in MONTHS if len(name) > 3 and name != "march")
_DAY = "|".join(WEEKDAYS)
_SURE_DAY = "sabado|domingo|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_FAIR = "segunda|terca|quarta|quinta|sexta"
# "A segunda via", "na quarta tentativa": the ordinals are not days.
_ORDINAL = r"(?:[\s-]+(?:via|vez|opcao|mensagem|tentativa|parcela|etapa|aula|pessoa|compra|semana|parte|fase|cobranca|linha|serie|unidade|turma|casa|feira\b)\w*)"
_UNITS = {
    "d": "dia day",
    "w": "semana week",
    "m": "mes mese month",
    "y": "ano year",
    "h": "hora hour hr h",
    "min": "minuto minute min",
}
UNITS = {word: unit for unit, words in _UNITS.items() for word in words.split()}


def _full_date(match: re.Match[str]) -> str:
    day, month = int(match["d"]), int(match["m"])
    return f"{day}/{month}" if 1 <= day <= 31 and 1 <= month <= 12 else ""


def _iso_date(match: re.Match[str]) -> str:
    return _full_date(match)


def _named_date(match: re.Match[str]) -> str:
    return f"{int(match['d'])}/{MONTHS[match['m']]}"


def _month(match: re.Match[str]) -> str:
    return f"month {MONTHS[match['m']]}"


def _weekday(match: re.Match[str]) -> str:
    return f"weekday {WEEKDAYS[match['w'].removesuffix('s') if match['w'] not in WEEKDAYS else match['w']]}"


def _ranges(text: str) -> Iterator[str]:
    """The days between: "de segunda a sexta" vouches for Wednesday."""
    for first, last in re.findall(rf"\b({_DAY})(?:-feira)?\s+(?:a|ate|to|-|through)\s+({_DAY})\b", text):
        for day in range(WEEKDAYS[first], WEEKDAYS[last] + 1):
            yield f"weekday {day}"


def clock(hour: str, minute: str = "", *, later: bool = False) -> str:
    """ "9" is "09:00", or "21:00" when it is `later`."""
    number = int(hour) + (12 if later and int(hour) < 12 else 0)
    return f"{number:02}:{int(minute or 0):02}" if number <= 24 else ""


def _time(match: re.Match[str]) -> str:
    groups = match.groupdict()
    later = (groups.get("pm") or "").startswith("p")
    return clock(match["h"], groups.get("min") or "", later=later)


def _span(match: re.Match[str]) -> str:
    unit = match["u"].removeprefix("business ")
    unit = unit if unit in UNITS else unit.removesuffix("s")
    return f"{int(match['n'][:6])} {UNITS.get(unit, unit)}"


def _word(match: re.Match[str]) -> str:
    return re.sub(r"\s+", " ", match[0]).strip()


_TODAY = (
    r"\b(?:(?:ainda|ate|by|mesmo)\s+(?:hoje|today)|(?:hoje|today)\s+(?:mesmo|ainda|a tarde|a noite|as\b|ate\b|at\b)|later today|"
    r"(?:sai|saem|cheg\w+|entreg\w+|envi\w+|resolv\w+|receb\w+|devolv\w+|liber\w+|fica\w*|cai|pag\w+|vem|vai|vamos|iremos|serah?|ate|will|arrives?|shall)\b"
    r"(?! ajud| help)[^.!?,;]{0,40}\b(?:hoje|today))\b"
)
_DAYS_BY_NAME = (
    r"\b(?:depois de amanha|amanha|tomorrow|tonight|(?:n?est[ae]|proxim[ao]|this|next|toda|todo)\s+(?:semana|mes|ano|week|month|year|weekend|quinzena)|"
    r"(?:semana|mes|ano)\s+que\s+vem|fi(?:m|nal)\s+d[eao]\s+(?:semana|dia|mes|tarde|ano)|end of (?:the )?(?:day|week|month)|weekend|"
    r"natal|ano novo|carnaval|pascoa|christmas|black friday|meia[- ]noite|midnight)\b"
)

# --- Links and addresses ----------------------------------------------------------------------

_TLD = (
    "com|net|org|br|io|info|site|online|shop|store|xyz|link|page|app|dev|biz|club|top|live|tv|cc|gl|ly|ru|cn|uk|us|pt|eu|"
    "gov|edu|tech|cloud|web|click|fun|icu|vip|pro|bank|digital|loja|blog|website|space|gd|gg|sh|tk|ml|cf|ga|pw|ws|mobi"
)
# Also words: "aqui.me diga" is a missing space, unless a path follows.
_HOSTS = r"(?:wa|t|fb|m|n9|bre|lnkd|paypal|pag|linktr)\.(?:me|ee|ae|is)|bit\.ly|goo\.gl|is\.gd|t\.co|ow\.ly|cutt\.ly|tinyurl\.\w+|encurtador\.\w+|youtu\.be|g\.co"
_DOT = r"(?:\s?[\[({]\s?(?:\.|ponto|dot|p)\s?[\])}]\s?|\s+(?:ponto|dot)\s+|\s\.\s?|\.)"
_LINK = re.compile(
    r"\b(?:h(?:tt|xx)ps?|ftp|tel|mailto|whatsapp|intent|javascript|data)\s*:\s*/{0,2}\s*\S+"
    rf"|\bwww\s?{_DOT}?\s?[a-z0-9][^\s,;]*"
    rf"|\b(?:{_HOSTS})(?:/[^\s,;]*)?"
    rf"|\b(?<!@)[a-z0-9](?:[a-z0-9-]|{_DOT}(?=[a-z0-9])){{0,80}}{_DOT}(?:{_TLD})\b(?:\s?(?:/|barra\s)\s?[^\s,;]*)?"
    r"|\b(?=[\d.-]*[a-z])[a-z0-9-]{2,63}(?:\.[a-z0-9-]{2,63}){1,6}/[^\s,;]+"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b(?:[:/]\S*)?"
)
_EMAIL = re.compile(
    r"\b[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\]|\sarroba\s|\(arroba\)|\[arroba\])\s?[\w-]+(?:" + _DOT + r"\w+)*"
)


def address(text: str) -> str:
    """A link without what makes no difference: "https://www.Loja.com/" and "loja ponto com" are "loja.com"."""
    text = re.sub(_DOT, ".", text)
    text = re.sub(r"\s*barra\s*", "/", text)
    text = re.sub(r"^(?:h(?:tt|xx)ps?|ftp)\s*:\s*/*\s*|\s", "", text)
    return re.sub(r"^www\.?", "", text).rstrip("/.,;:!?)\"'")


def _link(match: re.Match[str]) -> str:
    return address(match[0])


def _email(match: re.Match[str]) -> str:
    return re.sub(r"\s?(?:\(at\)|\[at\]|\sarroba\s|\(arroba\)|\[arroba\]|@)\s?", "@", address(match[0]))


def _phone(match: re.Match[str]) -> str:
    found = digits(match[0])
    return found[-8:] if len(found) >= 8 else ""


# Everyone may be told whom to call in an emergency; "24 horas" is a number of two figures.
_PUBLIC = {"100", "180", "188", "190", "191", "192", "193", "911"}


def _number(match: re.Match[str]) -> str:
    found = digits(match[0])
    return found if len(found) >= 3 and found not in _PUBLIC else ""


_N = r"(?<!\d)(?P<n>\d[\d.,]{0,20})"
_K = r"(?:\s?(?P<thousand>mil|k|thousand)\b)?"
_CURRENCY = r"(?:r\s?\$|us\s?\$|u\$s?|\$|€|£|\bbrl\b|\busd\b|\beur\b)"
_COINS = r"(?:reais|real\b(?! motivo)|dolar(?:es)?|euros?|centavos|pilas?\b|contos?\b|mangos|pratas|bucks|dollars?|cents\b|brl|usd|eur)\b"
_COSTS = r"\b(?:cust(?:a|am|ando|arah)|preco|valor(?: total)?|taxa|mensalidade|anuidade|parcela|tarifa|frete|sai|fica|ficou|continua|permanece|arredond\w+|costs?|price|fee|apenas|somente|only|just)(?: (?:eh|e|de|por|para|pra|em|sera|serah|is|of|for|so|apenas|no valor de|a partir de|fica|ficou|:))*:? (?P<m>\d[\d.,]*)(?!\s?(?:%|x\b|vez|dia|hora|min|seg|mes|h\b|/|:|anos?|pessoas?|itens|unidades?|days?|hours?))"

# Most facts hold figures, and most sentences do not.
_DIGIT = re.compile(r"\d")
_WORDS_TOO = {EMAIL, LINK}
_PATTERNS: list[tuple[re.Pattern[str], str, Callable]] = [
    (_EMAIL, EMAIL, _email),
    (_LINK, LINK, _link),
    (re.compile(rf"{_N}\s?(?:%|pct\b)"), PRICE, _percent),
    (re.compile(rf"{_CURRENCY}\s?{_N}{_K}"), PRICE, _price),
    (re.compile(rf"{_N}{_K}(?: de)?\s?{_COINS}|{_N.replace('n>', 'm>')}\s?(?:€|£|\$)"), PRICE, _price),
    (re.compile(r"(?P<n>\b\d{1,3}(?:\.\d{3})*,\d{2})\b(?![\d,])"), PRICE, _price),
    (re.compile(r"\b(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})\b"), DATE, _iso_date),
    (re.compile(r"\b(?P<d>\d{1,2})\s?/\s?(?P<m>\d{1,2})(?:\s?/\s?\d{2,4})?\b"), DATE, _full_date),
    (re.compile(r"\b(?P<d>\d{1,2})[.-](?P<m>\d{1,2})[.-]\d{2,4}\b"), DATE, _full_date),
    (re.compile(rf"\b(?P<d>\d{{1,2}})(?:o|st|nd|rd|th)?\s+(?:de\s+|of\s+)?(?P<m>{_MONTH})\b(?:\s+de\s+\d{{4}}|,?\s+20\d\d)?"), DATE, _named_date),
    (re.compile(rf"\b(?P<m>{_MONTH})\s+(?:the\s+)?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+20\d\d)?"), DATE, _named_date),
    (re.compile(r"\b(?:dias?|ate o dia|no dia)\s+(?P<d>\d{1,2})\b(?!\s?(?:dias|horas|h\b))"), DATE, lambda m: m["d"].lstrip("0")),
    (re.compile(r"\b(?:the\s+)?(?P<d>\d{1,2})(?:st|nd|rd|th)\b"), DATE, lambda m: m["d"].lstrip("0")),
    (re.compile(rf"\b(?P<m>{_WHOLE_MONTH})\b"), DATE, _month),
    (re.compile(rf"\b(?P<w>(?:{_FAIR}))s?-?\s?feiras?\b"), DATE, _weekday),
    (re.compile(rf"\b(?P<w>(?:{_SURE_DAY})s?)\b"), DATE, _weekday),
    (re.compile(rf"\b(?:na|nas|ate|nesta|nessa|esta|proxima|toda|todas|as|para|pra|de|e|a|ou|quando|ser|eh|foi|sera|serah|so)\s+(?P<w>(?:{_FAIR}))s?\b(?!{_ORDINAL})"), DATE, _weekday),
    (re.compile(_TODAY), DATE, lambda _: TODAY),
    (re.compile(_DAYS_BY_NAME), DATE, _word),
    (re.compile(r"\b(?P<h>\d{1,2})\s?(?:h|:|hrs?|horas e)\s?(?P<min>\d{2})(?:\s?min)?\b(?:\s?(?P<pm>[ap])\.?m\b)?"), DATE, _time),
    (re.compile(r"\b(?P<h>\d{1,2})\s?(?P<pm>[ap])\.?m\b"), DATE, _time),
    (re.compile(r"\b(?:as|das|ate as|at|by|a partir das)\s+(?P<h>\d{1,2})(?:\s?(?:h|hs|hrs|horas|o'?clock))?\b(?!\s?(?:%|x\b|dia|min|mes|/))"), DATE, _time),
    (re.compile(r"\b(?P<h>\d{1,2})h(?:s|rs)?\b"), DATE, _time),
    (re.compile(rf"\b{_N}\s?(?:a\s\d+\s?)?(?P<u>dias?|semanas?|mes(?:es)?|anos?|horas?|hours?|hrs?|(?:business )?days?|weeks?|months?|years?|minut[oe]s?|min)\b"), DATE, _span),
    (re.compile(r"\b\d{1,2}\s?x\b|\b(?:em|de)\s\d{1,2}\s(?:vezes|parcelas)\b"), PRICE, lambda m: f"{digits(m[0])} x"),
    (re.compile(_COSTS), PRICE, _price),
    (re.compile(r"\b\d{5}-\d{3}\b(?!-)"), NUMBER, lambda m: digits(m[0])),  # a postal code
    (re.compile(r"\b\d{2}\.?\d{3}\.?\d{3}/\d{4}-?\d{2}\b"), PHONE, _phone),  # a company, which may be paid as well
    (re.compile(r"\+?\(?\d[\d\s().-]{6,30}\d"), PHONE, _phone),
    (re.compile(r"\b[a-z]{3,}-?\d+\b"), NUMBER, lambda m: m[0]),
    (re.compile(r"\d[\d.,/-]*\d|\d"), NUMBER, _number),
]  # fmt: skip
_READERS = [
    (pattern, kind, value, kind not in _WORDS_TOO and r"\d" in pattern.pattern) for pattern, kind, value in _PATTERNS
]
