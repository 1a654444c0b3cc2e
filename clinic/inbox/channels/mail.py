"""E-mail through Django's mail, and so through any of its backends: a mail server, or a service by Anymail (extra)."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from clinic.inbox.channels import NotSent, Outgoing, services

HOPELESS = (smtplib.SMTPNotSupportedError,)
SAID_NO = (smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)
"""The server answered that it does not take the mail."""
PERMANENT = 500


def send(message: Outgoing) -> str:
    """Hand one mail over; the id is its Message-ID."""
    mail, name = _mail(message)
    connection: Any = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:  # nothing was said yet
        raise NotSent(_short(error), again=not isinstance(error, HOPELESS)) from error
    try:
        connection.send_messages([mail])
    except SAID_NO as error:
        raise NotSent(_short(error), again=_code(error) < PERMANENT) from error
    except Exception as error:
        refused = services.refusal(error)
        if refused is None:
            raise  # nobody knows
        raise refused from error
    finally:
        with suppress(OSError, smtplib.SMTPException):
            connection.close()
    return services.id_of(mail) or name


def _mail(message: Outgoing) -> tuple[EmailMultiAlternatives, str]:
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    name = f"<{message.id}@{host}>"
    headers = {"Message-ID": name, "Auto-Submitted": "auto-generated", "Content-Language": message.language}
    if message.stop_url:
        headers |= {"List-Unsubscribe": f"<{message.stop_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    mail = EmailMultiAlternatives(
        message.subject, message.text, _sender(message.sender), [message.to], headers=headers,
        reply_to=[message.reply_to] if message.reply_to else None,
    )  # fmt: skip
    mail.attach_alternative(message.html, "text/html")
    try:
        mail.message()  # an address that is none is found before anything leaves
    except (ValueError, UnicodeError) as error:
        raise NotSent(_short(error), again=False) from error
    return mail, name


def _sender(hospital: str) -> str:
    return formataddr((" ".join(hospital.split()), parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def _code(error: smtplib.SMTPException) -> int:
    """The server's number: below 500 it may take the mail later."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _said in error.recipients.values()), default=PERMANENT)
    return int(getattr(error, "smtp_code", PERMANENT))


def _short(error: Exception) -> str:
    """The kind of fault and the server's number, not its words: those quote the address."""
    code = f" {_code(error)}" if isinstance(error, SAID_NO) else ""
    return f"{type(error).__name__}{code}"
