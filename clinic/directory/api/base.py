"""What the directory's routes have in common."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from rest_framework.response import Response

from clinic.core.api import HouseViewSet, Shown
from clinic.core.api_input import Fields
from clinic.core.tenancy import require_hospital_id
from clinic.directory.models import Department, Room
from clinic.live import registry
from clinic.tenants.models import Membership

FILTERS = {
    "kind": "sort", "active": "is_active", "department": "department_id", "status": "status", "doctor": "doctor_id",
    "listed": "listed", "specialization": "specialization__iexact",
}  # fmt: skip
"""Query parameter → column."""


class DirectoryViewSet(HouseViewSet):
    """Rows of the directory: listed, shown, added and changed the same way."""

    model: ClassVar[Any]
    doc: ClassVar[Any]

    def _page(self, **more: Any) -> Response:
        where = {FILTERS[name]: value for name, value in self.query.items() if name != "ordering"}
        rows = self.model.objects.filter(**where, **more)
        return self.page(rows, self.query["ordering"], lambda found: [self._doc(row) for row in found])

    def _one(self, pk: UUID) -> Response:
        return self.answer(self._shown(self._row(pk)))

    def _row(self, pk: UUID) -> Any:
        return self.row(self.model.objects.all(), pk)

    def _add(self, verb: Any) -> Response:
        fields = self._resolved()
        return self.act(
            partial(verb, actor=self.actor, **fields), lambda row: self.one(self._doc(row), status=201), status=201
        )

    def _change(self, verb: Any, pk: UUID) -> Response:
        row = self._row(pk)
        self.match(row)
        return self.act(partial(verb, row, actor=self.actor, **self._resolved()), self._shown)

    def _gone(self, verb: Any, row: Any) -> Response:
        return self.act(partial(verb, row, actor=self.actor), lambda _: Shown(None, 204))

    def _doc(self, row: Any) -> dict[str, Any]:
        return registry.veiled(self.model.kind, type(self).doc(row), self.actor.abilities)

    def _shown(self, row: Any) -> Any:
        return self.one(self._doc(row))

    def _resolved(self) -> Fields:
        """The body with rows in place of ids; an id of another hospital is not there."""
        fields = dict(self.body)
        for name, model in (("department", Department), ("room", Room)):
            if fields.get(name) is not None:
                fields[name] = self.row(model.objects.all(), fields[name])
        if fields.get("membership") is not None:
            fields["membership"] = self._member(fields["membership"])
        return fields

    def _member(self, pk: UUID) -> Membership:
        return self.row(Membership.objects.filter(hospital_id=require_hospital_id(), is_active=True), pk)
