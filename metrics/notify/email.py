"""E-mail through Django's backend, to the addresses of the rule, else to ALERT_EMAILS."""

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage

from .base import Letter, NoticeError, Refused, Stopped, TryLater, Unsure

# What a mail server says when it may be asked again later: a list that new senders wait on, too many mails, a pause.
BUSY = frozenset(range(400, 500))


def send(letter: Letter) -> None:
    """Sends one mail to all. Mail programs show what is said of one incident together. Raises NoticeError."""
    thread = f"<{letter.data['incident'] or letter.key}@mis>"
    first = letter.kind in ("firing", "test")
    to = letter.to or settings.ALERT_EMAILS
    if not to:
        raise Refused("nobody")
    headers = {"Message-ID": thread} if first else {"References": thread, "In-Reply-To": thread}
    mail = EmailMessage(letter.summary, letter.text, settings.DEFAULT_FROM_EMAIL, to, headers=headers)
    try:
        mail.send()
    except OSError as error:  # that of `smtplib` is one too
        raise _meaning(error, letter) from None


def _meaning(error: OSError, letter: Letter) -> NoticeError:
    """What is to be done about this mail, and about the next ones."""
    codes = _codes(error)
    if codes and BUSY.issuperset(codes):
        return TryLater(str(codes[0]))
    match error:
        case smtplib.SMTPAuthenticationError() | smtplib.SMTPNotSupportedError() | smtplib.SMTPSenderRefused():
            return Stopped(type(error).__name__)
        case smtplib.SMTPRecipientsRefused():
            # The addresses of one rule say nothing of the others'.
            return (Refused if letter.to else Stopped)("recipients_refused")
        case smtplib.SMTPResponseException():
            return Refused(str(error.smtp_code))
        case smtplib.SMTPServerDisconnected():
            return Unsure("disconnected")
        case ConnectionRefusedError():
            return TryLater("refused_connection")
        case TimeoutError():
            return Unsure("no_answer")
    return TryLater(type(error).__name__)


def _codes(error: OSError) -> list[int]:
    """What the mail server has answered, for each recipient where it did so; empty when it answered nothing."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _text in error.recipients.values()]
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []
