"""The end of a service day (R3.22): who is carried over, who left, who comes back expected, and who lapses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, say
from clinic.directory import calendar, policies
from clinic.live.record import add, change, operation, record
from clinic.tenants import days, links
from clinic.tenants.models import HospitalConfig, PublicToken
from queues import appointment_day as on_the_day
from queues.models import CALLED, CARRIED_OVER, IN_ORDER, LAPSED, LEFT, ON_HOLD, OPEN, WAITING, Leg, LegQuerySet, Visit
from queues.operations import calls, order
from queues.operations.holds import GONE, OVER

CARRY, LEAVE = HospitalConfig.CARRY, HospitalConfig.LEFT
CHOICES = (CARRY, LEAVE)

say({
    "day.bad_choice": _("Choose carried over or left."),
    "visit.not_expected": _("%(token)s is not expected."),
    "visit.expected_later": _("%(token)s is expected on %(day)s."),
    "visit.already_came": _("%(token)s is in the line already."),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Closed:
    """What the end of a day did: visits carried over (the new ones), visits that left, and who was refused, by id."""

    carried: list[Visit]
    left: list[Visit]
    refused: dict[UUID, str]


def unfinished(day: date) -> LegQuerySet:
    """Whoever still waits from this service day or an earlier one, line by line in order; in lines that close.

    People who are in a room are not among them: their visit ends with their doctor.
    """
    waits: LegQuerySet = Leg.objects.filter(
        state__in=(WAITING, CALLED, ON_HOLD), queue__overnight=False, visit__service_day__lte=day
    )
    return waits.select_related("visit", "queue__department").order_by("queue_id", *IN_ORDER)


@operation("queues.close_day")
def close_day(choices: Mapping[UUID, str], *, actor: Actor) -> Closed:
    """End the day for these visits, one choice each; who was called or came back meanwhile is left out and told.

    The lines, displays and phones learn of it; whoever is carried over is expected on the next working day.
    """
    if unknown := [choice for choice in choices.values() if choice not in CHOICES]:
        raise Invalid("day.bad_choice", choice=unknown, allowed=list(CHOICES))
    told = Closed([], [], {})
    visits = Visit.objects.in_bulk(list(choices))
    for pk, choice in choices.items():
        if pk not in visits:
            raise NotFound()
        try:
            ended = close(visits[pk], choice, actor=actor)
        except NotFound:  # of a department the actor is not of: not there, as everywhere (R1.2), and nothing is done
            raise
        except DomainError as refusal:
            told.refused[pk] = refusal.code
            continue
        if choice == CARRY and ended is not None:
            told.carried.append(ended)
        elif choice == LEAVE:
            told.left.append(visits[pk])
    return told


@operation("queues.close_day")
def close(visit: Visit, choice: str, *, actor: Actor) -> Visit | None:
    """End the day for one who still waits: carried over, or left. Returns the visit that is expected, if any.

    Twice is once: a visit that was carried over already answers with the visit it became.
    """
    if choice not in CHOICES:
        raise Invalid("day.bad_choice", choice=[choice], allowed=list(CHOICES))
    leg = calls.leg_of(visit, actor)
    if leg.state == CARRIED_OVER:
        became: Visit | None = Visit.objects.filter(carried_from=leg.visit).exclude(outcome="cancelled").first()
        return became
    if leg.state == LEFT and choice == LEAVE:
        return None
    calls.expect(leg, WAITING, CALLED, ON_HOLD)
    if choice == CARRY:
        return _carry(leg)
    _leave(leg)
    return None


def _leave(leg: Leg) -> None:
    _wait_again(leg)
    now = clock.now()
    change(leg, state=LEFT, ended_at=now, **OVER)
    change(leg.visit, ended_at=now, outcome=LEFT)
    record("visit.left", *calls.subjects_of(leg), *on_the_day.end_with(leg.visit, LEFT), reason="day closed")


def _carry(leg: Leg) -> Visit:
    """The leg and its visit end; another visit of the same person stands expected, with a token of its own day."""
    here, old, now = days.current_hospital(), leg.visit, clock.now()
    department = leg.queue.department
    day = calendar.next_working_day(department, max(old.service_day, days.service_day(here, now) - timedelta(days=1)))
    period = days.period_start(policies.of(department).token_reset, day)
    fresh = Visit(
        patient_id=old.patient_id, department=department, token_period=period, service_day=day, klass=CARRIED_OVER,
        class_reason=old.class_reason, reason=old.reason, source=old.source, arrived_at=_opening(leg, day),
        carried_from=old, expected_on=day, expected_queue=leg.queue, type_id=old.type_id,
    )  # fmt: skip
    links.issue(PublicToken.STATUS, fresh.ref, here.pk, days.day_end(here, day))
    _wait_again(leg)
    (tokens,) = order.take(f"token:{department.pk}:{period}")
    fresh.token_number, fresh.token = tokens.value, f"{department.prefix}-{tokens.value:03d}"
    add(fresh)
    change(leg, state=CARRIED_OVER, ended_at=now, **OVER)
    change(old, ended_at=now, outcome=CARRIED_OVER)
    record("visit.carried_over", *calls.subjects_of(leg, fresh, tokens), *on_the_day.end_with(old, CARRIED_OVER))
    return fresh


def _wait_again(leg: Leg) -> None:
    """Somebody called who did not come by the end of the day waits again first: only who waits is carried or leaves."""
    if leg.state == CALLED:
        server = leg.server
        change(leg, state=WAITING, **GONE)
        record("visit.uncalled", leg.visit, leg, *([server] if server else []))


def _opening(leg: Leg, day: date) -> datetime:
    """When the department opens on that day, else when the service day begins (R3.4)."""
    spans = calendar.opening(leg.queue.department, day)
    return spans[0][0] if spans else days.day_start(days.current_hospital(), day)


# --- on the day they are expected ------------------------------------------------------------------------------------


def expected(day: date) -> list[Visit]:
    """Who is expected on this service day and has not come yet, by line in the old order."""
    rows = Visit.objects.filter(expected_on=day, ended_at=None, legs=None)
    rows = rows.select_related("patient", "expected_queue__department", "expected_queue__doctor", "carried_from")
    found = list(rows)
    places = _old_places([visit.carried_from_id for visit in found if visit.carried_from_id])
    return sorted(found, key=lambda visit: (str(visit.expected_queue_id), places.get(visit.carried_from_id, _LAST)))


_LAST = (True, datetime.max.replace(tzinfo=UTC), 0, "")


def _old_places(visits: list[UUID]) -> dict[UUID | None, tuple[bool, datetime, int, str]]:
    legs = Leg.objects.filter(visit__in=visits, state=CARRIED_OVER)
    return {leg.visit_id: leg.place() for leg in legs}


@operation("queues.intake")
def arrive_expected(visit: Visit, *, actor: Actor) -> Leg:
    """A carried-over patient is there: into the line, before the day's newcomers and in the old order (R3.4)."""
    return _enter(visit, actor)


