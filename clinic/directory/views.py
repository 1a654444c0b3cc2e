"""A doctor's own page: profile, week, absences and whom they hit. Nurses and clerks have none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from clinic.core import clock
from clinic.core.access import needs
from clinic.core.errors import DomainError, NotFound
from clinic.directory import hits, operations
from clinic.directory.forms import AbsenceForm, OwnHoursForm, OwnProfileForm, OwnTypeForm
from clinic.directory.models import Absence, Doctor, DoctorVisitType, VisitType, WorkingHours
from clinic.directory.operations.doctors import OWN_FIELDS
from clinic.directory.operations.own_types import OWN_TYPE
from clinic.tenants import days
from clinic.tenants.forms import DoorForm
from clinic.tenants.pages import actor_of, staff


def _own(request: HttpRequest) -> Doctor:
    """The doctor who asks; NotFound for whoever is none."""
    rows = Doctor.objects.select_related("department", "room")
    found: Doctor | None = rows.filter(pk=actor_of(request).doctor_id, sort=Doctor.DOCTOR).first()
    if found is None:
        raise NotFound()
    return found


@require_GET
@needs("doctor.edit_own")
def own(request: HttpRequest) -> HttpResponse:
    """What patients read of the doctor, when the doctor works and is away."""
    return _page(request, _own(request))


def _page(
    request: HttpRequest, doctor: Doctor, wrong: dict[str, DoorForm] | None = None, *, of: UUID | None = None,
    told: DoorForm | None = None,
) -> HttpResponse:  # fmt: skip
    """The page; a form that was refused stands as it was typed (``of``: the kind of visit whose form ``told`` is)."""
    hours = WorkingHours.objects.filter(doctor=doctor).first()
    weekly = hours.weekly if hours else days.policies().hours
    profile = {name: getattr(doctor, name) for name in OWN_FIELDS}
    coming = Absence.objects.filter(doctor=doctor, cancelled_at=None, ends_at__gt=clock.now()).order_by("starts_at")
    context = {
        "doctor": doctor, "profile": OwnProfileForm(initial=profile), "hours": OwnHoursForm(initial={"weekly": weekly}),
        "types": _types(doctor, of, told), "has_hours": hours is not None,
        "absence": AbsenceForm(), "currency": days.current_hospital().currency,
        "absences": [{"row": row, "hits": hits.hit_by(row)} for row in coming.select_related("doctor")],
        **(wrong or {}),
    }  # fmt: skip
    return staff(
        request, "directory/own.html", here="work", page=_("My work"), status=400 if wrong or told else 200, **context
    )  # fmt: skip


def _types(doctor: Doctor, of: UUID | None, told: DoorForm | None) -> list[dict[str, Any]]:
    """Each kind of visit in use, with the doctor's own way of it."""
    own = {row.type_id: row for row in DoctorVisitType.objects.filter(doctor=doctor)}
    shown = []
    for kind in VisitType.objects.filter(is_active=True).order_by("name"):
        row = own.get(kind.pk) or DoctorVisitType(doctor=doctor, type=kind)
        initial = {name: getattr(row, name) for name in OWN_TYPE}
        form = told if told and kind.pk == of else OwnTypeForm(initial=initial, auto_id=f"id_{kind.pk}_%s")
        shown.append({"kind": kind, "form": form, "is_own": kind.pk in own})
    return shown


@require_POST
@needs("doctor.edit_own")
def own_type(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Save what the doctor does otherwise for one kind of visit, or do it as everybody else."""
    doctor, kind = _own(request), VisitType.objects.filter(pk=pk, is_active=True).first()
    if kind is None:
        raise NotFound()
    row = DoctorVisitType.objects.filter(doctor=doctor, type=kind).select_related("doctor").first()
    form = OwnTypeForm(request.POST, auto_id=f"id_{kind.pk}_%s")
    try:
        if request.POST.get("as_usual"):
            if row is not None:
                operations.drop_own_type(row, actor=actor_of(request))
        elif form.is_valid():
            operations.set_own_type(doctor, kind, actor=actor_of(request), **form.cleaned_data)
        else:
            return _page(request, doctor, of=kind.pk, told=form)
    except DomainError as error:
        form.refuse(error)
        return _page(request, doctor, of=kind.pk, told=form)
    messages.success(request, _("Saved"))
    return redirect("directory:own")


def _save(
    request: HttpRequest, name: str, form: DoorForm, verb: Callable[[Doctor, dict[str, Any]], str]
) -> HttpResponse:
    doctor = _own(request)
    try:
        if form.is_valid():
            messages.success(request, verb(doctor, form.cleaned_data))
            return redirect("directory:own")
    except DomainError as error:
        form.refuse(error)
    return _page(request, _own(request), {name: form})


@require_POST
@needs("doctor.edit_own")
def profile(request: HttpRequest) -> HttpResponse:
    """Save what patients read of the doctor."""

    def verb(doctor: Doctor, told: dict[str, Any]) -> str:
        operations.change_own_profile(doctor, actor=actor_of(request), **told)
        return _("Saved")

    return _save(request, "profile", OwnProfileForm(request.POST), verb)


@require_POST
@needs("doctor.edit_own")
def hours(request: HttpRequest) -> HttpResponse:
    """Save the own week, or work as the hospital is open."""

    def verb(doctor: Doctor, told: dict[str, Any]) -> str:
        own = None if request.POST.get("as_hospital") else told["weekly"]
        operations.set_hours(doctor, own, actor=actor_of(request))
        return _("Saved")

    return _save(request, "hours", OwnHoursForm(request.POST), verb)


@require_POST
@needs("doctor.edit_own")
def add_absence(request: HttpRequest) -> HttpResponse:
    """Say when one will be away; the answer says how many it hits."""

    def verb(doctor: Doctor, told: dict[str, Any]) -> str:
        row = operations.add_absence(doctor, actor=actor_of(request), **told)
        hit = len(hits.hit_by(row))
        if not hit:
            return _("Saved. Nobody waits for you in that time.")
        return ngettext("Saved. It hits %(n)s person.", "Saved. It hits %(n)s people.", hit) % {"n": hit}

    return _save(request, "absence", AbsenceForm(request.POST), verb)


@require_POST
@needs("doctor.edit_own")
def cancel_absence(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an own absence back."""
    row = Absence.objects.filter(pk=pk, doctor=_own(request)).select_related("doctor").first()
    if row is None:
        raise NotFound()
    operations.cancel_absence(row, actor=actor_of(request))
    messages.success(request, _("Taken back"))
    return redirect("directory:own")
