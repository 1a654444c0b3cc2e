"""Provider contact, disposition, boarding, and every end, kept apart (domain/4; R4.1, R4.2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from clinic.core.access import Actor
from clinic.core.errors import Invalid, NotAllowed
from clinic.core.nouns import Versioned
from clinic.directory.models import Doctor
from clinic.live.record import change, operation, record
from er_flow.models import BedStay, EmergencyVisit
from er_flow.models.words import (
    AMA,
    BOARDING,
    BY_DISPOSITION,
    DISCHARGED,
    DISPOSITION,
    DISPOSITIONS,
    ENDS,
    IN_TREATMENT,
    TRANSFERRED,
    UNSEEN,
    WARD,
    WARD_BED,
)
from er_flow.operations import stages, stays, times


@operation("er.care")
def see(visit: EmergencyVisit, *, at: datetime | None = None, reason: str = "", actor: Actor) -> EmergencyVisit:
    """Provider contact: treatment begins, in a bed or not (R4.1). The level never changes after it (R4.14).

    A doctor who presses it is the provider, unless somebody else is already.
    """
    held = stages.locked(visit.pk, actor)
    if held.state == IN_TREATMENT:
        return held
    stages.expect(held, *UNSEEN)
    when = stages.moment(at, since=max([held.state_since, *times.before(held, "seen_at")]), reason=reason)
    who = Doctor.objects.filter(pk=actor.doctor_id, sort=Doctor.DOCTOR).first() if held.provider_id is None else None
    treats: dict[str, Any] = {"provider": who} if who is not None else {}
    touched = stages.enter(held, IN_TREATMENT, when, seen_at=when, reassess_at=None, **treats)
    record("er_visit.seen", *touched, reason=reason.strip())
    return held


@operation("er.care")
def decide(
    visit: EmergencyVisit, disposition: str, *, note: str = "", at: datetime | None = None, reason: str = "",
    actor: Actor,
) -> EmergencyVisit:  # fmt: skip
    """Decide the disposition; whoever is to be admitted or observed waits for a bed elsewhere from then on.

    A boarder's disposition is decided anew in the same way.
    """
    if disposition not in {key for key, _label in DISPOSITIONS}:
        raise Invalid("er.bad_word", disposition=[disposition])
    held, where = stages.locked(visit.pk, actor), note.strip()[:200]
    if held.state == DISPOSITION and (held.disposition, held.disposition_note) == (disposition, where):
        return held
    if held.state != DISPOSITION:
        stages.expect_move(held, DISPOSITION)
    when = stages.moment(at, since=held.state_since, reason=reason)
    told = {
        "disposition": disposition, "disposition_note": where, "decided_at": when,
        "admit_at": (held.admit_at or when) if disposition in WARD else None,
        "waiting_for": _waits(held, disposition in WARD),
    }  # fmt: skip
    touched: list[Versioned] = [held]
    if held.state == DISPOSITION:
        change(held, **told)
    else:
        touched = stages.enter(held, DISPOSITION, when, **told)
    record("er_visit.disposition_decided", *touched, reason=reason.strip())
    return held


def _waits(visit: EmergencyVisit, for_ward: bool) -> list[str]:
    others = [word for word in visit.waiting_for if word != WARD_BED]
    return [*others, WARD_BED] if for_ward else others


@operation("er.care")
def withdraw(visit: EmergencyVisit, *, reason: str, actor: Actor) -> EmergencyVisit:
    """The disposition is withdrawn and treatment goes on; both periods are kept (R4.2)."""
    held = stages.locked(visit.pk, actor)
    stages.expect(held, DISPOSITION)
    if not reason.strip():
        raise Invalid("er.why", reason=["required"])
    when = stages.moment(None, since=held.state_since, reason=reason)
    touched = stages.enter(
        held, IN_TREATMENT, when, disposition="", disposition_note="", decided_at=None, admit_at=None,
        waiting_for=_waits(held, False),
    )  # fmt: skip
    record("er_visit.disposition_withdrawn", *touched, reason=reason.strip())
    return held


@operation("er.care")
def board(visit: EmergencyVisit, *, at: datetime | None = None, reason: str = "", actor: Actor) -> EmergencyVisit:
    """Care here is done, and the patient waits for a bed elsewhere: still in the bed, the census and on the board."""
    held = stages.locked(visit.pk, actor)
    if held.state == BOARDING:
        return held
    stages.expect_move(held, BOARDING)
    if held.disposition not in WARD:
        raise NotAllowed("er.other_disposition", number=held.number, disposition=held.get_disposition_display())
    when = stages.moment(at, since=held.state_since, reason=reason)
    record("er_visit.boarded", *stages.enter(held, BOARDING, when), reason=reason.strip())
    return held


@operation("er.care")
def depart(
    visit: EmergencyVisit, end: str, *, at: datetime | None = None, reason: str = "", risks_explained: bool = False,
    actor: Actor,
) -> EmergencyVisit:  # fmt: skip
    """The end of a visit. Its bed is free for cleaning in the same act, whatever the end (R4.1).

    ``ama`` needs ``risks_explained``; ``discharged`` and ``transferred`` follow what was decided, except from
    boarding. Pressed twice is once.
    """
    if end not in ENDS:
        raise Invalid("er.bad_word", end=[end])
    held = stages.locked(visit.pk, actor)
    if held.state == end:
        return held
    stages.expect_move(held, end)
    if held.state == DISPOSITION and end in (DISCHARGED, TRANSFERRED) and end not in BY_DISPOSITION[held.disposition]:
        raise NotAllowed("er.other_disposition", number=held.number, disposition=held.get_disposition_display())
    if end == AMA and not risks_explained:
        raise NotAllowed("er.risks_first", number=held.number)
    stay = stays.stay_of(held)
    when = stages.moment(at, since=_last(held, stay), reason=reason)
    touched = stays.end_all(held, stay, when, actor)
    touched += stages.enter(
        held, end, when, departed_at=when, waiting_for=[], reassess_at=None,
        risks_explained=held.risks_explained or (end == AMA and risks_explained),
    )  # fmt: skip
    _record_end(end, touched, reason.strip())
    return held


def _last(visit: EmergencyVisit, stay: BedStay | None) -> datetime:
    """What happened last to somebody who leaves: a stage, a mark, a bed."""
    places = stays.left(visit) if stay is None else [stay.began_at]
    return max([visit.state_since, *times.before(visit, "departed_at"), *places])


def _record_end(end: str, touched: list[Versioned], reason: str) -> None:
    """Each end has an event of its own name, so that nobody has to look into it."""
    match end:
        case "discharged":
            record("er_visit.discharged", *touched, reason=reason)
        case "admitted":
            record("er_visit.admitted", *touched, reason=reason)
        case "transferred":
            record("er_visit.transferred", *touched, reason=reason)
        case "expired":
            record("er_visit.died", *touched, reason=reason)
        case "lwbs":
            record("er_visit.left_unseen", *touched, reason=reason)
        case "lwot":
            record("er_visit.left_treatment", *touched, reason=reason)
        case "ama":
            record("er_visit.left_against_advice", *touched, reason=reason)
        case _:
            record("er_visit.eloped", *touched, reason=reason)
