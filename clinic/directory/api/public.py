"""REST without sign-in: finding a doctor across hospitals (R1.8), from the projection and nothing else."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core import api_pages
from clinic.core.access import public
from clinic.core.api import HouseViewSet
from clinic.core.api_told import answers
from clinic.core.faces import Doc, stamp
from clinic.core.http import address
from clinic.core.limits import limit
from clinic.directory import find
from clinic.directory.faces import number
from clinic.directory.find_serializers import FoundDoc, SearchQuery

AN_ADDRESS = (600, 60)
"""Searches from one address in a minute: many look from behind one."""
WHY = "whoever looks for a doctor is nobody's patient yet"


class FindViewSet(HouseViewSet):
    """Doctors who are listed, of hospitals that are listed."""

    tag = "public-doctors"

    @public(WHY)
    @answers(FoundDoc, query=SearchQuery, paged=True, limited=True)
    def search(self, request: Request) -> Response:
        """Listed doctors: the nearest first with their distance in km, or by name, fee or next free place."""
        return self._found()

    @public(WHY)
    @answers(FoundDoc, query=SearchQuery, paged=True, limited=True)
    def find(self, request: Request) -> Response:
        """The same under the earlier systems' address."""
        return self._found()

    def _found(self) -> Response:
        limit("find", address(self.request), *AN_ADDRESS)
        found = find.search(self.query)
        order = find.order_of(self.query)
        asked = {name: str(value) for name, value in sorted(self.query.items())}
        return Response(api_pages.page_of(
            found, find.place_of(order), f"find:{order}:{asked}", self.request,
            lambda held: [found_doc(each) for each in find.shown(held)],
        ))  # fmt: skip


def found_doc(found: find.Found) -> Doc:
    row = found.listing
    return {
        "doctor": str(row.doctor_id), "name": row.name, "specialization": row.specialization,
        "services": row.services, "languages": row.languages, "clinic": row.clinic, "slug": row.slug,
        "address": row.address, "city": row.city, "latitude": number(row.latitude, 6),
        "longitude": number(row.longitude, 6), "fee": number(row.fee, 2), "currency": row.currency,
        "next_free_at": stamp(found.next_free_at), "km": None if found.km is None else round(found.km, 2),
    }  # fmt: skip
