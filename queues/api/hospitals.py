"""REST without sign-in: a hospital, its doctors who can be booked online, and their free places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import public
from clinic.core.api import HouseViewSet
from clinic.core.api_fields import Id
from clinic.core.api_told import answers
from clinic.core.errors import NotFound
from clinic.core.faces import Doc, stamp
from clinic.core.http import address
from clinic.core.limits import limit
from clinic.core.tenancy import hospital
from clinic.directory.faces import number
from clinic.directory.models import VisitType
from clinic.directory.serializers import MONEY, WHOM
from clinic.tenants import days, links
from clinic.tenants.models import Hospital
from clinic.tenants.policy_serializers import WeekDoc
from queues import online
from queues.availability import book
from queues.availability_serializers import AvailabilityDoc, AvailabilityQuery, days_doc, span
from queues.models import Queue

WHY = "whoever wants to book is nobody's patient yet"
AN_ADDRESS = (600, 60)
"""Questions from one address in a minute: a waiting room stands behind one."""


class PublicTypeDoc(serializers.Serializer[Any]):
    """A kind of visit that can be booked online."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    minutes = serializers.IntegerField()
    fee = serializers.RegexField(MONEY, allow_null=True)
    video = serializers.BooleanField()
    whom = serializers.ChoiceField(choices=WHOM)


class PublicHospitalDoc(serializers.Serializer[Any]):
    """What a hospital says of itself to anybody."""

    slug = serializers.CharField()
    name = serializers.CharField()
    address = serializers.CharField()
    city = serializers.CharField()
    phone = serializers.CharField()
    time_zone = serializers.CharField()
    language = serializers.CharField()
    currency = serializers.CharField()
    hours = WeekDoc()
    visit_types = PublicTypeDoc(many=True)


class PublicDoctorDoc(serializers.Serializer[Any]):
    """A doctor of the hospital who can be booked online."""

    doctor = serializers.UUIDField()
    name = serializers.CharField()
    specialization = serializers.CharField()
    department = serializers.CharField(help_text="By its public name.")
    services = serializers.ListField(child=serializers.CharField())
    languages = serializers.ListField(child=serializers.CharField())
    fee = serializers.RegexField(MONEY, allow_null=True)
    currency = serializers.CharField()
    next_free_at = serializers.DateTimeField(allow_null=True)


class PublicAvailabilityQuery(AvailabilityQuery):
    doctor = Id()


class PublicHospitalViewSet(HouseViewSet):
    """A hospital from outside. A suspended one answers that it is closed; an unknown one is not there."""

    tag = "public-hospitals"

    @public(WHY)
    @answers(PublicHospitalDoc, limited=True)
    def retrieve(self, request: Request, slug: str) -> Response:
        """What the hospital says of itself, when it is open, and what can be booked online."""
        return self._open(slug, _hospital)

    @public(WHY)
    @answers(PublicDoctorDoc, listed=True, limited=True)
    def doctors(self, request: Request, slug: str) -> Response:
        """Its doctors who can be booked online, by name, with the next free place."""
        return self._open(slug, lambda here: {"results": _doctors(here)})

    @public(WHY)
    @answers(AvailabilityDoc, query=PublicAvailabilityQuery, limited=True)
    def availability(self, request: Request, slug: str) -> Response:
        """When a doctor is free: days with their times and numbers, as they can be booked online."""
        return self._open(slug, lambda here: _availability(here, self.query))

    def _open(self, slug: str, show: Callable[[Hospital], Any]) -> Response:
        limit("public-hospital", address(self.request), *AN_ADDRESS)
        here = Hospital.objects.filter(slug=slug, hidden=False).first()
        if here is None:
            raise NotFound()
        if not here.is_open:
            raise links.Closed(here)
        with hospital(here), timezone.override(here.zone):
            return Response(show(here))


def _hospital(here: Hospital) -> Doc:
    kinds = VisitType.objects.filter(is_active=True, bookable=True).exclude(whom=VisitType.KNOWN).order_by("name")
    return {
        "slug": here.slug, "name": here.name, "address": here.address, "city": here.city, "phone": here.phone,
        "time_zone": here.time_zone, "language": here.language, "currency": here.currency,
        "hours": days.policies().hours,
        "visit_types": [
            {"id": str(kind.pk), "name": kind.name, "minutes": kind.minutes, "fee": number(kind.fee, 2),
             "video": kind.video, "whom": kind.whom}
            for kind in kinds
        ],
    }  # fmt: skip


def _doctors(here: Hospital) -> list[Doc]:
    rows = list(online.lines().filter(sort=Queue.DOCTOR).order_by("doctor__name", "doctor_id"))
    free = book.next_free_of(rows, online=True)
    return [_doctor(row, here, stamp(free.get(row.pk))) for row in rows]


def _doctor(row: Queue, here: Hospital, free: str | None) -> Doc:
    doctor = row.doctor
    assert doctor is not None  # a doctor's own line has one
    return {
        "doctor": str(doctor.pk), "name": doctor.name, "specialization": doctor.specialization,
        "department": row.department.shown_name, "services": doctor.services, "languages": doctor.languages,
        "fee": number(doctor.fee, 2), "currency": here.currency, "next_free_at": free,
    }  # fmt: skip


def _availability(here: Hospital, asked: dict[str, Any]) -> Doc:
    line = online.lines().filter(doctor=asked["doctor"]).first()
    if line is None:
        raise NotFound()
    kind = _kind(line, asked.get("type"))
    first, last = span(asked, days.service_day(here))
    return {
        "doctor": str(asked["doctor"]), "type": str(kind.pk) if kind else None, "time_zone": here.time_zone,
        "days": days_doc(book.days(line, first, last, kind, online=True)),
        "next_free_at": stamp(book.next_free(line, kind, online=True)),
    }  # fmt: skip


def _kind(line: Queue, key: UUID | None) -> VisitType | None:
    if key is None:
        return None
    found = next((kind for kind in online.types(line) if kind.pk == key), None)
    if found is None:
        raise NotFound()
    return found
