"""Patients: the look-up, one person's page, and correcting the details."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from clinic.core import http
from clinic.core.access import needs
from clinic.core.errors import Conflict, DomainError, NotFound
from clinic.live import regions
from clinic.live.models import Event, EventDetail, EventRef
from clinic.live.record import done
from clinic.live.render import head_of
from clinic.records import operations, people, search
from clinic.records.forms import PatientForm
from clinic.records.models import Patient, PatientMerge
from clinic.tenants.pages import actor_of, hospital_of, staff


@require_GET
@needs("patients.view")
def patients(request: HttpRequest) -> HttpResponse:
    """The look-up as a page; an MRN leads straight to its patient."""
    text = request.GET.get("q", "").strip()[:80]
    found = search.find(text)
    if len(found) == 1 and found[0].mrn.casefold() == text.casefold():
        return redirect("records:patient", found[0].pk)
    return staff(
        request, "records/patients.html", here="patients", page=_("Patients"), q=text, patients=people.faces(found)
    )


@require_GET
@needs("patients.view")
def found(request: HttpRequest) -> HttpResponse:
    """Options for the palette."""
    text = request.GET.get("q", "").strip()[:80]
    rows = people.faces(search.find(text)) if len(text) > 1 else []
    answer = render(request, "records/_found.html", {"patients": rows, "text": text} if len(text) > 1 else {})
    answer["Cache-Control"] = "no-store"
    return answer


def _find(pk: UUID) -> Patient:
    row: Patient | None = Patient.objects.select_related("merged_into").filter(pk=pk).first()
    if row is None:
        raise NotFound()
    return row


@require_GET
@needs("patients.view")
def patient(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One person: details, and what the rooms above know. Opening it is written down (R6.10)."""
    row, actor = _find(pk), actor_of(request)
    if row.merged_into is not None:
        return redirect("records:patient", row.merged_into.pk)
    operations.note_access(row, page="patient", actor=actor)
    kinds = [(kind, title) for kind, title in people.in_order() if actor.can(regions.kinds()[kind].ability)]
    return staff(
        request, "records/patient.html", here="patients", page=row.full_name,
        subtitle=people.about(row, timezone.localdate()), patient=row, speaks=people.speaks(row), sections=kinds,
        may_edit=actor.can("patients.edit"), may_merge=actor.can("patients.merge"),
        merges=PatientMerge.objects.filter(kept=row, undone_at=None).select_related("gone").order_by("-at"),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@needs("patients.edit")
def patient_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Correct the details. Somebody else's change in between is shown, and what was typed stays."""
    row = _find(pk)
    if request.method == "GET":
        operations.note_access(row, page="patient_edit", actor=actor_of(request))
        return _form(request, row, PatientForm(instance=row, initial=_seen(request, row)))
    form = PatientForm(request.POST, instance=_find(pk))
    if not form.is_valid():
        return _form(request, row, form, status=422)
    try:
        return _save(request, row, form)
    except Conflict as error:
        return _conflict(request, _find(pk), error)
    except DomainError as error:
        form.add_error(None, error.message)
        return _form(request, row, form, status=422)


def _seen(request: HttpRequest, row: Patient) -> dict[str, int]:
    return {"version": row.version, "seq": head_of(hospital_of(request).pk)}


def _save(request: HttpRequest, row: Patient, form: PatientForm) -> HttpResponse:
    if row.version != form.cleaned_data["version"]:
        raise Conflict("row.changed", ref=row.ref)
    operations.correct(row, actor=actor_of(request), **form.typed())
    saved = bool(done().events)
    text = _("%(name)s saved") % {"name": row.full_name} if saved else _("Nothing was changed")
    return http.done(request, text, seq=done().seq, back=reverse("records:patient", args=[row.pk]))


def _conflict(request: HttpRequest, row: Patient, error: Conflict) -> HttpResponse:
    """What was typed stays in the fields; saving again writes it over what is told above them."""
    seen = request.POST.get("seq", "")
    others = changes_since(row, int(seen) if seen.isdigit() else 0)
    data = request.POST.copy()
    for name, value in _seen(request, row).items():
        data[name] = str(value)
    form = PatientForm(data, instance=_find(row.pk))
    return _form(request, row, form, status=409, refused=error.message, others=others)


def _form(request: HttpRequest, row: Patient, form: PatientForm, *, status: int = 200, **more: Any) -> HttpResponse:
    title = _("Correct %(name)s") % {"name": row.full_name}
    return staff(
        request, "records/patient_edit.html", here="patients", page=title, status=status, patient=row, form=form, **more
    )


@dataclass(frozen=True, slots=True)
class Changed:
    """One field somebody changed, from the log."""

    at: datetime
    who: str
    field: str
    before: str
    after: str


def changes_since(row: Patient, seq: int) -> list[Changed]:
    """Who changed what of this patient after ``seq``, newest first."""
    seqs = EventRef.objects.filter(ref=row.ref, seq__gt=seq).order_by("-seq").values_list("seq", flat=True)[:20]
    events = Event.objects.filter(seq__in=list(seqs)).order_by("-seq")
    details = {detail.seq: detail.values for detail in EventDetail.objects.filter(seq__in=list(seqs))}
    return [told for event in events for told in _fields_of(event, row, details.get(event.seq, {}))]


def _fields_of(event: Event, row: Patient, hidden: dict[str, Any]) -> list[Changed]:
    noted = event.changes.get(row.ref)
    if noted is None or noted["op"] != "update":
        return []
    pairs = {**noted["fields"], **hidden.get(row.ref, {})}
    shown = [name for name in PatientForm.Meta.fields if name in pairs]
    return [
        Changed(
            event.at,
            event.actor["name"],
            str(getattr(row._meta.get_field(name), "verbose_name", name)),
            *_as_text(pairs[name]),
        )
        for name in shown
    ]


def _as_text(pair: list[Any]) -> tuple[str, str]:
    before, after = (_("nothing") if value in ("", None) else str(value) for value in pair)
    return before, after
