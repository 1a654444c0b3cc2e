"""What anybody may find of doctors across hospitals (R1.8): the projection. The search in it is ``find``."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.tenancy import require_hospital_id
from clinic.directory import free
from clinic.directory.models import Doctor, Listing
from clinic.live.record import operation
from clinic.tenants.models import Hospital


def wanted(hospital: Hospital, doctors: Sequence[Doctor]) -> dict[UUID, Listing]:
    """The rows there should be: of listed, active doctors of a listed, active hospital."""
    if not (hospital.listed and hospital.is_open):
        return {}
    return {doctor.pk: _listing(hospital, doctor) for doctor in doctors if is_listed(doctor)}


@operation("directory.manage")
def publish(*, actor: Actor) -> None:
    """Make the open hospital's rows what they should be now; no event, for nobody of the hospital sees it.

    Whoever looks for a doctor in the city is told of those who were not there before. Under the hospital's row, so
    that of two at once the later one has read what is true.
    """
    here = Hospital.objects.select_for_update(no_key=True).get(pk=require_hospital_id())
    there = wanted(here, list(Doctor.objects.filter(listed=True).order_by("id")))
    known = {row.pk: row for row in Listing.objects.filter(hospital=here)}
    for key, row in there.items():
        before = known.get(key)
        row.next_free_at = before.next_free_at if before else None
        row.listed_at = before.listed_at if before else clock.now()
    fresh = [row for key, row in there.items() if key not in known or _values(known[key]) != _values(row)]
    gone = [*(key for key in known if key not in there), *(row.pk for row in fresh)]
    Listing.objects.filter(hospital=here, pk__in=gone).delete()
    Listing.objects.bulk_create(fresh)


def take_down(doctor: Doctor) -> None:
    """Inside the operation that switches a doctor off: nobody finds them from its commit on."""
    Listing.objects.filter(doctor_id=doctor.pk).delete()


def refresh(doctors: Collection[UUID] | None = None, *, actor: Actor) -> int:
    """Ask when the open hospital's listed doctors, or some of them, are free next, and say it where it differs.

    Returns how many differed. What is asked stands outside of the transaction: a place may be taken meanwhile, and
    the clock asks again.
    """
    rows = Listing.objects.filter(hospital_id=require_hospital_id())
    if doctors is not None:
        rows = rows.filter(doctor_id__in=doctors)
    said = dict(rows.values_list("doctor_id", "next_free_at"))
    if not said:
        return 0
    found = free.next_free(list(Doctor.objects.filter(pk__in=said).select_related("department").order_by("id")))
    differs = {key: found.get(key) for key, before in said.items() if found.get(key) != before}
    if differs:
        say_free(differs, actor=actor)
    return len(differs)


@operation("directory.manage")
def say_free(times: Mapping[UUID, datetime | None], *, actor: Actor) -> None:
    """Write down when doctors of the open hospital are free next; no event, for nobody of the hospital sees it."""
    rows = Listing.objects.select_for_update(no_key=True).filter(hospital_id=require_hospital_id(), pk__in=times)
    held = list(rows.order_by("doctor_id"))
    for row in held:
        row.next_free_at = times[row.pk]
    Listing.objects.bulk_update(held, ["next_free_at"])


def _values(row: Listing) -> list[Any]:
    return [getattr(row, field.attname) for field in Listing._meta.concrete_fields]


def is_listed(doctor: Doctor) -> bool:
    return doctor.listed and doctor.is_active and doctor.sort == Doctor.DOCTOR


def _listing(hospital: Hospital, doctor: Doctor) -> Listing:
    words = [doctor.name, doctor.specialization, *doctor.services, hospital.name]
    return Listing(
        doctor_id=doctor.pk, hospital=hospital, slug=hospital.slug, name=doctor.name,
        specialization=doctor.specialization, services=doctor.services, languages=doctor.languages,
        clinic=hospital.name, address=doctor.address or hospital.address, city=doctor.city or hospital.city,
        latitude=doctor.latitude, longitude=doctor.longitude, fee=doctor.fee, currency=hospital.currency,
        words=" ".join(map(folded, words))[:4000], speaks=barred(doctor.languages)[:4000],
    )  # fmt: skip


def folded(text: str) -> str:
    """As people type it who look for it: "Léïla" and "LEILA" are one, in every database."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(mark for mark in apart if not unicodedata.combining(mark)).split())


def barred(texts: Sequence[str]) -> str:
    """``|french|wolof|``: each can be found whole."""
    return "".join(f"|{folded(text)}" for text in texts) + ("|" if texts else "")
