"""What the pages of the door and of oneself ask for. Rules stand in operations; forms read and shape."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from clinic.core.errors import DomainError
from clinic.tenants import passwords

LONGEST_NAME = 120


def words(**attributes: str) -> forms.TextInput:
    return forms.TextInput({"class": "form-control", **attributes})


def secret(use: str) -> forms.PasswordInput:
    return forms.PasswordInput({"class": "form-control", "autocomplete": use})


def choice() -> forms.Select:
    return forms.Select({"class": "form-select"})


def new_secret(label: Any) -> forms.CharField:
    """A password somebody chooses."""
    return forms.CharField(
        label=label, strip=False,
        help_text=_("At least ten characters, not a common word, and unlike the name and the e-mail."),
        max_length=passwords.LONGEST, widget=secret("new-password"),
    )  # fmt: skip


class DoorForm(forms.Form):
    """A form whose refusals by an operation are shown where they belong."""

    refused: DomainError | None = None

    def refuse(self, error: DomainError) -> None:
        """Show a refusal at the fields it names, else above the form."""
        self.refused = error
        named = {name: told for name, told in error.details.items() if name in self.fields and isinstance(told, list)}
        for name, told in named.items():
            for sentence in told:
                self.add_error(name, str(sentence))
        if not named:
            self.add_error(None, error.message)


class SignInForm(DoorForm):
    email = forms.EmailField(
        label=_("Work e-mail"), max_length=254,
        widget=forms.EmailInput({"class": "form-control", "autocomplete": "username", "autofocus": True}),
    )  # fmt: skip
    password = forms.CharField(
        label=_("Password"), max_length=passwords.LONGEST, strip=False, widget=secret("current-password"),
    )  # fmt: skip


class AccountForm(DoorForm):
    """Somebody who has no account yet."""

    name = forms.CharField(label=_("Your name"), max_length=LONGEST_NAME, widget=words(autocomplete="name"))
    email = forms.EmailField(
        label=_("Work e-mail"), max_length=254,
        widget=forms.EmailInput({"class": "form-control", "autocomplete": "email"}),
    )  # fmt: skip
    password = new_secret(_("Password"))


class HospitalForm(DoorForm):
    """A new hospital, opened by somebody with an account."""

    hospital = forms.CharField(
        label=_("Name of the hospital"), max_length=LONGEST_NAME, widget=words(autocomplete="organization"),
    )  # fmt: skip
    time_zone = forms.ChoiceField(label=_("Time zone"), widget=choice(), initial="UTC")
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES, widget=choice(), initial="en")
    currency = forms.RegexField(
        r"^[A-Z]{3}$", label=_("Currency"), initial="USD", help_text=_("Three letters, for example USD or INR."),
        widget=words(maxlength="3", autocapitalize="characters"),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        zones = self.fields["time_zone"]
        assert isinstance(zones, forms.ChoiceField)
        zones.choices = [(name, name.replace("_", " ")) for name in sorted(available_timezones())]


class RegisterForm(AccountForm, HospitalForm):
    """A new hospital with its owner."""

    field_order = ("hospital", "name", "email", "password", "time_zone", "language", "currency")


class CodeForm(DoorForm):
    """Joining, by somebody with an account."""

    code = forms.CharField(
        label=_("Code from your hospital"), max_length=20,
        widget=forms.TextInput({
            "class": "form-control code", "autocomplete": "one-time-code", "autocapitalize": "characters",
            "spellcheck": "false", "placeholder": "HRB-4K7-P2X",
        }),
    )  # fmt: skip


class JoinForm(AccountForm, CodeForm):
    """Joining, with a new account."""

    field_order = ("code", "name", "email", "password")


class AcceptForm(DoorForm):
    """Accepting an invitation with a new account: the address is the invited one."""

    name = forms.CharField(label=_("Your name"), max_length=LONGEST_NAME, widget=words(autocomplete="name"))
    password = new_secret(_("Password"))


class ForgotForm(DoorForm):
    """Asking for a link to a new password."""

    email = forms.EmailField(
        label=_("Work e-mail"), max_length=254,
        widget=forms.EmailInput({"class": "form-control", "autocomplete": "username", "autofocus": True}),
    )  # fmt: skip


class ResetForm(DoorForm):
    """A new password by a link."""

    password = new_secret(_("New password"))


class ProfileForm(DoorForm):
    name = forms.CharField(label=_("Your name"), max_length=LONGEST_NAME, widget=words(autocomplete="name"))
    language = forms.ChoiceField(
        label=_("Language"), choices=[("", _("As the browser says")), *settings.LANGUAGES], required=False,
        widget=choice(),
    )  # fmt: skip


class PasswordForm(DoorForm):
    current = forms.CharField(
        label=_("Your password now"), strip=False, max_length=passwords.LONGEST, widget=secret("current-password"),
    )  # fmt: skip
    password = new_secret(_("New password"))
