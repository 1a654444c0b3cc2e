"""The buttons: each is one POST that calls one operation and says in a sentence what it did."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _

from clinic.core.errors import Invalid
from clinic.directory.models import Doctor
from clinic.tenants.pages import actor_of
from er_flow.models import Bed, EmergencyVisit
from er_flow.models.words import ENDS
from er_flow.operations import beds, moves, team, triage
from er_flow.operations import undo as undoing
from er_flow.views.answers import act, find, said, visit_of


def reason_of(request: HttpRequest) -> str:
    return request.POST.get("reason", "").replace("\0", "")[:200]  # PostgreSQL knows no such character


def _chosen(request: HttpRequest, name: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError as error:
        raise Invalid("er.bed_needed" if name == "bed" else "row.invalid", None, **{name: ["required"]}) from error


# --- care ------------------------------------------------------------------------------------------------------------


@act("er.triage")
def triage_start(request: HttpRequest, pk: UUID) -> str:
    return said(triage.start(visit_of(pk), actor=actor_of(request)), _("Triage of E-%(number)s has begun"))


@act("er.care")
def see(request: HttpRequest, pk: UUID) -> str:
    return said(moves.see(visit_of(pk), actor=actor_of(request)), _("E-%(number)s is in treatment"))


@act("er.care")
def board_start(request: HttpRequest, pk: UUID) -> str:
    return said(moves.board(visit_of(pk), actor=actor_of(request)), _("E-%(number)s waits for a ward bed"))


@act("er.care")
def end(request: HttpRequest, pk: UUID) -> str:
    """An end that follows from what was decided; the others are asked about."""
    held, chosen = visit_of(pk), request.POST.get("end", "")
    if chosen not in ENDS:
        raise Invalid("er.bad_word", end=[chosen])
    visit = moves.depart(held, chosen, reason=reason_of(request), actor=actor_of(request))
    return f"E-{visit.number}: {visit.get_state_display()}"


@act("er.care")
def mine(request: HttpRequest, pk: UUID) -> str:
    """Whoever presses looks after this patient: as nurse or as provider."""
    held, actor = visit_of(pk), actor_of(request)
    who = Doctor.objects.filter(pk=actor.doctor_id, is_active=True).first() if actor.doctor_id else None
    if who is None:
        raise Invalid("er.not_a_nurse", nurse=[actor.name])
    role = {"nurse": who} if who.sort == Doctor.NURSE else {"provider": who}
    visit = team.set_team(held, actor=actor, **role)
    return _("E-%(number)s is yours now") % {"number": visit.number}


# --- beds ------------------------------------------------------------------------------------------------------------


@act("er.beds")
def assign(request: HttpRequest, pk: UUID) -> str:
    """Into the bed that is sent along: assigned, or moved there from another one."""
    held = visit_of(pk)
    bed = find(Bed, _chosen(request, "bed"), "section")
    visit = beds.assign(held, bed, actor=actor_of(request))
    return _("E-%(number)s is in bed %(bed)s") % {"number": visit.number, "bed": bed.name}


@act("er.beds")
def leave_bed(request: HttpRequest, pk: UUID) -> str:
    return said(beds.leave_bed(visit_of(pk), actor=actor_of(request)), _("E-%(number)s is out of bed"))


@act("er.beds")
def swap(request: HttpRequest, pk: UUID) -> str:
    held = visit_of(pk)
    other = find(EmergencyVisit, _chosen(request, "visit"))
    one, two = beds.swap(held, other, actor=actor_of(request))
    return _("E-%(one)s and E-%(two)s changed beds") % {"one": one.number, "two": two.number}


@act("er.beds")
def keep(request: HttpRequest, pk: UUID) -> str:
    """Keep the bed that is sent along for this patient."""
    visit = visit_of(pk)
    bed = beds.reserve(find(Bed, _chosen(request, "bed"), "section"), visit, actor=actor_of(request))
    return _("Bed %(bed)s is kept for E-%(number)s") % {"bed": bed.name, "number": visit.number}


@act("er.beds")
def bed_release(request: HttpRequest, pk: UUID) -> str:
    """Not what is kept for somebody else by now: the one it was shown to be kept for is sent along."""
    held = find(Bed, pk, "section")
    bed = beds.release(held, kept_for=_chosen(request, "visit"), actor=actor_of(request))
    return _("Bed %(bed)s is free") % {"bed": bed.name}


@act("er.beds")
def bed_clean(request: HttpRequest, pk: UUID) -> str:
    bed = beds.clean(find(Bed, pk, "section"), actor=actor_of(request))
    return _("Bed %(bed)s: %(state)s") % {"bed": bed.name, "state": bed.get_state_display()}


@act("er.block_beds")
def bed_unblock(request: HttpRequest, pk: UUID) -> str:
    return _("Bed %(bed)s is free") % {"bed": beds.unblock(find(Bed, pk, "section"), actor=actor_of(request)).name}


@act("er.undo")
def take_back(request: HttpRequest, seq: int) -> str:
    undoing.undo(seq, actor=actor_of(request))
    return _("Undone")
