"""REST: how doctors' days went. The office sees all doctors, a doctor the own figures."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core import sight
from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_fields import Id
from clinic.core.api_input import Lower, Query
from clinic.core.api_told import answers
from clinic.core.errors import Forbidden
from clinic.directory.models import Doctor
from queues import analytics


class AnalyticsQuery(Query):
    period = Lower(choices=list(analytics.PERIODS), default="month")
    doctor = Id(required=False)


class BookingFiguresDoc(serializers.Serializer[Any]):
    """What became of bookings for these days."""

    booked = serializers.IntegerField(help_text="Moved ones count where they were moved to.")
    kept = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    missed = serializers.IntegerField()


class DaySeenDoc(serializers.Serializer[Any]):
    """Patients seen on a service day."""

    date = serializers.DateField()
    seen = serializers.IntegerField()


class DoctorFiguresDoc(serializers.Serializer[Any]):
    """A doctor's figures."""

    doctor = serializers.UUIDField()
    name = serializers.CharField()
    seen = serializers.IntegerField(help_text="Patients seen, in whichever line they stood.")
    no_show = serializers.IntegerField(help_text="Called in the own line and not come.")
    left = serializers.IntegerField(help_text="Left the own line.")
    wait_minutes = serializers.FloatField(allow_null=True, help_text="Mean, until the first call.")
    service_minutes = serializers.FloatField(allow_null=True, help_text="Mean, in the room.")
    appointments = BookingFiguresDoc()
    days = DaySeenDoc(many=True)


class AnalyticsDoc(serializers.Serializer[Any]):
    """Figures of a period, today its last service day."""

    period = serializers.ChoiceField(choices=list(analytics.PERIODS))
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    doctors = DoctorFiguresDoc(many=True)


class AnalyticsViewSet(HouseViewSet):
    """Figures of doctors."""

    tag = "doctors-analytics"

    @needs("queues.view")
    @answers(AnalyticsDoc, query=AnalyticsQuery)
    def retrieve(self, request: Request) -> Response:
        """Doctors' patients seen, waits, lengths and bookings in a period. A doctor gets the own figures."""
        rows = sight.seen(Doctor.objects.filter(sort=Doctor.DOCTOR)).order_by("name", "id")
        if not self.actor.can("log.view"):
            if self.actor.doctor_id is None:
                raise Forbidden("doctor.own_figures_only")
            rows = rows.filter(pk=self.actor.doctor_id)
        if self.query.get("doctor"):
            rows = Doctor.objects.filter(pk=self.row(rows, self.query["doctor"]).pk)
        first, last = analytics.span(self.query["period"])
        return Response({
            "period": self.query["period"], "first_day": first.isoformat(), "last_day": last.isoformat(),
            "doctors": analytics.of(list(rows), first, last),
        })  # fmt: skip
