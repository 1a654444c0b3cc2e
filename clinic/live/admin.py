"""The log, to be read."""

from __future__ import annotations

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from clinic.core.admin import HouseAdmin, site
from clinic.live.models import Event


@admin.register(Event, site=site)
class EventAdmin(HouseAdmin):
    abilities = {"view": "log.view"}
    list_display = ("seq", "at", "name", "who", "reason")
    list_filter = ("at",)
    search_fields = ("name",)
    ordering = ("-seq",)
    fields = ("seq", "at", "name", "who", "reason", "what_changed", "digest")
    readonly_fields = fields

    @admin.display(description=_("who"))
    def who(self, row: Event) -> str:
        return str(row.actor.get("name") or row.actor.get("kind", ""))

    @admin.display(description=_("changes"))
    def what_changed(self, row: Event) -> SafeString:
        return render_to_string("admin/_changes.html", {"changes": row.changes})
