"""Behind the links that were mailed: an invitation, an address to confirm, a new password. And asking for the last."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from clinic.core import http, limits
from clinic.core.access import ROLES, public
from clinic.core.errors import DomainError, NotFound
from clinic.core.nouns import split_ref
from clinic.tenants import forms, links, operations, passwords, people
from clinic.tenants.models import Invitation, Membership, PublicToken, User
from clinic.tenants.pages import outside
from clinic.tenants.views.door import PAGE, enter, shown

ASKS, ASKS_PER = 5, 3600
"""Links to a new password for one account in an hour, whether somebody has it or not; counted for each address of the
net they are asked from: whoever asks for other people's mails uses up nobody's but their own."""
THIS_COMPUTER = ("127.0.0.1", "::1")
"""Whoever asks from here may read its folders."""
TRIES, PER = 60, 600
"""Requests for one, and forms sent in behind a link, from one address of the net: a clinic shares one."""


@PAGE
@public("whoever forgot the password cannot sign in")
def forgot(request: HttpRequest) -> HttpResponse:
    """Ask for a link to a new password: the same answer, by the same work, whether somebody has the address or not."""
    form = forms.ForgotForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ask_reset(request, form.cleaned_data["email"])
            folder = mail_folder() if http.address(request) in THIS_COMPUTER else ""
            return shown(request, "tenants/forgot_sent.html", form, minutes=_minutes(), mail_folder=folder)
        except DomainError as error:
            form.refuse(error)
    return shown(request, "tenants/forgot.html", form)


def ask_reset(request: HttpRequest, email: str) -> None:
    """Within the limits of the address it was typed from, and of the account asked for from there."""
    limits.limit("reset-from", http.address(request), TRIES, PER)
    limits.limit("reset", f"{http.address(request)} {passwords.normal_email(email)}", ASKS, ASKS_PER)
    with people.platform():
        operations.ask_reset(email, actor=people.visitor(""))


def _minutes() -> int:
    return int(operations.RESET_WITHIN.total_seconds() // 60)


def mail_folder() -> str:
    """Where mails are, on a computer of one's own without a mail server; elsewhere nobody is told."""
    return "" if settings.PRODUCTION or not settings.MAIL_TO_FILES else str(settings.MAIL_FOLDER)


@PAGE
@sensitive_post_parameters("password")
@public("the link is the right")
def reset(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a new password; then sign in with it."""
    form, user = forms.ResetForm(request.POST or None), _user(request, PublicToken.RESET, token)
    if user is None:
        return _over(request, "forgot")
    if request.method == "POST" and form.is_valid():
        try:
            limits.limit("reset-by-link", http.address(request), TRIES, PER)
            word = passwords.new_password(form.cleaned_data["password"], email=user.email, name=user.name)
            with people.platform():
                operations.reset_password(token, password=word, actor=people.visitor(user.name))
            messages.success(request, _("Your password is changed. Sign in with the new one."))
            return redirect("tenants:sign_in")
        except NotFound:  # used a moment ago
            return _over(request, "forgot")
        except DomainError as error:
            form.refuse(error)
    return shown(request, "tenants/reset.html", form, email=user.email)


@PAGE
@public("the link is the right")
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm an address: by a button, for programs that look through mails open every link in them."""
    user = _user(request, PublicToken.CONFIRM, token)
    if user is None:
        return _over(request, "me")
    if request.method == "POST":
        try:
            with people.platform():
                operations.confirm_address(token, actor=people.visitor(user.name))
        except NotFound:
            return _over(request, "me")
        messages.success(request, _("Thank you: your address is confirmed."))
        return redirect("tenants:start")
    return render(request, "tenants/confirm.html", {"email": user.email, "server_now": timezone.now()})


def _user(request: HttpRequest, purpose: str, token: str) -> User | None:
    """The person a link was sent to; None for one that is used, over or was never made."""
    try:
        link = links.open_link(purpose, token, http.address(request))
    except NotFound:
        return None
    return User.objects.filter(pk=split_ref(links.ref_of(link))[1], is_active=True).first()


def _over(request: HttpRequest, way: str) -> HttpResponse:
    return render(request, "tenants/link_over.html", {"way": way, "server_now": timezone.now()}, status=404)


# --- invitations -----------------------------------------------------------------------------------------------------


@PAGE
@sensitive_post_parameters("password")
@public("the link is the right")
def invited(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation: with a new account, or signed in as the person it is for."""
    try:
        link = links.open_link(PublicToken.INVITE, token, http.address(request))
    except NotFound:
        return _over(request, "invited")
    row = Invitation.objects.select_related("hospital").filter(pk=split_ref(links.ref_of(link))[1]).first()
    if row is None or not operations.is_open(row):
        return _over(request, "invited")
    user = people.user_of(request)
    sent = request.POST if request.method == "POST" else None
    form = forms.AcceptForm(sent) if user is None else forms.DoorForm(sent)
    if request.method == "POST" and (user is not None or form.is_valid()):
        try:
            return enter(request, _accepted(request, row, token, user, form))
        except NotFound:
            return _over(request, "invited")
        except DomainError as error:
            form.is_valid()
            form.refuse(error)
    return shown(request, "tenants/invited.html", form, **_told(row, user, token))


def _told(row: Invitation, user: User | None, token: str) -> dict[str, object]:
    known = user is None and User.objects.filter(email__iexact=row.email).exists()
    other = user is not None and passwords.normal_email(user.email) != passwords.normal_email(row.email)
    return {
        "invitation": row, "joining": row.hospital, "roles": [ROLES[role] for role in row.roles], "person": user,
        "has_account": known, "is_other": other, "here": outside("tenants:invited", token),
    }  # fmt: skip


def _accepted(
    request: HttpRequest, row: Invitation, token: str, user: User | None, form: forms.DoorForm
) -> Membership:  # fmt: skip
    limits.limit("invited", http.address(request), TRIES, PER)
    if user is not None:
        with people.platform():
            return operations.accept_invitation(token, user=user, actor=people.person(user))
    name = form.cleaned_data["name"]
    word = passwords.new_password(form.cleaned_data["password"], email=row.email, name=name)
    with people.platform():
        return operations.accept_as_new(token, name=name, password=word, actor=people.visitor(name))
