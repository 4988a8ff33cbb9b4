"""E-mails as plain text."""

import html
import re
from collections.abc import Iterator

# Possessive (`*+`), so that the time is linear in the length of what a stranger sent.
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)[^<>]*+>|<[!?/][^<>]*+>")
LINES = {"address", "blockquote", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "p", "table", "tr", "ul"}
UNSEEN = {"head", "script", "style", "title"}


def plain(markup: str) -> str:
    """What a reader of this HTML sees, one line per block. Broken markup gives what can be read of it."""
    visible = "".join(_pieces(_without_comments(markup)))
    lines = (" ".join(line.split()) for line in html.unescape(visible).splitlines())
    return "\n".join(line for line in lines if line)


def _without_comments(markup: str) -> str:
    first, *rest = markup.split("<!--")
    return first + "".join(part.partition("-->")[2] for part in rest)


def _pieces(markup: str) -> Iterator[str]:
    """The text between the tags, with a line end for each tag that makes one."""
    unseen, position = "", 0
    for tag in TAG.finditer(markup):
        if not unseen:
            yield markup[position : tag.start()].replace("\n", " ")
        position, name = tag.end(), (tag[2] or "").lower()
        if unseen:
            unseen = "" if tag[1] and name == unseen else unseen
        elif name in UNSEEN and not tag[1]:
            unseen = name
        elif name in LINES:
            yield "\n"
    if not unseen:
        yield markup[position:].replace("\n", " ")
