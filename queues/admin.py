"""Lines and waiting-room screens."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.core.access import Actor
from clinic.core.admin import HouseAdmin, site
from queues.models import Display, Queue
from queues.operations import displays, lines


@admin.register(Queue, site=site)
class QueueAdmin(HouseAdmin):
    abilities = {"view": "queues.view", "change": "queues.desk"}
    list_display = ("name", "sort", "department", "is_open")
    list_filter = ("sort", "department", "is_open")
    list_select_related = ("department",)
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "sort", "department", "doctor", "is_open")
    readonly_fields = ("name", "sort", "department", "doctor")

    def change_row(self, request: HttpRequest, row: Queue, *, actor: Actor, **values: Any) -> None:
        lines.set_open(row, bool(values["is_open"]), actor=actor)


@admin.register(Display, site=site)
class DisplayAdmin(HouseAdmin):
    abilities = {"view": "displays.manage", "revoke": "displays.manage"}
    list_display = ("name", "paired_at", "revoked_at")
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "languages", "names", "paired_at", "revoked_at")
    readonly_fields = fields
    actions = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "revoke")

    @admin.action(permissions=["revoke"], description=gettext_lazy("Revoke"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[Display]) -> None:
        self.for_each(request, queryset, displays.revoke, _("Revoked"))
