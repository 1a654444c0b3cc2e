"""What the desk and the doctor do with one visit that needs a word more: a line, a time, a reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from clinic.core.access import needs
from clinic.directory.models import Doctor
from clinic.directory.operations import set_status
from clinic.tenants.pages import actor_of
from queues.act_forms import ClassForm, DelayForm, HoldForm, LineForm, RightPatientForm, StatusForm
from queues.forms import CallForm, CancelForm
from queues.models import Leg, Visit
from queues.operations import calls, correct, ends, holds, moves
from queues.regions.said import HOLD_WORDS
from queues.views.answers import find
from queues.views.asking import asking, told

ASK = require_http_methods(["GET", "POST"])


def called(leg: Leg | None) -> str:
    """What calling did."""
    if leg is None:
        return _("Nobody waits.")
    said = {"token": leg.visit.token, "room": leg.room.name if leg.room else ""}
    return _("%(token)s called to %(room)s") % said if leg.room else _("%(token)s called") % said


@ASK
@needs("queues.call")
def call(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Call a chosen patient out of order: a reason (R3.10), and for a pool who calls."""
    visit, actor = find(Visit, pk), actor_of(request)
    form = CallForm(told(request), actor=actor, leg=calls.leg_now(visit))

    def do(given: dict[str, Any]) -> str:
        return called(calls.call(visit, given["doctor"], reason=given["reason"], actor=actor))

    title = _("Call %(token)s out of order") % {"token": visit.token}
    return asking(request, form, do, title=title, button=_("Call now"), why=reason_kept())


@ASK
@needs("queues.desk")
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a visit back that should not be, with a reason."""
    visit = find(Visit, pk)

    def do(given: dict[str, Any]) -> str:
        ends.cancel(visit, reason=given["reason"], actor=actor_of(request))
        return _("%(token)s cancelled") % {"token": visit.token}

    title = _("Cancel %(token)s") % {"token": visit.token}
    return asking(request, CancelForm(told(request)), do, title=title, button=_("Cancel the visit"))


@ASK
@needs("queues.hold")
def hold(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Set somebody aside, with where they are (R3.13)."""
    visit = find(Visit, pk)

    def do(given: dict[str, Any]) -> str:
        minutes = given["minutes"] if given["reason"] == "away" else None
        leg = holds.hold(visit, reason=given["reason"], minutes=minutes, note=given["note"], actor=actor_of(request))
        said = {"token": leg.visit.token, "what": HOLD_WORDS[leg.hold_reason]}
        return _("%(token)s on hold: %(what)s") % said

    title = _("Put %(token)s on hold") % {"token": visit.token}
    return asking(request, HoldForm(told(request)), do, title=title, button=_("Put on hold"))


@ASK
@needs("queues.desk")
def delay(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Back by places, or away for minutes (R3.13)."""
    visit = find(Visit, pk)

    def do(given: dict[str, Any]) -> str:
        places, minutes, actor = given["places"], given["minutes"], actor_of(request)
        leg, gone = holds.delay(visit, reason=given["reason"], places=places, minutes=minutes, actor=actor)
        said = {"token": leg.visit.token, "n": gone}
        if minutes:
            return _("%(token)s is away, the place is kept") % said
        return ngettext("%(token)s back by %(n)s place", "%(token)s back by %(n)s places", gone) % said

    title = _("Delay %(token)s") % {"token": visit.token}
    return asking(request, DelayForm(told(request)), do, title=title, button=_("Delay"))


@ASK
@needs("queues.move")
def reassign(request: HttpRequest, pk: UUID) -> HttpResponse:
    """To another line, by the original arrival (R3.15)."""
    visit = find(Visit, pk)
    form = LineForm(told(request), leg=calls.leg_now(visit))

    def do(given: dict[str, Any]) -> str:
        leg = moves.reassign(visit, given["queue"], reason=given["reason"], actor=actor_of(request))
        return _("%(token)s moved to %(line)s") % {"token": leg.visit.token, "line": leg.queue.name}

    title = _("Move %(token)s to another line") % {"token": visit.token}
    return asking(request, form, do, title=title, button=_("Move"), why=_("The place follows from the arrival."))


@ASK
@needs("queues.move")
def send_on(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Done here, and on to the next line under the same token (R3.15)."""
    visit = find(Visit, pk)
    form = LineForm(told(request), leg=calls.leg_now(visit))

    def do(given: dict[str, Any]) -> str:
        leg = moves.send_on(visit, given["queue"], note=given["reason"], actor=actor_of(request))
        return _("%(token)s sent on to %(line)s") % {"token": leg.visit.token, "line": leg.queue.name}

    title = _("Send %(token)s on") % {"token": visit.token}
    return asking(request, form, do, title=title, button=_("Send on"), why=_("Ends the visit here; the token stays."))


@ASK
@needs("queues.desk")
def set_class(request: HttpRequest, pk: UUID) -> HttpResponse:
    """First or not, and why (R3.4)."""
    visit = find(Visit, pk)

    def do(given: dict[str, Any]) -> str:
        leg = moves.set_class(visit, given["klass"], reason=given["reason"], actor=actor_of(request))
        return _("%(token)s is %(klass)s now") % {"token": leg.visit.token, "klass": leg.visit.get_klass_display()}

    form = ClassForm(told(request), initial={"klass": visit.klass})
    title = _("Change the class of %(token)s") % {"token": visit.token}
    return asking(request, form, do, title=title, button=_("Change the class"), why=reason_kept())


@ASK
@needs("queues.desk")
def right_patient(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Until completion, give the visit to whom it really belongs (R3.17)."""
    visit = find(Visit, pk)

    def do(given: dict[str, Any]) -> str:
        again, actor = given["again_reason"], actor_of(request)
        row = correct.correct_patient(visit, given["patient"], reason=given["reason"], again_reason=again, actor=actor)
        return _("%(token)s is %(name)s now") % {"token": row.token, "name": row.patient.full_name}

    title = _("Whose visit is %(token)s?") % {"token": visit.token}
    return asking(request, RightPatientForm(told(request)), do, title=title, button=_("Correct the patient"))


@ASK
@needs("directory.view")
def doctor_status(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The status with how long: late by minutes, on break until (R3.21)."""
    doctor = find(Doctor, pk)

    def do(given: dict[str, Any]) -> str:
        late, until = given["late_minutes"], given["until"]
        row = set_status(doctor, given["status"], late_minutes=late, until=until, actor=actor_of(request))
        return _("%(doctor)s: %(status)s") % {"doctor": row.name, "status": row.get_status_display()}

    initial = {"status": doctor.status, "late_minutes": doctor.late_minutes or None}
    form = StatusForm(told(request), initial=initial)
    title = _("Status of %(doctor)s") % {"doctor": doctor.name}
    return asking(request, form, do, title=title, button=_("Tell everybody"), why=_("Patients in the line see it."))


def reason_kept() -> str:
    return _("The reason is kept: it says why others wait longer.")
