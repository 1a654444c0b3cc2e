"""Mails: rendered in the reader's language and handed to Django's mail. Called by reactions, after the commit.

A reaction runs at least once: a mail may come twice after a crash, and is never lost. What a mail says stands in
``templates/mail/<name>.{subject.txt,txt,html}``.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from clinic.tenants.models import Hospital, User


def send(name: str, to: str, /, *, language: str, hospital: Hospital | None = None, **told: Any) -> bool:
    """Send one mail; False where nothing is sent: on behalf of a suspended hospital (R1.4)."""
    if hospital is not None and not hospital.is_open:
        return False
    context = {**told, "hospital": hospital, "site_url": settings.PUBLIC_URL}
    with translation.override(language or (hospital.language if hospital else settings.LANGUAGE_CODE)):
        subject = " ".join(render_to_string(f"mail/{name}.subject.txt", context).split())
        message = EmailMultiAlternatives(subject, render_to_string(f"mail/{name}.txt", context).strip() + "\n", to=[to])
        message.attach_alternative(render_to_string(f"mail/{name}.html", context), "text/html")
    message.send()
    return True


def send_about_patients(name: str, user: User, /, *, hospital: Hospital, **told: Any) -> bool:
    """The same where it tells of patients: only to an address that its owner has confirmed (R1.3)."""
    if user.email_confirmed_at is None:
        return False
    return send(name, user.email, language=user.language, hospital=hospital, **told)


def link(path: str) -> str:
    """An address of ours as it stands in a mail."""
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"
