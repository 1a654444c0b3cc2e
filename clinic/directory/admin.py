"""Departments, rooms and doctors."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from clinic.core.access import Actor
from clinic.core.admin import HouseAdmin, site
from clinic.directory import operations
from clinic.directory.models import Department, Doctor, Room

MANAGED = {
    "view": "directory.manage", "add": "directory.manage", "change": "directory.manage",
}  # fmt: skip


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


@admin.register(Doctor, site=site)
class DoctorAdmin(HouseAdmin):
    abilities = MANAGED
    list_display = ("name", "specialization", "department", "room", "status", "is_active")
    list_filter = ("department", "status", "is_active")
    list_select_related = ("department", "room")
    search_fields = ("name", "specialization")
    ordering = ("name",)
    fields = (
        "name", "specialization", "department", "room", "membership", "parallel_rooms", "serves_pool", "is_active",
    )  # fmt: skip

    def add_row(self, request: HttpRequest, *, actor: Actor, **values: Any) -> Doctor:
        return operations.add_doctor(actor=actor, **values)

    def change_row(self, request: HttpRequest, row: Doctor, *, actor: Actor, **values: Any) -> None:
        operations.change_doctor(row, actor=actor, **values)
