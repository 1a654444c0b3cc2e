"""Forms, serializers and filters whose class bodies hold querysets, and what they show: run as a program.

    python -m tests.core.import_order <database name> <hospital open while this is imported, or -> <shown> <shown> …

The measured fault: whichever hospital's request imported the forms first was shown to all others.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from uuid import UUID


def define() -> dict[str, Any]:
    """What an app's forms.py, serializers.py and filters.py do when they are imported."""
    import django_filters
    from django import forms
    from rest_framework import serializers

    from clinic.directory.models import Department, Room

    class RoomForm(forms.ModelForm):
        class Meta:
            model = Room
            fields = ("department", "name")

    class DepartmentForm(forms.ModelForm):
        class Meta:
            model = Department
            fields = ("name", "prefix")

    class Choice(forms.Form):
        room = forms.ModelChoiceField(queryset=Room.objects.select_related("department").order_by("name"))

    class RoomSerializer(serializers.ModelSerializer):
        department = serializers.PrimaryKeyRelatedField(queryset=Department.objects.filter(is_active=True))

        class Meta:
            model = Room
            fields = ("department", "name")

    class RoomFilter(django_filters.FilterSet):
        department = django_filters.ModelChoiceFilter(queryset=Department.objects.all())

        class Meta:
            model = Room
            fields = ("department",)

    return {kind.__name__: kind for kind in (RoomForm, DepartmentForm, Choice, RoomSerializer, RoomFilter)}


def shown(kinds: dict[str, Any], theirs: dict[str, str]) -> dict[str, Any]:
    """What the open hospital gets to see and may send; ``theirs`` are keys of the other one."""
    from clinic.directory.models import Department, Room

    mine: Any = Department.objects.get()
    room: Any = Room.objects.get()

    def names(choices: Any) -> list[str]:
        return sorted(str(key) for key in choices)

    def errors(form: Any) -> list[str]:
        return [] if form.is_valid() else sorted(form.errors)

    return {
        "form": names(kinds["RoomForm"]().fields["department"].queryset.values_list("pk", flat=True)),
        "choice": names(kinds["Choice"]().fields["room"].queryset.values_list("pk", flat=True)),
        "serializer": names(kinds["RoomSerializer"]().fields["department"].choices),
        "filter": names(kinds["RoomFilter"]({}).filters["department"].queryset.values_list("pk", flat=True)),
        "filtered by theirs": errors(kinds["RoomFilter"]({"department": theirs["department"]}, Room.objects.all())),
        "their department in a form": errors(kinds["RoomForm"]({"department": theirs["department"], "name": "x"})),
        "their room in a form": errors(kinds["Choice"]({"room": theirs["room"]})),
        "their department in a serializer": errors(kinds["RoomSerializer"](data=theirs | {"name": "x"})),
        "own name again in a form": errors(kinds["DepartmentForm"]({"name": mine.name, "prefix": "Q"})),
        "own room in a form": errors(kinds["Choice"]({"room": str(room.pk)})),
        "a name of theirs": errors(kinds["DepartmentForm"]({"name": theirs["name"], "prefix": "Q"})),
    }


def main(database: str, importer: str, *hospitals: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    import django
    from django.db import connection

    connection.settings_dict["NAME"] = database
    django.setup()
    from clinic.core.tenancy import hospital
    from clinic.directory.models import Department, Room

    around: AbstractContextManager[None] = nullcontext() if importer == "-" else hospital(UUID(importer))
    with around:
        kinds = define()
    keys: dict[str, dict[str, str]] = {}
    for which in hospitals:
        with hospital(UUID(which)):
            department = Department.objects.get()
            keys[which] = {
                "department": str(department.pk), "room": str(Room.objects.get().pk), "name": f"{department.name} 2"
            }  # fmt: skip
    told = {}
    for which, other in zip(hospitals, reversed(hospitals), strict=True):
        with hospital(UUID(which)):
            told[which] = shown(kinds, keys[other])
    json.dump(told, sys.stdout)
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
