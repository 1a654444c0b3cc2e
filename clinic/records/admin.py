"""Patients, to be read and corrected, and who opened whose record."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from clinic.core.access import Actor
from clinic.core.admin import HouseAdmin, actor_of, site
from clinic.records import operations, search
from clinic.records.models import AccessLog, Patient


@admin.register(Patient, site=site)
class PatientAdmin(HouseAdmin):
    abilities = {"view": "patients.view", "change": "patients.edit"}
    list_display = ("full_name", "mrn", "birth_date", "sex")
    list_filter = ("sex",)
    search_fields = ("mrn",)
    ordering = ("name_key",)
    fields = (
        "mrn", "given_name", "family_name", "preferred_name", "birth_date", "birth_year", "birth_estimated", "sex",
        "phone", "email", "language", "address", "notes", "display_opt_out", "message_opt_out",
    )  # fmt: skip
    readonly_fields = ("mrn",)

    @admin.display(description=_("name"), ordering="name_key")
    def full_name(self, row: Patient) -> str:
        return row.full_name

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Patient], search_term: str
    ) -> tuple[QuerySet[Patient], bool]:
        """By name, phone, MRN or birth date, as at the desk."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=[row.pk for row in search.find(search_term, limit=50)]), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Opening a record is written down (R6.10)."""
        if request.method == "GET":
            operations.note_access(self.get_object(request, object_id), page="admin", actor=actor_of(request))
        return super().change_view(request, object_id, form_url, extra_context)

    def change_row(self, request: HttpRequest, row: Patient, *, actor: Actor, **values: Any) -> None:
        operations.correct(row, actor=actor, **values)


@admin.register(AccessLog, site=site)
class AccessLogAdmin(HouseAdmin):
    abilities = {"view": "log.view"}
    list_display = ("at", "actor", "patient_id", "page", "why")
    list_filter = ("at",)
    search_fields = ("page",)
    ordering = ("-at",)
    fields = ("at", "actor", "user_id", "patient_id", "page", "why")
    readonly_fields = fields
