"""In front of the hospitals: signing in and out, registering, joining, choosing."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.i18n import set_language

from clinic.core import http, limits, screens
from clinic.core.access import ROLES, Actor, public
from clinic.core.errors import DomainError, TooMany
from clinic.live import outbox
from clinic.tenants import auth, forms, operations, pages, passwords, people, sessions
from clinic.tenants.middleware import CHOOSER, to_sign_in
from clinic.tenants.models import Membership, User

TOLD = {401, 429, 503}
"""Refusals whose status the page keeps; a form that is wrong in another way answers 400."""
PAGE = require_http_methods(["GET", "HEAD", "POST"])
TRIES, PER = 60, 600
"""Registrations and join codes tried from one address: a clinic shares one, so it is generous."""


@require_GET
@public("asks who is there and sends them on")
def start(request: HttpRequest) -> HttpResponse:
    """``/``: to sign in, to choose, or to the first screen of the role."""
    if request.hospital is not None:  # type: ignore[attr-defined]
        return _home(request)
    user = people.user_of(request)
    if user is None:
        return redirect(settings.LOGIN_URL)
    rows = people.memberships_of(user)
    return redirect(address_of(rows[0])) if len(rows) == 1 else redirect(CHOOSER)


def _home(request: HttpRequest) -> HttpResponse:
    actor = pages.actor_of(request)
    shown = screens.screens_of(actor)
    work = [one for one in shown if one.order < screens.OWN]
    mine = next((one for one in work if one.only is not None), None)  # the doctor's own screen, before the desk's
    if work:
        return redirect((mine or work[0]).route)
    ways = [{"icon": one.icon, "title": one.label, "url": screens.address(one.route)} for one in shown]
    return pages.staff(request, "tenants/home.html", here="home", page=_("Home"), ways=ways)


@PAGE
@sensitive_post_parameters("password")
@public("signing in")
def sign_in(request: HttpRequest) -> HttpResponse:
    """The same answer, in the same time, whether the address is known or not."""
    if request.method != "POST" and people.user_of(request) is not None:
        return redirect(_next(request))
    form = forms.SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = auth.known_user(request, form.cleaned_data["email"], form.cleaned_data["password"])
            return let_in(request, user, _next(request))
        except DomainError as error:
            form.refuse(error)
    return shown(request, "tenants/sign_in.html", form, next=_next(request, ""))


@require_POST
@public("whoever is signed in may sign out")
def sign_out(request: HttpRequest) -> HttpResponse:
    user = people.user_of(request)
    sessions.end(request)
    if user is not None:
        with people.platform():
            operations.note_sign_out(user, actor=people.person(user))
    return redirect(settings.LOGIN_URL)


@PAGE
@sensitive_post_parameters("password")
@public("a new hospital begins here")
def register(request: HttpRequest) -> HttpResponse:
    """A new hospital: with its owner's account, or by somebody who has one."""
    user = people.user_of(request)
    kind = forms.RegisterForm if user is None else forms.HospitalForm
    form = kind(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = _registered(request, user, **form.cleaned_data)
            outbox.run(made.hospital_id)  # the first department and its line, which a worker may be slow to make
            return enter(request, made, "home/")  # the first steps stand there
        except DomainError as error:
            form.refuse(error)
    return shown(request, "tenants/register.html", form)


@PAGE
@sensitive_post_parameters("password")
@public("the code is the right")
def join(request: HttpRequest) -> HttpResponse:
    """Joining by a code: with a new account, or by somebody who has one."""
    user = people.user_of(request)
    kind = forms.JoinForm if user is None else forms.CodeForm
    form = kind(request.POST or None, initial={"code": request.GET.get("code", "")[:20]})
    if request.method == "POST" and form.is_valid():
        try:
            return enter(request, _joined(request, user, **form.cleaned_data))
        except DomainError as error:
            form.refuse(error)
    return shown(request, "tenants/join.html", form)


@require_GET
@public("shows the asker's own hospitals")
def choose(request: HttpRequest) -> HttpResponse:
    """The hospitals of whoever is signed in; ``?to=admin`` leads to their admin pages."""
    user = people.user_of(request)
    if user is None:
        return to_sign_in(request)
    tail, rows = "", people.memberships_of(user)
    if request.GET.get("to") == "admin":
        tail, rows = "admin/", [row for row in rows if people.actor_of(row).can("admin.open")]
        if len(rows) == 1:
            return redirect(address_of(rows[0]) + tail)
    places = [{"name": row.hospital.name, "url": address_of(row) + tail, "roles": roles_of(row)} for row in rows]
    closed = [row.hospital.name for row in people.shut_out(user)]
    told = {"places": places, "closed": closed, "server_now": timezone.now()}
    return render(request, "tenants/choose.html", told)


@csrf_exempt  # token pages have no referrer, so browsers say "Origin: null"; all this sets is a language
@require_POST
@public("everybody may choose a language")
def language(request: HttpRequest) -> HttpResponse:
    """Remember the language in a cookie of this browser, and go back."""
    answer: HttpResponse = set_language(request)
    return answer


# --- what they share -----------------------------------------------------------------------------------------------


def address_of(row: Membership) -> str:
    return f"/h/{row.hospital.slug}/"


def roles_of(row: Membership) -> str:
    return ", ".join(str(ROLES[role]) for role in row.roles if role in ROLES)


def _next(request: HttpRequest, otherwise: str = "/") -> str:
    """Where to go afterwards: an address of ours, whoever wrote it."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(wanted, None, require_https=request.is_secure())
    return wanted if own and wanted.startswith("/") else otherwise


def shown(request: HttpRequest, template: str, form: forms.DoorForm, **more: object) -> HttpResponse:
    """A page with a form. What was refused for its number answers 429 with the time to wait."""
    refused, wrong = form.refused, form.is_bound and bool(form.errors)
    status = refused.status if refused is not None and refused.status in TOLD else 400 if wrong else 200
    answer = render(request, template, {"form": form, "server_now": timezone.now(), **more}, status=status)
    if isinstance(refused, TooMany):
        answer["Retry-After"] = str(refused.details["retry_after"])
    return answer


def let_in(request: HttpRequest, user: User, where: str) -> HttpResponse:
    sessions.begin(request, user)
    with people.platform():
        operations.note_sign_in(user, actor=people.person(user))
    return speaking(redirect(where), user.language)


def speaking(answer: HttpResponse, wanted: str) -> HttpResponse:
    """Let this browser show the person's own language from now on."""
    if wanted:
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, wanted, path=settings.LANGUAGE_COOKIE_PATH,
            secure=settings.LANGUAGE_COOKIE_SECURE, httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )  # fmt: skip
    return answer


