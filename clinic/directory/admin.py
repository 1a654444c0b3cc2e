"""Departments with their own policies, rooms, doctors with their times, visit types and closures."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from clinic.core.access import Actor
from clinic.core.admin import HouseAdmin, HouseForm, site
from clinic.directory import operations, policies
from clinic.directory.models import (
    Absence,
    Closure,
    Department,
    DepartmentConfig,
    Doctor,
    DoctorDepartment,
    DoctorVisitType,
    Room,
    VisitType,
    WorkingHours,
)
from clinic.tenants.week import TextsField, WeekField, WeekWidget

MANAGED = {
    "view": "directory.manage", "add": "directory.manage", "change": "directory.manage",
}  # fmt: skip
ADDED = {"view": "directory.manage", "add": "directory.manage", "delete": "directory.manage"}


@admin.register(Department, site=site)
class DepartmentAdmin(HouseAdmin):
    abilities = MANAGED
    list_display = ("name", "prefix", "sort", "sensitive", "is_active")
    list_filter = ("sort", "is_active")
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "prefix", "sort", "sensitive", "public_name", "is_active")

    def add_row(self, request: HttpRequest, *, actor: Actor, **values: Any) -> Department:
        return operations.add_department(actor=actor, **values)

    def change_row(self, request: HttpRequest, row: Department, *, actor: Actor, **values: Any) -> None:
        operations.change_department(row, actor=actor, **values)


@admin.register(DepartmentConfig, site=site)
class DepartmentConfigAdmin(HouseAdmin):
    """What a department does otherwise than its hospital; an empty field is "as the hospital"."""

    abilities = MANAGED
    list_display = ("department", *policies.OWN)
    list_select_related = ("department",)
    ordering = ("department__name",)
    fieldsets = (
        (None, {
            "fields": ("department", *policies.OWN),
            "description": gettext_lazy("What is empty is as in the hospital's policies."),
        }),
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: DepartmentConfig | None = None) -> Any:
        return () if obj is None else ("department",)

    def add_row(self, request: HttpRequest, *, actor: Actor, **values: Any) -> DepartmentConfig:
        department: Department = values.pop("department")
        return operations.change_department_policies(department, actor=actor, **_told(values))

    def change_row(self, request: HttpRequest, row: DepartmentConfig, *, actor: Actor, **values: Any) -> None:
        operations.change_department_policies(row.department, actor=actor, **_told(values))


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """An empty choice is none."""
    return {name: None if value == "" else value for name, value in values.items()}


@admin.register(Room, site=site)
class RoomAdmin(HouseAdmin):
    abilities = MANAGED
    list_display = ("name", "department", "place", "is_active")
    list_filter = ("department", "is_active")
    list_select_related = ("department",)
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "department", "place", "is_active")

    def add_row(self, request: HttpRequest, *, actor: Actor, **values: Any) -> Room:
        return operations.add_room(actor=actor, **values)

    def change_row(self, request: HttpRequest, row: Room, *, actor: Actor, **values: Any) -> None:
        operations.change_room(row, actor=actor, **values)


class DoctorForm(HouseForm):
    services = TextsField(label=gettext_lazy("Services"), widget=UnfoldAdminTextInputWidget)
    languages = TextsField(label=gettext_lazy("Languages spoken"), widget=UnfoldAdminTextInputWidget)


@admin.register(Doctor, site=site)
class DoctorAdmin(HouseAdmin):
    form = DoctorForm
    abilities = MANAGED
    list_display = ("name", "sort", "specialization", "department", "room", "status", "is_active")
    list_filter = ("department", "sort", "status", "is_active")
    list_select_related = ("department", "room")
    search_fields = ("name", "specialization")
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "sort", "membership", "department", "room", "is_active")}),
        (gettext_lazy("Calling"), {
            "fields": ("serves_pool", "parallel_rooms", "minutes", "daily_capacity", "booking_mode", "slot_capacity"),
            "description": gettext_lazy("Minutes of a visit: empty is the department's, or the hospital's."),
        }),
        (gettext_lazy("Profile"), {
            "fields": ("specialization", "qualifications", "services", "languages", "fee", "bio"),
        }),
        (gettext_lazy("Place"), {"fields": ("address", "city", "latitude", "longitude")}),
        (gettext_lazy("Numbers"), {"fields": ("employee_no", "licence_no", "npi", "taxonomy")}),
        (gettext_lazy("Public search"), {
            "fields": ("listed",),
            "description": gettext_lazy("Anybody finds whoever is listed, while the hospital is listed too."),
        }),
    )  # fmt: skip

    def add_row(self, request: HttpRequest, *, actor: Actor, **values: Any) -> Doctor:
        return operations.add_doctor(actor=actor, **values)

    def change_row(self, request: HttpRequest, row: Doctor, *, actor: Actor, **values: Any) -> None:
        operations.change_doctor(row, actor=actor, **values)


@admin.register(DoctorDepartment, site=site)
class DoctorDepartmentAdmin(HouseAdmin):
    """Further departments whose pool a doctor takes from."""

    abilities = ADDED
    list_display = ("doctor", "department")
    list_filter = ("department",)
    list_select_related = ("doctor", "department")
    ordering = ("doctor__name",)
    fields = ("doctor", "department")

    def add_row(self, request: HttpRequest, *, actor: Actor, **values: Any) -> DoctorDepartment:
        return operations.join_department(values["doctor"], values["department"], actor=actor)

    def drop_row(self, request: HttpRequest, row: DoctorDepartment, *, actor: Actor) -> None:
        operations.leave_department(row, actor=actor)


class HoursForm(HouseForm):
    weekly = WeekField(label=gettext_lazy("Hours"), widget=WeekWidget(line=UnfoldAdminTextInputWidget))


@admin.register(WorkingHours, site=site)
class WorkingHoursAdmin(HouseAdmin):
    """A doctor without own hours works as the hospital is open."""

    form = HoursForm
    abilities = {**MANAGED, "delete": "directory.manage"}
    list_display = ("doctor",)
    list_select_related = ("doctor",)
    ordering = ("doctor__name",)
    fields = ("doctor", "weekly")

    def get_readonly_fields(self, request: HttpRequest, obj: WorkingHours | None = None) -> Any:
        return () if obj is None else ("doctor",)

    def add_row(self, request: HttpRequest, *, actor: Actor, **values: Any) -> Any:
        return operations.set_hours(values["doctor"], values["weekly"], actor=actor)

    def change_row(self, request: HttpRequest, row: WorkingHours, *, actor: Actor, **values: Any) -> None:
        operations.set_hours(row.doctor, values["weekly"], actor=actor)

    def drop_row(self, request: HttpRequest, row: WorkingHours, *, actor: Actor) -> None:
        operations.set_hours(row.doctor, None, actor=actor)


@admin.register(Absence, site=site)
class AbsenceAdmin(HouseAdmin):
    """Added and taken back; never changed, so that the log tells what was said when."""

    abilities = {"view": "directory.manage", "add": "directory.manage", "cancel": "directory.manage"}
    list_display = ("doctor", "starts_at", "ends_at", "reason", "cancelled_at")
    list_filter = ("doctor",)
    list_select_related = ("doctor",)
    ordering = ("-starts_at",)
    actions = ("cancel",)

    def get_fields(self, request: HttpRequest, obj: Absence | None = None) -> Any:
        added = ("doctor", "starts_at", "ends_at", "reason")
        return added if obj is None else (*added, "begun_at", "cancelled_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Absence | None = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    def add_row(self, request: HttpRequest, *, actor: Actor, **values: Any) -> Absence:
        return operations.add_absence(values.pop("doctor"), actor=actor, **values)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "cancel")

    @admin.action(permissions=["cancel"], description=gettext_lazy("Take back"))
    def cancel(self, request: HttpRequest, queryset: QuerySet[Absence]) -> None:
        self.for_each(request, queryset.select_related("doctor"), operations.cancel_absence, _("Taken back"))


@admin.register(VisitType, site=site)
class VisitTypeAdmin(HouseAdmin):
    abilities = MANAGED
    list_display = ("name", "minutes", "buffer_minutes", "fee", "video", "bookable", "whom", "is_active")
    list_filter = ("is_active", "video")
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "minutes", "buffer_minutes", "fee", "colour", "video", "bookable", "whom", "is_active")

    def add_row(self, request: HttpRequest, *, actor: Actor, **values: Any) -> VisitType:
        return operations.add_visit_type(actor=actor, **values)

    def change_row(self, request: HttpRequest, row: VisitType, *, actor: Actor, **values: Any) -> None:
        operations.change_visit_type(row, actor=actor, **values)


@admin.register(DoctorVisitType, site=site)
class DoctorVisitTypeAdmin(HouseAdmin):
    """What a doctor does otherwise for one kind of visit; an empty field is "as usual"."""

    abilities = {**MANAGED, "delete": "directory.manage"}
    list_display = ("doctor", "type", "minutes", "capacity", "offered")
    list_filter = ("doctor", "type", "offered")
    list_select_related = ("doctor", "type")
    ordering = ("doctor__name", "type__name")
    fields = ("doctor", "type", "minutes", "capacity", "offered")

    def get_readonly_fields(self, request: HttpRequest, obj: DoctorVisitType | None = None) -> Any:
        return () if obj is None else ("doctor", "type")

    def add_row(self, request: HttpRequest, *, actor: Actor, **values: Any) -> DoctorVisitType:
        return operations.set_own_type(values.pop("doctor"), values.pop("type"), actor=actor, **values)

    def change_row(self, request: HttpRequest, row: DoctorVisitType, *, actor: Actor, **values: Any) -> None:
        operations.set_own_type(row.doctor, row.type, actor=actor, **values)

    def drop_row(self, request: HttpRequest, row: DoctorVisitType, *, actor: Actor) -> None:
        operations.drop_own_type(row, actor=actor)


@admin.register(Closure, site=site)
class ClosureAdmin(HouseAdmin):
    abilities = {**MANAGED, "delete": "directory.manage"}
    list_display = ("name", "department", "first_day", "last_day")
    list_filter = ("department",)
    list_select_related = ("department",)
    ordering = ("first_day",)
    fields = ("name", "department", "first_day", "last_day")

    def add_row(self, request: HttpRequest, *, actor: Actor, **values: Any) -> Closure:
        return operations.add_closure(actor=actor, **values)

    def change_row(self, request: HttpRequest, row: Closure, *, actor: Actor, **values: Any) -> None:
        operations.change_closure(row, actor=actor, **values)

    def drop_row(self, request: HttpRequest, row: Closure, *, actor: Actor) -> None:
        operations.remove_closure(row, actor=actor)
