"""E-mail through Django's backend, to the addresses of the rule, else to ALERT_EMAILS."""

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage

from .base import Letter, Refused, Stopped, TryLater, Unsure

CONFIGURATION = (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError, smtplib.SMTPSenderRefused)
# What a mail server says when it may be asked again later: a list that new senders wait on, too many mails, a pause.
BUSY = range(400, 500)


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
    except CONFIGURATION as error:
        if getattr(error, "smtp_code", None) in BUSY:
            raise TryLater(str(error.smtp_code)) from None
        raise Stopped(type(error).__name__) from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _answer in error.recipients.values()]
        if codes and all(code in BUSY for code in codes):
            raise TryLater(str(codes[0])) from None
        # The addresses of one rule say nothing of the others'.
        raise (Refused if letter.to else Stopped)("recipients_refused") from None
    except smtplib.SMTPResponseException as error:
        raise (TryLater if error.smtp_code in BUSY else Refused)(str(error.smtp_code)) from None
    except smtplib.SMTPServerDisconnected:
        raise Unsure("disconnected") from None
    except ConnectionRefusedError:
        raise TryLater("refused_connection") from None
    except TimeoutError:
        raise Unsure("no_answer") from None
    except OSError as error:
        raise TryLater(type(error).__name__) from None
