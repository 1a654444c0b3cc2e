"""What a new hospital still needs until its first patient is called: for whoever manages it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from clinic.core import http, screens
from clinic.core.access import Actor, needs
from clinic.core.errors import NotAllowed, say
from clinic.core.tenancy import require_hospital_id
from clinic.directory import operations as directory
from clinic.directory.models import Department, Doctor
from clinic.live.record import done
from clinic.tenants import days
from clinic.tenants.models import Membership, default_hours
from clinic.tenants.pages import actor_of
from queues.models import Display, Leg, Visit
from queues.operations import lines

say({"department.none": gettext_lazy("Add a department first.")})


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: a button where ``act`` is an address, else a link."""

    title: str
    text: str
    done: bool
    act: str = ""
    do: str = ""
    url: str = ""
    link: str = ""


def first_steps(actor: Actor) -> list[Step]:
    """In order; empty once somebody has been called, and for whoever does not manage the hospital."""
    if not (actor.can("directory.manage") and actor.can("queues.manage")):
        return []
    if Leg.objects.filter(first_called_at__isnull=False).exists():
        return []
    seen_by = Doctor.objects.filter(is_active=True).exists()
    return [
        Step(
            _("Who sees patients?"),
            _("You yourself: one button gives you a line of your own. Others are added in Admin."),
            seen_by, act="" if actor.doctor_id else reverse("queues:i_see_patients"), do=_("I see patients myself"),
            url=screens.address("admin:directory_doctor_changelist"), link=_("Add a doctor"),
        ),
        Step(
            _("Take in the first patient"), _("At the desk: a name, and a phone or a birth year."),
            Visit.objects.exists(), url=reverse("queues:reception"), link=_("Open the desk"),
        ),
        Step(
            _("Call the patient"), _("From your own screen, with one button or the key C."), False,
            url=reverse("queues:doctor") if actor.doctor_id else reverse("queues:reception"),
            link=_("Open your screen") if actor.doctor_id else _("Open the desk"),
        ),
        Step(
            _("Put up a waiting-room screen"), _("Any television or tablet with a browser."),
            Display.objects.filter(revoked_at=None).exists(), url=reverse("queues:displays"), link=_("Pair a screen"),
        ),
        Step(
            _("Say when you are open"),
            _(
                "Monday to Saturday, ten to six, until you change it. "
                "To be found and booked by anybody, list the hospital and its doctors in Admin."
            ),
            days.policies().hours != default_hours(),
            url=screens.address("admin:tenants_hospitalconfig_changelist"), link=_("Opening hours"),
        ),
        Step(
            _("Invite the others"), _("By e-mail, or with a code for their first day."),
            Membership.objects.filter(hospital_id=require_hospital_id(), is_active=True).count() > 1,
            url=screens.address("admin:tenants_invitation_changelist"), link=_("Invite"),
        ),
    ]  # fmt: skip


@require_POST
@needs("directory.manage")
def i_see_patients(request: HttpRequest) -> HttpResponse:
    """The owner who is the doctor: a place in the directory and a line of one's own, on duty from now on."""
    actor = actor_of(request)
    membership: Membership = request.membership  # type: ignore[attr-defined]
    department = Department.objects.filter(is_active=True).order_by("id").first()
    if actor.doctor_id is not None or department is None:
        raise NotAllowed("doctor.member_taken" if actor.doctor_id else "department.none")
    row = directory.add_doctor(
        name=actor.name, membership=membership, department=department, status=Doctor.ON_TIME, actor=actor
    )
    lines.ensure_own_line(row, actor=actor)
    text = _("%(name)s has a line now, and is on duty") % {"name": row.name}
    return http.done(request, text, seq=done().seq, back=reverse("queues:home"))
