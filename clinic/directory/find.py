"""Finding a doctor across hospitals (R1.8): the search in the projection, and nothing else is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from clinic.core import clock
from clinic.directory.listing import barred, folded
from clinic.directory.models import Listing
from clinic.tenants.models import Hospital

EARTH_KM = 6371.0088
MOST = 1000
"""Doctors one question finds; whoever wants the others asks more narrowly."""
RADIUS_KM = 10.0
NEAREST, SOONEST, FEE, NAME = "nearest", "soonest", "fee", "name"
ORDERS = (NEAREST, SOONEST, FEE, NAME)


@dataclass(frozen=True, slots=True)
class Found:
    """A doctor somebody may go to, and how far that is (None without a place on one side)."""

    listing: Listing
    km: float | None

    @property
    def next_free_at(self) -> datetime | None:
        """The next place that can be booked; what has passed meanwhile is none."""
        at = self.listing.next_free_at
        return at if at is not None and at > clock.now() else None


TOLD = ("doctor_id", "name", "fee", "next_free_at", "latitude", "longitude")


@dataclass(frozen=True, slots=True)
class Place:
    """What a doctor's place in the order is made of: a thousand are put in order where twenty are shown."""

    doctor_id: UUID
    name: str
    fee: Decimal | None
    free_at: datetime | None
    latitude: Decimal | None
    longitude: Decimal | None
    km: float | None = None


def shown(places: Iterable[Place]) -> list[Found]:
    """The whole rows of these, in their order; one query. Who was taken down meanwhile is left out."""
    places = list(places)
    rows = listed().select_related("hospital").in_bulk([place.doctor_id for place in places])
    return [Found(rows[place.doctor_id], place.km) for place in places if place.doctor_id in rows]


def listed() -> QuerySet[Listing]:
    """Whoever may be shown. Suspended and unlisted hospitals are asked about again here: a row that its reaction has
    not removed yet is not shown."""
    return Listing.objects.filter(hospital__status=Hospital.ACTIVE, hospital__listed=True, hospital__hidden=False)


def search(given: dict[str, Any]) -> list[Place]:
    """Listed doctors by words, place, fee, language and next free place; in the asked order.

    Without one the nearest come first where a place is given, else they stand by name. At most ``MOST``; ``shown``
    reads the whole rows of those who are shown.
    """
    rows, order, here = _matching(listed(), given), order_of(given), _here(given)
    if here is None:
        rows = rows.order_by(*_columns(order))[:MOST]
        kept = [Place(*told) for told in rows.values_list(*TOLD)]
    else:
        radius = float(given.get("radius") or RADIUS_KM)
        near = (Place(*told) for told in rows.filter(_box(here[0], here[1], radius)).values_list(*TOLD))
        far = ((place, _km(here, place.latitude, place.longitude)) for place in near)
        kept = [replace(place, km=km) for place, km in far if km is not None and km <= radius]
    return sorted(kept, key=place_of(order))[:MOST]


def order_of(given: dict[str, Any]) -> str:
    """The order that is asked for, or the usual one; nobody is near without a place."""
    placed = _here(given) is not None
    asked = given.get("ordering") or (NEAREST if placed else NAME)
    return NAME if asked == NEAREST and not placed else str(asked)


def _here(given: dict[str, Any]) -> tuple[float, float] | None:
    latitude, longitude = given.get("latitude"), given.get("longitude")
    return None if latitude is None or longitude is None else (latitude, longitude)


def place_of(order: str) -> Callable[[Place], list[Any]]:
    """What a doctor stands by in an order: what is not known stands last; texts and numbers only, as JSON keeps them.

    The id is last, so that no two stand at one place.
    """

    now = clock.now()

    def key(row: Place) -> list[Any]:
        value: Any
        match order:
            case "nearest":
                value = row.km
            case "soonest":
                value = row.free_at.timestamp() if row.free_at is not None and row.free_at > now else None
            case "fee":
                value = None if row.fee is None else float(row.fee)
            case _:
                value = row.name
        told = ["" if order == NAME else 0.0] if value is None else [value]
        return [value is None, *told, row.name, str(row.doctor_id)]

    return key


def _columns(order: str) -> list[Any]:
    """The same in the database, which cuts at ``MOST``."""
    first = {SOONEST: "next_free_at", FEE: "fee"}.get(order)
    return [*([F(first).asc(nulls_last=True)] if first else []), "name", "doctor_id"]


_WORDS = {
    "name": "name__icontains", "clinicName": "clinic__icontains", "city": "city__iexact",
    "specialization": "specialization__icontains", "minFee": "fee__gte", "maxFee": "fee__lte",
    "free_before": "next_free_at__lte",
}  # fmt: skip


def _matching(rows: QuerySet[Listing], given: dict[str, Any]) -> QuerySet[Listing]:
    rows = rows.filter(**{lookup: given[word] for word, lookup in _WORDS.items() if given.get(word) not in (None, "")})
    for word in folded(str(given.get("q") or "")).split():
        rows = rows.filter(words__contains=word)
    if given.get("language"):
        rows = rows.filter(speaks__contains=barred([str(given["language"])]))
    if given.get("free_before"):
        rows = rows.filter(next_free_at__gt=clock.now())
    return rows


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from: whoever looks picks a word that finds somebody."""

    cities: list[str]
    specializations: list[str]
    languages: list[str]


def choices() -> Choices:
    """Cities, specializations and languages of listed doctors: one query."""
    rows = list(listed().values_list("city", "specialization", "languages").order_by("city")[: MOST * 2])
    return Choices(
        _each(city for city, _what, _spoken in rows),
        _each(what for _city, what, _spoken in rows),
        _each(language for _city, _what, spoken in rows for language in spoken),
    )


def _each(texts: Iterable[str]) -> list[str]:
    """Each once, however it was written."""
    known: dict[str, str] = {}
    for text in dict.fromkeys(reversed(list(texts))):  # a thousand doctors stand in a few cities
        if text:
            known.setdefault(folded(text), text)
    return [text for _folded, text in sorted(known.items())]


def _box(latitude: float, longitude: float, km: float) -> Q:
    """A rectangle around the circle, which the index can find; around the poles and the date line a whole belt."""
    high = math.degrees(km / EARTH_KM)
    box = Q(latitude__gte=latitude - high, latitude__lte=latitude + high)
    at_edge = math.cos(math.radians(min(abs(latitude) + high, 89.999)))
    wide = math.degrees(km / EARTH_KM / at_edge)
    west, east = longitude - wide, longitude + wide
    if wide >= 180:
        return box
    if west < -180:
        return box & (Q(longitude__lte=east) | Q(longitude__gte=west + 360))
    if east > 180:
        return box & (Q(longitude__gte=west) | Q(longitude__lte=east - 360))
    return box & Q(longitude__gte=west, longitude__lte=east)


def _km(here: tuple[float, float], latitude: Decimal | None, longitude: Decimal | None) -> float | None:
    """Great-circle distance (haversine)."""
    if latitude is None or longitude is None:
        return None
    one, two = math.radians(float(here[0])), math.radians(float(latitude))
    across = math.radians(float(longitude) - float(here[1]))
    half = math.sin((two - one) / 2) ** 2 + math.cos(one) * math.cos(two) * math.sin(across / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))
