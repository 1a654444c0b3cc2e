"""Who comes: somebody known who was not here today, somebody new, or one more of a family with one phone."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from uuid import UUID

from django.db.models import Q

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Conflict
from clinic.demo import day
from clinic.demo.cast import EMERGENCIES, FAMILIES, GIVEN, REASONS, VIP_REASONS, Cast
from clinic.directory.models import VisitType
from clinic.records import operations as records
from clinic.records.models import Patient
from clinic.tenants import days
from queues import models
from queues.models import BOOKED, NORMAL, URGENT, Appointment, Queue, Visit
from queues.operations import intake

FAMILY = "family"
GROWN_UP = 16
MOST_KNOWN = 160
"""From so many known people of the right age on, only these come."""
TRIES = 6


class Crowd:
    """The people of one cast. What it knows of them is read once: nobody else registers whole crowds."""

    def __init__(self, cast: Cast, dice: Random) -> None:
        self.cast, self.dice = cast, dice
        self._known: dict[str, list[UUID]] = {}
        self._read: dict[UUID, Patient] = {}
        self._kinds: dict[str, VisitType] = {}

    def take_in(self, line: Queue, *, klass: str, actor: Actor) -> intake.Arrival | None:
        """The desk takes somebody in; with ``family``, one more of whoever came last. None: nobody is left."""
        dice, prefix = self.dice, line.department.prefix
        patient = _relative(dice, prefix, actor) if klass == FAMILY else self.somebody(prefix, actor)
        if patient is None:
            return None
        chosen = klass if klass in (URGENT, models.VIP) else NORMAL
        emergencies = EMERGENCIES.get(prefix, EMERGENCIES["A"])
        why = {URGENT: dice.choice(emergencies), models.VIP: dice.choice(VIP_REASONS)}.get(chosen, "")
        reason = "" if chosen == URGENT else dice.choice(REASONS.get(prefix, REASONS["A"]))
        return intake.arrive(
            line, patient, klass=chosen, class_reason=why, reason=reason, type=self._kind(prefix), actor=actor
        )

    def _kind(self, prefix: str) -> VisitType | None:
        """What they come for, by its share of the department's visits."""
        if not self._kinds:
            self._kinds = {row.name: row for row in VisitType.objects.filter(is_active=True)}
        return self._kinds.get(day.read().kind_of(self.dice, prefix))

    def somebody(self, prefix: str, actor: Actor) -> Patient | None:
        """Somebody of the right age who is not here and was not today, or who has never been here."""
        known, dice = self.known(prefix), self.dice
        full = len(known) >= MOST_KNOWN
        if known and (full or dice.random() < day.read().odds["returning"]):
            for one in dice.sample(known, min(TRIES, len(known))):
                if not _is_here(one):
                    return _patient(one)
        if not full:
            fresh = _newcomer(self.cast, dice, prefix, actor)
            if fresh is not None and fresh.pk not in known:
                known.append(fresh.pk)
            return fresh
        here = Visit.objects.filter(ended_at=None).values("patient_id")
        free = list(Patient.objects.filter(pk__in=known).exclude(pk__in=here).order_by("id"))
        return dice.choice(free) if free else None

    def unseen(self, prefix: str, here: set[UUID], actor: Actor) -> Patient | None:
        """Somebody of the right age who is not among those, or who has never been here: asked of memory only."""
        known, dice = self.known(prefix), self.dice
        full = len(known) >= MOST_KNOWN
        if known and (full or dice.random() < day.read().odds["returning"]):
            for pk in dice.sample(known, min(TRIES, len(known))):
                if pk not in here:
                    return self._patient(pk)
        if full:
            return None
        fresh = _newcomer(self.cast, dice, prefix, actor)
        if fresh is None or fresh.pk in here:
            return None
        if fresh.pk not in known:
            known.append(fresh.pk)
        self._read[fresh.pk] = fresh
        return fresh

    def _patient(self, key: UUID) -> Patient:
        if key not in self._read:
            self._read[key] = _patient(key)
        return self._read[key]

    def known(self, prefix: str) -> list[UUID]:
        """Who is of the right age for the department."""
        if prefix not in self._known:
            people = Patient.objects.filter(_of_age(prefix), merged_into=None).order_by("id")
            self._known[prefix] = list(people.values_list("pk", flat=True))
        return self._known[prefix]


def _patient(key: object) -> Patient:
    found: Patient = Patient.objects.get(pk=key)
    return found


def _of_age(prefix: str) -> Q:
    year = clock.now().year
    return Q(birth_year__gt=year - GROWN_UP) if prefix == "P" else Q(birth_year__lte=year - GROWN_UP)


def _is_here(patient: object) -> bool:
    today = days.service_day(days.current_hospital(), clock.now())
    if Visit.objects.filter(Q(ended_at=None) | Q(service_day=today), patient_id=patient).exists():
        return True
    return bool(Appointment.objects.filter(state__in=BOOKED, service_day=today, patient_id=patient).exists())


def _newcomer(cast: Cast, dice: Random, prefix: str, actor: Actor) -> Patient | None:
    """An invented person, with a phone of the fictional range; who happens to be known already is taken as known."""
    year = clock.now().year
    born = year - dice.randint(0, GROWN_UP - 1) if prefix == "P" else year - dice.randint(18, 88)
    given, sex = dice.choice(GIVEN)
    phone = f"{cast.phone[:-4]}{dice.randrange(10_000):04d}"
    return _register(given, dice.choice(FAMILIES), born, sex, phone, actor)


def _register(given: str, family: str, born: int, sex: str, phone: str, actor: Actor) -> Patient | None:
    try:
        return records.register(
            given_name=given, family_name=family, birth_year=born, sex=sex, language="en", phone=phone, actor=actor
        )
    except Conflict as alike:
        for pk in _candidates(alike):
            if not _is_here(pk):
                return _patient(pk)
        return None


def _candidates(alike: Conflict) -> Iterator[str]:
    yield from alike.details.get("candidates", [])


def _relative(dice: Random, prefix: str, actor: Actor) -> Patient | None:
    """One more with the phone of whoever came last: known, or new with the same name."""
    last = Visit.objects.filter(department__prefix=prefix).select_related("patient").order_by("-arrived_at", "-id")
    visit = last.first()
    if visit is None or not visit.patient.phone_key:
        return None
    first = visit.patient
    for other in (
        Patient.objects.filter(phone_key=first.phone_key, merged_into=None).filter(_of_age(prefix)).exclude(pk=first.pk)
    ):
        if not _is_here(other.pk):
            found: Patient = other
            return found
    given, sex = dice.choice(GIVEN)
    year = clock.now().year
    born = year - dice.randint(0, GROWN_UP - 1) if prefix == "P" else year - dice.randint(18, 88)
    return _register(given, first.family_name, born, sex, first.phone, actor)
