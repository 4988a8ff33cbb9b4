"""Slack's incoming webhook. It gives no id back and knows no repeats: whoever calls decides whether to say a thing again.

Statuses and limits are those of docs.slack.dev (incoming webhooks, rate limits, block kit). slack_sdk raises for none of them.
"""

import http.client
import logging
import ssl
import urllib.error

from django.conf import settings
from slack_sdk.webhook import WebhookClient
from slack_sdk.webhook.webhook_response import WebhookResponse

from .base import Letter, Refused, Stopped, TryLater, Unsure

# slack_sdk logs the address and the body of every call at DEBUG, and the address is the secret.
logging.getLogger("slack_sdk").setLevel(logging.WARNING)

# Longer than anyone waits for it (`send`): an answer that comes late must still be heard, or the notice would be said twice.
TIMEOUT_S = 60
HEADER, SECTION, FIELD = 150, 3000, 2000
MOST_FIELDS = 10
UNCONFIGURED = {403, 404, 410}
SIGNS = {"critical": "🔴", "warning": "🟠", "info": "🔵"}


def send(letter: Letter) -> None:
    """Posts the letter; one whose blocks Slack does not take goes as plain text. Raises NoticeError."""
    try:
        _post(text=letter.summary, blocks=blocks(letter))
    except Refused:
        _post(text=escaped(letter.text))


def _post(**message) -> None:
    client = WebhookClient(settings.SLACK_WEBHOOK_URL, timeout=TIMEOUT_S, retry_handlers=[])
    try:
        answer = client.send(**message, unfurl_links=False, unfurl_media=False)
    except urllib.error.URLError as error:
        raise TryLater(_kind(error.reason)) from None
    except (ConnectionRefusedError, ssl.SSLError) as error:
        raise TryLater(_kind(error)) from None
    except TimeoutError:
        raise Unsure("no_answer") from None
    except (OSError, http.client.HTTPException) as error:
        raise Unsure(_kind(error)) from None
    judge(answer)


def judge(answer: WebhookResponse) -> None:
    """Returns when Slack has the message, and raises what is to be done when it has not."""
    if answer.status_code == 200:
        return
    reason = f"{answer.status_code}"
    if answer.status_code == 429:
        raise TryLater("rate_limited", _seconds(answer.headers))
    if answer.status_code in UNCONFIGURED:
        raise Stopped(reason)
    if 400 <= answer.status_code < 500:
        raise Refused(reason)
    raise TryLater(reason)


def _seconds(headers: dict) -> float:
    """What Retry-After asks for; a second where it says nothing that can be read."""
    told = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    told = told[0] if isinstance(told, list) else told
    return max(1.0, float(told)) if str(told).replace(".", "", 1).isdigit() else 1.0


def _kind(error: object) -> str:
    return type(error).__name__ if isinstance(error, BaseException) else "unreachable"


def blocks(letter: Letter) -> list[dict]:
    """The letter as Slack lays it out."""
    title = f"{SIGNS.get(letter.severity, '')} {letter.title}".strip()
    found: list[dict] = [{"type": "header", "text": {"type": "plain_text", "text": title[:HEADER], "emoji": True}}]
    if letter.fields:
        fields = [_markdown(f"*{escaped(label)}*\n{escaped(value)}", FIELD) for label, value in letter.fields]
        found.append({"type": "section", "fields": fields[:MOST_FIELDS]})
    found += [{"type": "section", "text": _markdown(escaped(each), SECTION)} for each in letter.paragraphs]
    if letter.link:
        button = {"type": "button", "text": {"type": "plain_text", "text": letter.link_text}, "url": letter.link}
        found.append({"type": "actions", "elements": [button]})
    found.append({"type": "context", "elements": [_markdown(escaped(f"{letter.reference} · {letter.at}"), SECTION)]})
    return found


def _markdown(text: str, longest: int) -> dict:
    return {"type": "mrkdwn", "text": text if len(text) <= longest else text[: longest - 1] + "…"}


def escaped(text: str) -> str:
    """So that no text can call a channel or make a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
