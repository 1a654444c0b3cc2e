"""Questions about many rows: the beds that suit, who is delayed, what a visit went through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.faces import Doc, named, stamp
from clinic.core.sight import seen
from clinic.tenants import days
from er_flow import ages, best, census, faces
from er_flow.best import Fit, Place, Wish
from er_flow.models import Bed, BedStay, EmergencyVisit, Section, Stage, Triage
from er_flow.models.words import AVAILABLE, FEATURES, RESERVED

MINUTE = timedelta(minutes=1)

# --- beds that suit --------------------------------------------------------------------------------------------------


def fits(
    visit: EmergencyVisit, *, sort: str = "", section: Section | None = None, asked: Iterable[str] = ()
) -> list[Fit]:  # fmt: skip
    """The free beds of the department that suit this visit, the best first (R4.33)."""
    rows = Bed.objects.filter(section__department_id=visit.department_id, section__is_active=True, is_active=True)
    held = list(rows.select_related("section"))
    free = [place_of(row) for row in held if _is_free(row, visit)]
    return best.ranked(_wish(visit, sort, section, asked), free, [place_of(row) for row in held])


def _is_free(bed: Bed, visit: EmergencyVisit) -> bool:
    return bed.state == AVAILABLE or (bed.state == RESERVED and bed.reserved_for_id == visit.pk)


def place_of(bed: Bed) -> Place:
    """A bed as the choice sees it; its section is loaded."""
    return Place(
        bed.pk, bed.name, bed.sort, frozenset(bed.features), bed.section_id, bed.section.name, bed.section.position,
        bed.position,
    )  # fmt: skip


def _wish(visit: EmergencyVisit, sort: str, section: Section | None, asked: Iterable[str]) -> Wish:
    told = best.needs({*visit.needs, *asked}, visit.precautions, visit.ventilated)
    is_child = not ages.of(visit, visit.arrived_at).is_adult
    return Wish(
        visit.pk, visit.level or visit.reported_level, visit.arrived_at, told, sort, section.pk if section else None,
        _near(visit), is_child,
    )  # fmt: skip


def _near(visit: EmergencyVisit) -> int | None:
    """The place of the section the patient lies in, else belongs to; None: in none yet."""
    stay = BedStay.objects.filter(visit=visit, ended_at=None).select_related("bed__section").first()
    if stay is not None:
        position: int = stay.bed.section.position
        return position
    return visit.section.position if visit.section is not None else None


def fit_doc(fit: Fit) -> Doc:
    return {
        "bed": named(fit.place.id, fit.place.name), "section": named(fit.place.section, fit.place.section_name),
        "has": list(fit.has), "spare": list(fit.spare), "away": fit.away, "makeshift": fit.makeshift, "why": why(fit),
    }  # fmt: skip


def why(fit: Fit) -> str:
    """Why a bed stands where it does, as a person reads it."""
    known = dict(FEATURES)
    parts = []
    if fit.has or fit.suited:
        parts.append(
            _("has %(what)s") % {"what": ", ".join(str(known.get(one, one)) for one in (*fit.has, *fit.suited))}
        )
    if fit.away:
        parts.append(ngettext("%(n)s section away", "%(n)s sections away", fit.away) % {"n": fit.away})
    elif fit.is_nearest:
        parts.append(_("in the nearest section"))
    if fit.spare:
        parts.append(_("has %(what)s to spare") % {"what": ", ".join(str(known.get(one, one)) for one in fit.spare)})
    if fit.makeshift:
        parts.append(_("only for want of better"))
    return "; ".join(parts) or _("has nothing that others may need")


# --- who is delayed --------------------------------------------------------------------------------------------------


def delayed(now: datetime | None = None) -> list[census.Delayed]:
    """Whoever the asker may see and waits longer than the target, in the order of R4.4, with both clocks (R4.21)."""
    rows = seen(EmergencyVisit.objects.unseen()).values_list(*census.COLUMNS, named=True)
    return census.delayed(rows, days.policies(), now or clock.now())


def delayed_docs(found: Sequence[census.Delayed]) -> list[Doc]:
    docs = faces.visits([str(one.visit) for one in found])
    return [_delayed_doc(one, docs[str(one.visit)]) for one in found if str(one.visit) in docs]


def _delayed_doc(one: census.Delayed, doc: Doc) -> Doc:
    clocks = {"since_arrival": one.since_arrival // MINUTE, "in_status": one.in_status // MINUTE}
    return {"visit": doc, "minutes": clocks, "target": doc["target"], "over": one.over // MINUTE}


# --- lists and histories ---------------------------------------------------------------------------------------------


def in_bed() -> Q:
    """Who lies in a bed now."""
    return Q(pk__in=BedStay.objects.filter(ended_at=None).values("visit_id"))


def history(pk: UUID, actor: Actor) -> Doc:
    """What a visit went through, oldest first; triages only for whoever may triage."""
    stages = Stage.objects.filter(visit=pk).order_by("began_at", "id")
    stays = BedStay.objects.filter(visit=pk).select_related("bed").order_by("began_at", "id")
    rows = Triage.objects.filter(visit=pk).order_by("at", "id").values_list("pk", flat=True)
    keys = [str(key) for key in rows] if actor.can("er.triage") else []
    triages = faces.triages(keys)
    return {
        "stages": [
            {"status": row.state, "began_at": stamp(row.began_at), "ended_at": stamp(row.ended_at)} for row in stages
        ],
        "stays": [
            {"bed": named(row.bed_id, row.bed.name), "precautions": row.precautions, "began_at": stamp(row.began_at),
             "ended_at": stamp(row.ended_at)}
            for row in stays
        ],
        "triages": [triages[key] for key in keys if key in triages],
    }  # fmt: skip
