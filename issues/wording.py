"""Templates with placeholders, filled in without ever failing at a customer; and the types of issues in words."""

import re

from django.utils.translation import gettext_lazy as _

# The types that the AI may choose. The CRM and the API may name others.
TYPES = {
    "customer_complaint": _("customer complaint"),
    "urgent_request": _("urgent request"),
    "technical_issue": _("technical issue"),
    "access_problem": _("access problem"),
    "billing": _("billing"),
    "payment_failed": _("payment failed"),
    "delivery_complaint": _("delivery complaint"),
    "scheduling": _("scheduling"),
    "cancellation": _("cancellation"),
    "question": _("question"),
    "other": _("other"),
}

# What the AI is asked, by the name of the prompt.
PROMPTS = {
    "reply": _("answer to the customer"),
    "triage": _("judgement whether an issue is solved"),
}


def issue_type(name: str) -> str:
    """The type in the reader's language; one that we do not know is shown as it was named, "vip_lead" as "vip lead"."""
    return str(TYPES.get(name) or name.replace("_", " "))


# A word of four digits, with "@", or without any letter.
ADDRESS = re.compile(r"@|(\d\D*){4}|^[\W\d_]+$")


def initials(name: str) -> str:
    """A person's name for screens: the first one, and the beginnings of the others, "Ana B. S."; empty when there is none.

    A phone or an address that stands where a name should is none.
    """
    first, *others = [word for word in name.split() if not ADDRESS.search(word)] or [""]
    return " ".join([first, *(f"{other[0]}." for other in others if other[0].isupper())])


PLACEHOLDERS = {"name", "type"}
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def unknown_placeholders(text: str) -> str:
    """The placeholders in `text` that nothing fills, as written; empty when all is well."""
    return ", ".join(f"{{{name}}}" for name in PLACEHOLDER.findall(text) if name not in PLACEHOLDERS)


def fill(text: str, *, name: str, type: str) -> str:
    """`text` with its placeholders filled, and tidy when the name is not known: "Olá, {name}!" → "Olá!", "{name}, como" → "Como"."""
    if not name:
        text = re.sub(r"(^|[.!?]\s+)\{name\},\s*(\w)", lambda match: match[1] + match[2].upper(), text)
        text = re.sub(r",?\s*\{name\}", "", text)
    values = {"name": name, "type": type.replace("_", " ")}
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text).strip()


ENGLISH = {
    "the", "is", "my", "and", "not", "you", "please", "can", "have", "with", "this", "was", "hello", "help", "i", "want",
    "need", "your", "it", "are", "what", "how", "when", "where", "from", "speak", "talk", "human", "someone", "unsubscribe",
}  # fmt: skip
PORTUGUESE = {
    "o",
    "a",
    "de",
    "que",
    "não",
    "nao",
    "meu",
    "minha",
    "por",
    "favor",
    "com",
    "eu",
    "para",
    "um",
    "uma",
    "e",
    "é",
}


def language_of(text: str) -> str:
    """ "en" when the words look English more than Portuguese, else "pt-BR"."""
    words = set(re.findall(r"[a-zà-ÿ]+", text.lower()))
    return "en" if len(words & ENGLISH) > len(words & PORTUGUESE) else "pt-BR"


# Why a message did not go out, or may not have, where nothing but the code was kept.
FAILURES = {
    "unreachable": _("no connection"),
    "not_connected": _("WhatsApp not connected"),
    "not_on_whatsapp": _("this number is not on WhatsApp"),
    "held_up": _("MIS was held up"),
    "slow_down": _("asked to slow down"),
    "busy": _("too many messages at once"),
    "server_error": _("the other side failed"),
    "no_answer": _("no answer in time"),
    "cut_off": _("the connection broke"),
    "failed_while_sending": _("failed while sending"),
    "unknown_refusal": _("refused without a reason"),
    "unreadable_answer": _("the answer could not be read"),
    "error": _("an error of MIS"),
    "worker_lost": _("the worker was lost"),
    "refused_by_whatsapp": _("WhatsApp could not deliver the answer"),
}
