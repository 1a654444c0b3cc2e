"""What bodies and addresses name: rows of the open hospital, or a refusal."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from clinic.core.api_errors import invalid
from clinic.core.api_input import Fields
from clinic.core.errors import NotAllowed, NotFound, say
from clinic.core.faces import Doc
from clinic.core.sight import seen
from clinic.directory.models import Department, Doctor
from clinic.live import undoing
from clinic.records.models import Patient
from er_flow import faces
from er_flow.models import Bed, BedStay, EmergencyVisit, Section, Triage
from er_flow.operations.undo import HARMLESS
from queues.api.find import one

say({
    "bed.empty": _("Nobody lies in %(bed)s."),
    "bed.none_fits": _("No free bed suits E-%(number)s."),
    "er.no_triage": _("E-%(number)s has no decision about the level that could be corrected."),
})  # fmt: skip


def visit(pk: UUID) -> EmergencyVisit:
    found: EmergencyVisit = one(EmergencyVisit.objects.select_related("patient", "hospital", "section"), pk=pk)
    return found


def bed(pk: UUID) -> Bed:
    found: Bed = one(Bed.objects.select_related("section"), pk=pk)
    return found


def section(pk: UUID) -> Section:
    found: Section = one(Section.objects.all(), pk=pk)
    return found


def somewhere(pk: UUID | None) -> Section | None:
    """The section a body names; None for none."""
    return None if pk is None else section(pk)


def patient(pk: UUID) -> Patient:
    found: Patient = one(Patient.objects.all(), pk=pk)
    return found


def somebody(pk: UUID | None) -> Doctor | None:
    """Whoever of the directory a body names; None for nobody."""
    if pk is None:
        return None
    found: Doctor = one(Doctor.objects.all(), pk=pk)
    return found


def departments(query: Fields) -> list[Department]:
    """The emergency department a query names, or all of them that the asker may see."""
    rows = Department.objects.filter(sort=Department.EMERGENCY)
    if "department" in query:
        return [one(rows, pk=query["department"])]
    return list(seen(rows.filter(is_active=True)).order_by("name", "id"))


def department(body: Fields) -> Department:
    """The department a body names, or the only emergency department there is."""
    if "department" in body:
        named: Department = one(Department.objects.all(), pk=body["department"])
        return named
    here = departments({})
    if not here:
        raise NotFound()
    if len(here) > 1:
        raise invalid({"department": [str(_("There are several emergency departments: name one."))]})
    only: Department = here[0]
    return only


def decision(of: EmergencyVisit, pk: UUID | None) -> Triage:
    """The triage a body names, or the last that decided about the level."""
    rows = Triage.objects.filter(visit=of)
    if pk is not None:
        found: Triage = one(rows, pk=pk)
        return found
    last = rows.filter(error_at=None, level__isnull=False).order_by("-id").first()
    if last is None:
        raise NotAllowed("er.no_triage", number=of.number)
    told: Triage = last
    return told


def occupant(of: Bed) -> EmergencyVisit:
    """Who lies in a bed."""
    stay = BedStay.objects.filter(bed=of, ended_at=None).select_related("visit").first()
    if stay is None:
        raise NotAllowed("bed.empty", bed=of.name)
    lies: EmergencyVisit = stay.visit
    return lies


# --- documents -------------------------------------------------------------------------------------------------------


def visit_doc(pk: UUID) -> Doc:
    return faces.visits([str(pk)])[str(pk)]


def visit_docs(pks: list[UUID]) -> list[Doc]:
    keys = [str(pk) for pk in pks]
    docs = faces.visits(keys)
    return [docs[key] for key in keys if key in docs]


def triage_doc(pk: UUID) -> Doc:
    return faces.triages([str(pk)])[str(pk)]


def bed_doc(pk: UUID) -> Doc:
    return faces.beds([str(pk)])[str(pk)]


def section_doc(pk: UUID) -> Doc:
    return faces.sections([str(pk)])[str(pk)]


# --- what can be taken back ------------------------------------------------------------------------------------------


def last_act(of: EmergencyVisit) -> int:
    """The seq of the newest event of this visit that an undo could be meant for."""
    return undoing.last_of(of, HARMLESS)


def act_of(of: EmergencyVisit, seq: int) -> int:
    """``seq`` if it is one of this visit's events."""
    return undoing.one_of(of, seq)
