"""The page on which the demo's owner starts for real."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clinic.core.access import PLATFORM, needs
from clinic.core.errors import DomainError, NotFound
from clinic.demo import start
from clinic.tenants import forms, pages, passwords, people, sessions
from clinic.tenants.models import Membership
from clinic.tenants.views.door import address_of, let_in


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
@needs("hospital.close")
def start_for_real(request: HttpRequest) -> HttpResponse:
    """Asks for the hospital and the own account; then the demo is gone and the new owner is signed in."""
    here = pages.hospital_of(request)
    if start.is_demo(here) is None:
        raise NotFound()
    form = forms.RegisterForm(request.POST or None, initial={"time_zone": here.time_zone, "language": here.language})
    if request.method == "POST" and form.is_valid():
        try:
            membership = _started(request, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            sessions.end(request)
            return let_in(request, membership.user, address_of(membership))
    status = 400 if form.is_bound and form.errors else 200
    return pages.staff(request, "demo/start.html", here="start", page=_("Start for real"), status=status, form=form)


def _started(request: HttpRequest, **fields: str) -> Membership:
    word = passwords.new_password(fields.pop("password"), email=fields["email"], name=fields["name"])
    # Registering is open to everybody; that it may end the demo is the owner's ability, checked by the operation.
    actor = pages.actor_of(request)
    with people.platform():
        return start.start_for_real(password=word, actor=replace(actor, abilities=actor.abilities | PLATFORM), **fields)
