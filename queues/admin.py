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
    """Counters are made here; a doctor's line and a pool follow their doctor and department by themselves."""

    abilities = {"view": "queues.view", "add": "queues.manage", "change": "queues.manage"}
    list_display = ("name", "sort", "department", "is_open", "overnight")
    list_filter = ("sort", "department", "is_open")
    list_select_related = ("department",)
    search_fields = ("name",)
    ordering = ("name",)

    def get_fields(self, request: HttpRequest, obj: Queue | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("name", "department")
        return ("name", "sort", "department", "doctor", "is_open", "overnight")

    def get_readonly_fields(self, request: HttpRequest, obj: Queue | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        fixed = ("sort", "department", "doctor")
        return fixed if obj.sort == Queue.COUNTER else ("name", *fixed)

    def add_row(self, request: HttpRequest, *, actor: Actor, **values: Any) -> Queue:
        return lines.add_counter(department=values["department"], name=values["name"], actor=actor)

    def change_row(self, request: HttpRequest, row: Queue, *, actor: Actor, **values: Any) -> None:
        lines.change_queue(row, actor=actor, **values)


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