def enter(request: HttpRequest, membership: Membership, tail: str = "") -> HttpResponse:
    where = address_of(membership) + tail
    if people.user_of(request) is None:
        return let_in(request, membership.user, where)
    messages.success(request, _("Welcome to %(hospital)s.") % {"hospital": membership.hospital.name})
    return redirect(where)


def _who(user: User | None, name: str) -> Actor:
    return people.visitor(name) if user is None else people.person(user)


def _registered(request: HttpRequest, user: User | None, **fields: str) -> Membership:
    limits.limit("register", http.address(request), TRIES, PER)
    actor = _who(user, fields.get("name", ""))
    with people.platform():
        if user is not None:
            return operations.open_hospital(user, actor=actor, **fields)
        word = passwords.new_password(fields.pop("password"), email=fields["email"], name=fields["name"])
        return operations.register(password=word, actor=actor, **fields)


def _joined(request: HttpRequest, user: User | None, code: str, **fields: str) -> Membership:
    limits.limit("join", str(user.pk) if user else http.address(request), TRIES, PER)
    actor = _who(user, fields.get("name", ""))
    with people.platform():
        if user is not None:
            return operations.join(code, user=user, actor=actor)
        word = passwords.new_password(fields.pop("password"), email=fields["email"], name=fields["name"])
        return operations.join_as_new(code, password=word, actor=actor, **fields)