def _enter(visit: Visit, actor: Actor) -> Leg:
    locked = Visit.objects.select_for_update(no_key=True, of=("self",)).select_related("department")
    held = locked.filter(pk=visit.pk).first()
    if held is None:
        raise NotFound()
    if held.expected_on is None or held.expected_queue is None:
        raise NotAllowed("visit.not_expected", token=held.token)
    leg: Leg | None = held.legs.select_related("visit", "queue").order_by("-entered_at").first()
    if leg is not None:
        return leg  # pressed twice
    queue, now = held.expected_queue, clock.now()
    actor.must_see(queue.department_id)
    if held.ended_at is not None:
        raise NotAllowed("visit.wrong_state", token=held.token, state=held.outcome, state_text=held.outcome)
    here = days.current_hospital()
    today = days.service_day(here, now)
    if held.expected_on > today:
        raise NotAllowed("visit.expected_later", token=held.token, day=held.expected_on.isoformat())
    # A microsecond for each one before: among those carried over from one line the old order stays.
    since = held.arrived_at + timedelta(microseconds=_rank(held))
    (places,) = order.take(order.place_of(queue.pk))
    leg = add(Leg(
        visit=held, queue=queue, effective_at=since, order_at=order.order_at(since, CARRIED_OVER),
        order_no=places.value, entered_at=now,
    ))  # fmt: skip
    change(held, arrived_at=now)
    record("visit.arrived", held, leg, queue, places, reason="carried over")
    return leg


def _rank(visit: Visit) -> int:
    """The index among everybody who was carried over from the same line to the same day, in the old order."""
    together = Visit.objects.filter(expected_on=visit.expected_on, expected_queue=visit.expected_queue)
    places = _old_places(list(together.values_list("carried_from_id", flat=True)))
    mine = places.get(visit.carried_from_id, _LAST)
    return sum(place < mine for place in places.values())


@operation("queues.close_day")
def lapse(visit: Visit, *, actor: Actor) -> Visit:
    """An expected visit ends because nobody came by the hour of the policy; twice is once."""
    held: Visit | None = Visit.objects.select_for_update(no_key=True).filter(pk=visit.pk).first()
    if held is None:
        raise NotFound()
    actor.must_see(held.department_id)
    if held.outcome == LAPSED:
        return held
    if held.expected_on is None or held.ended_at is not None:
        raise NotAllowed("visit.not_expected", token=held.token)
    if held.legs.filter(state__in=OPEN).exists():
        raise Conflict("visit.already_came", token=held.token)
    change(held, ended_at=clock.now(), outcome=LAPSED)
    record("visit.lapsed", held)
    return held
