"""Two records that are one person: found, compared, made one, and taken back (R1.7)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST

from clinic.core import http
from clinic.core.access import needs
from clinic.core.errors import DomainError, NotFound
from clinic.live.record import done
from clinic.records import operations, people, search
from clinic.records.models import Patient, PatientMerge
from clinic.tenants.pages import actor_of, staff


@require_http_methods(["GET", "POST"])
@needs("patients.merge")
def merge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The page of one record: who might be the same, or a search; the other one is merged into this."""
    row = _find(pk)
    if request.method == "GET":
        return _page(request, row)
    other = _find_other(request.POST.get("gone", ""))
    if other is None:
        return _page(request, row, status=422, refused=_("Choose the other record."))
    reason = request.POST.get("reason", "").replace("\0", "")[:200]  # PostgreSQL knows no such character
    try:
        operations.merge(row, other, reason=reason, take=_taken(request, other), actor=actor_of(request))
    except DomainError as error:
        return _page(request, row, status=422 if error.status == 400 else error.status, refused=error.message)
    text = _("%(name)s: two records are one") % {"name": row.full_name}
    return http.done(request, text, seq=done().seq, back=reverse("records:patient", args=[row.pk]))


@require_POST
@needs("patients.merge")
def unmerge(request: HttpRequest, pk: UUID) -> HttpResponse:
    told = PatientMerge.objects.filter(pk=pk).first()
    if told is None:
        raise NotFound()
    operations.unmerge(told, actor=actor_of(request))
    back = reverse("records:patient", args=[told.kept_id])
    return http.done(request, _("The records are two again"), seq=done().seq, back=back)


def _page(request: HttpRequest, row: Patient, *, status: int = 200, **more: Any) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:80]
    rows = search.find(text) if text else search.candidates(**{name: getattr(row, name) for name in ASKED})
    others = [one for one in rows if one.pk != row.pk]
    operations.note_access(row, *others, page="merge", actor=actor_of(request))
    return staff(
        request, "records/merge.html", here="patients", page=_("The same person"), status=status, patient=row, q=text,
        about=people.about(row, timezone.localdate()), others=_faces(row, others), chosen=request.POST.get("gone", ""),
        reason=request.POST.get("reason", ""), **more,
    )  # fmt: skip


def _faces(row: Patient, others: list[Patient]) -> list[dict[str, Any]]:
    """The others, each with the contacts it could give a record that has none."""
    names = [name for name in operations.CONTACTS if not getattr(row, name)]
    return [
        {
            **face,
            "contacts": [
                {"value": f"{other.pk}:{name}", "name": LABELS[name], "text": getattr(other, name)}
                for name in names if getattr(other, name)
            ],
        }
        for other, face in zip(others, people.faces(others), strict=True)
    ]  # fmt: skip


def _taken(request: HttpRequest, other: Patient) -> list[str]:
    """The contacts that were ticked beside the record that was chosen, and no other's."""
    told = [value.partition(":") for value in request.POST.getlist("take")]
    return [name for key, _colon, name in told if key == str(other.pk) and name in operations.CONTACTS]


LABELS = {"phone": _lazy("Phone"), "phone_other": _lazy("Second phone"), "email": _lazy("E-mail")}
ASKED = (
    "given_name", "family_name", "preferred_name", "birth_date", "birth_year", "phone", "phone_other",
)  # fmt: skip


def _find(pk: UUID) -> Patient:
    row: Patient | None = search.here().filter(pk=pk).first()
    if row is None:
        raise NotFound()
    return row


def _find_other(key: str) -> Patient | None:
    try:
        return _find(UUID(key))
    except (ValueError, NotFound):
        return None
