"""REST: how good the estimates of waits were (R3.32)."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_told import answers
from clinic.tenants import days
from queues.estimates import score
from queues.estimates.serializers import CalibrationDoc, CalibrationQuery


class EstimateViewSet(HouseViewSet):
    """The promise ledger."""

    tag = "queue-estimates"

    @needs("log.view")
    @answers(CalibrationDoc, query=CalibrationQuery)
    def calibration(self, request: Request) -> Response:
        """The scores of a service day: how often the later moment held, and how far off the earlier one was."""
        day = self.query.get("date") or days.service_day(days.current_hospital())
        return Response({"service_day": day.isoformat(), "lines": score.calibration(day)})
