"""Messages to patients: what somebody has to look at, and the patient's own page that stops them all."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.core import http
from clinic.core.access import PATIENT, Actor, needs, public
from clinic.core.errors import NotFound
from clinic.core.nouns import split_ref
from clinic.core.sight import seen
from clinic.core.tenancy import hospital
from clinic.inbox import operations, texts
from clinic.inbox.models import PatientMessage
from clinic.live.record import done
from clinic.records.models import Patient
from clinic.tenants import links, pages
from clinic.tenants.pages import actor_of, outside, staff


@require_GET
@needs("messages.view")
def messages(request: HttpRequest) -> HttpResponse:
    """What was not sent, or of which nobody knows."""
    return staff(request, "inbox/messages.html", here="messages", page=_("Messages to patients"))


@require_POST
@needs("messages.send")
def resend(request: HttpRequest, pk: UUID) -> HttpResponse:
    row: PatientMessage | None = seen(PatientMessage.objects.all()).filter(pk=pk).first()
    if row is None:
        raise NotFound()
    operations.resend(row, actor=actor_of(request))
    return http.done(request, _("Is sent again"), seq=done().seq)


# Mail programs post here by themselves (RFC 8058), and the page has no referrer; nobody forges 192 unguessable bits.
@csrf_exempt
@require_http_methods(["GET", "POST"])
@public("the link is the right")
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Stop all messages, or take them again. By a button: programs open every link in a mail."""
    link = links.open_link(operations.STOP, token, http.address(request))
    assert link.hospital is not None  # issued with its hospital
    with hospital(link.hospital), timezone.override(link.hospital.zone):
        patient: Patient | None = Patient.objects.filter(pk=split_ref(link.target)[1]).first()
        if patient is None:
            raise NotFound("link.unknown")
        if request.method == "POST":
            actor = Actor(kind="patient", id=patient.ref, name="", abilities=PATIENT)
            operations.set_opt_out(patient, request.POST.get("again") != "yes", actor=actor)
            return http.SeeOther(outside("inbox:stop", token))
        with translation.override(texts.language_of(patient, link.hospital)):
            return pages.public(
                request, "inbox/stop.html", hospital=link.hospital, stopped=patient.message_opt_out, token=token
            )
