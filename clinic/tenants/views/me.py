"""The page about oneself: name and language, password, where one is signed in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from clinic.core import http, limits
from clinic.core.access import needs
from clinic.core.errors import DomainError, Invalid, NotSignedIn
from clinic.tenants import auth, forms, operations, pages, passwords, people, sessions
from clinic.tenants.models import User
from clinic.tenants.views.door import address_of, roles_of, speaking
from clinic.tenants.views.links import mail_folder

ASKS, ASKS_PER = 5, 3600
"""Mails to confirm one's own address in an hour."""


def _own(request: HttpRequest) -> User:
    user = people.user_of(request)
    assert user is not None  # every page here has an ability, which nobody has without signing in
    return user


@require_GET
@needs("hospital.view")
def me(request: HttpRequest) -> HttpResponse:
    """What one may see and change of oneself."""
    return _page(request)


def _page(
    request: HttpRequest, profile: forms.ProfileForm | None = None, password: forms.PasswordForm | None = None
) -> HttpResponse:
    user = _own(request)
    wrong = profile is not None or password is not None
    return pages.staff(
        request, "tenants/me.html", here="me", page=_("Me"), status=400 if wrong else 200,
        profile=profile or forms.ProfileForm(initial={"name": user.name, "language": user.language}),
        password=password or forms.PasswordForm(), person=user, sessions=sessions.of_user(user),
        this_session=request.session.session_key,
        mail_folder=mail_folder() if pages.actor_of(request).can("hospital.manage") else "",
        places=[{"name": row.hospital.name, "url": address_of(row), "roles": roles_of(row)}
                for row in people.memberships_of(user)],
    )  # fmt: skip


@require_POST
@needs("hospital.view")
def profile(request: HttpRequest) -> HttpResponse:
    """Save one's name and language."""
    form = forms.ProfileForm(request.POST)
    if not form.is_valid():
        return _page(request, profile=form)
    user = _own(request)
    with people.platform():
        operations.change_profile(user, actor=people.person(user), **form.cleaned_data)
    messages.success(request, _("Saved"))
    return speaking(redirect("tenants:me"), user.language)


@require_POST
@sensitive_post_parameters("current", "password")
@needs("hospital.view")
def password(request: HttpRequest) -> HttpResponse:
    """Set a new password: this browser stays signed in, all others do not."""
    form = forms.PasswordForm(request.POST)
    try:
        if not form.is_valid():
            return _page(request, password=form)
        _set_password(request, form.cleaned_data["current"], form.cleaned_data["password"])
    except DomainError as error:
        form.refuse(error)
        return _page(request, password=form)
    messages.success(request, _("Your password has changed. Other browsers are signed out."))
    return redirect("tenants:me")


def _set_password(request: HttpRequest, current: str, wanted: str) -> None:
    user = _own(request)
    try:
        auth.known_user(request, user.email, current)
    except NotSignedIn:
        raise Invalid("password.wrong", current=[_("This is not your password.")]) from None
    word = passwords.new_password(wanted, email=user.email, name=user.name)
    with people.platform():
        operations.change_password(user, password=word, actor=people.person(user))
    update_session_auth_hash(request, user)


@require_POST
@needs("hospital.view")
def ask_confirmation(request: HttpRequest) -> HttpResponse:
    """Send the link that confirms one's address once more."""
    user = _own(request)
    limits.limit("confirm", str(user.pk), ASKS, ASKS_PER)
    with people.platform():
        operations.ask_confirmation(user, actor=people.person(user))
    return http.done(
        request, _("A mail is on its way to %(email)s") % {"email": user.email}, back=reverse("tenants:me")
    )


@require_POST
@needs("hospital.view")
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own sessions, on whatever device."""
    user = _own(request)
    with people.platform():
        operations.end_session(user, pk, actor=people.person(user))
    return http.done(request, _("Signed out there"), back=reverse("tenants:me"))


@require_POST
@needs("hospital.view")
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End all of one's sessions and tokens, this one too."""
    user = _own(request)
    with people.platform():
        operations.sign_out_everywhere(user, actor=people.person(user))
    sessions.end(request)
    return redirect(pages.outside("tenants:sign_in"))
