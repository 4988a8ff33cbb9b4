"""Templates with placeholders, filled in without ever failing at a customer."""

import re

PLACEHOLDERS = {"name", "type"}
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def unknown_placeholders(text: str) -> str:
    """The placeholders in `text` that nothing fills, as written; empty when all is well."""
    return ", ".join(f"{{{name}}}" for name in PLACEHOLDER.findall(text) if name not in PLACEHOLDERS)


def fill(text: str, *, name: str, type: str) -> str:
    """`text` with its placeholders filled, and tidy when the name is not known: "Olá, {name}!" → "Olá!"."""
    if not name:
        text = re.sub(r",?\s*\{name\}", "", text)
    values = {"name": name, "type": type.replace("_", " ")}
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text).strip()


ENGLISH = {"the", "is", "my", "and", "not", "you", "please", "can", "have", "with", "this", "was", "hello", "help"}
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
