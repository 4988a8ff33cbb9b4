"""Phone numbers in one canonical form, so that equality is enough to match."""

import re
import unicodedata
from functools import lru_cache

import phonenumbers

# What WhatsApp appends to a number to make an address. Other endings (@lid, @g.us) name no phone.
PHONE_JIDS = {"s.whatsapp.net", "c.us"}

# Brazil: an area code, then eight digits, or nine from 9 on. Mobile numbers got their ninth digit
# from 2012 to 2016; those that had eight began with 6 to 9 (Anatel, Resolução 553/2010).
AREA = "(?:1[1-9]|2[12478]|3[1-578]|4[1-9]|5[1345]|6[1-9]|7[134579]|8[1-9]|9[1-9])"
BRAZILIAN = re.compile(AREA + "(?:9[0-9]{8}|[2-9][0-9]{7})")
SHORT_MOBILE = re.compile(rf"(\+55{AREA})([6-9][0-9]{{7}})")
LONG_MOBILE = re.compile(rf"(\+55{AREA})9([6-9][0-9]{{7}})")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
NOT_PHONE = re.compile(r"[^0-9]")


@lru_cache(maxsize=20_000)
def canonical(raw: str, region: str = "BR") -> str | None:
    """The number as E.164, Brazilian mobiles with their ninth digit; None when it is not a possible number.

    Takes masks, WhatsApp addresses, and numbers with or without `+` and country code. Without
    `+`, a number that can be one of `region` is one; else it is read as an international one.
    """
    number, at, domain = raw.partition("@")
    if at:
        if domain not in PHONE_JIDS:
            return None
        return _international(number.partition(":")[0])  # after the colon: which of the person's devices
    # NFKC turns full-width digits into digits; what stands before the number is often an invisible mark.
    number = unicodedata.normalize("NFKC", number[:64])
    found = _plain(re.sub(r"^[^0-9+]+", "", number), region)
    return _with_ninth_digit(found) if found else None


def _international(number: str) -> str | None:
    found = _possible("+" + number.lstrip("+"), None)
    return _with_ninth_digit(found) if found else None


def _plain(number: str, region: str) -> str | None:
    if number.startswith("+"):
        return _possible(number, None)
    figures = NOT_PHONE.sub("", number).lstrip("0")
    if region == "BR":
        if BRAZILIAN.fullmatch(figures):
            return "+55" + figures
        if figures.startswith("55") and BRAZILIAN.fullmatch(figures[2:]):
            return "+" + figures
        return _possible("+" + figures, None, strict=True)
    return _possible(number, region, strict=True) or _possible("+" + figures, None, strict=True)


def _possible(number: str, region: str | None, strict: bool = False) -> str | None:
    """`number` as E.164 if it can be one; when `strict`, if it is in its country's numbering plan."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    fits = phonenumbers.is_valid_number(parsed) if strict else phonenumbers.is_possible_number(parsed)
    if not fits or (parsed.country_code == 55 and len(str(parsed.national_number)) < 10):
        return None
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return written if E164.fullmatch(written) else None


def _with_ninth_digit(phone: str) -> str:
    short = SHORT_MOBILE.fullmatch(phone)
    return f"{short[1]}9{short[2]}" if short else phone


def other_form(phone: str) -> str | None:
    """The Brazilian mobile number with its ninth digit taken away or put in; None when it never had two forms."""
    if long := LONG_MOBILE.fullmatch(phone):
        return long[1] + long[2]
    if SHORT_MOBILE.fullmatch(phone):
        return _with_ninth_digit(phone)
    return None


def forms(phone: str) -> set[str]:
    """Every form in which an E.164 number may be met: itself, and its other Brazilian form."""
    return {phone, other_form(phone) or phone}


def digits(phone: str) -> str:
    """The number as WhatsApp wants it: digits alone, country code first."""
    return NOT_PHONE.sub("", phone)


def masked(phone: str | None) -> str:
    """The number for screens, its middle hidden: `+55 11 •••• 0001`. Empty when there is none."""
    if not phone:
        return ""
    try:
        parsed = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return f"•••• {phone[-4:]}"
    area = f" {str(parsed.national_number)[:2]}" if parsed.country_code == 55 else ""
    return f"+{parsed.country_code}{area} •••• {phone[-4:]}"
