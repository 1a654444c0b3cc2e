"""Every admin is a HouseAdmin: one that writes rows itself would be a second way in."""

from __future__ import annotations

import ast

from django.contrib import admin
from django.contrib.admin.sites import all_sites
from unfold.admin import ModelAdmin as UnfoldAdmin

from clinic.core.access import ABILITIES
from clinic.core.admin import HouseAdmin, site
from tests.house.source import last_word, sources, written

BASE = "clinic/core/admin.py"
PLAIN = {"ModelAdmin", "TabularInline", "StackedInline", "InlineModelAdmin", "AdminSite", "UserAdmin", "GroupAdmin"}


def test_no_admin_is_plain() -> None:
    offenders = [
        source.at(node, f"{node.name} is a plain {written(base)}")
        for source in sources()
        if source.where != BASE
        for node in source.nodes
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if last_word(base) in PLAIN
    ]
    assert offenders == []


def test_every_registered_admin_is_a_house_admin_and_stands_on_our_site() -> None:
    for model, registered in site._registry.items():
        assert isinstance(registered, HouseAdmin), model
    ours = [model for model in site._registry if model.__module__.startswith(("clinic", "queues"))]
    assert ours
    assert all(place is site or not any(map(_is_ours, place._registry)) for place in all_sites)


def _is_ours(model: type) -> bool:
    return model.__module__.startswith(("clinic", "queues"))


def test_nothing_is_registered_around_the_site() -> None:
    offenders = [
        source.at(node, "registers on another site")
        for source in sources()
        for node in source.nodes
        if isinstance(node, ast.Call)
        and written(node.func) in ("admin.register", "admin.site.register", "register")
        and source.where.endswith("admin.py")
        and source.where != BASE
        and not any(key.arg == "site" and written(key.value) == "site" for key in node.keywords)
    ]
    assert offenders == []


def test_admins_name_abilities_that_exist_and_edit_no_lists() -> None:
    for registered in site._registry.values():
        kind = type(registered)
        assert set(kind.abilities.values()) <= ABILITIES, kind
        assert kind.abilities, f"{kind.__name__} names no ability"
        assert not registered.list_editable
        assert not registered.inlines
        base = UnfoldAdmin if issubclass(kind, UnfoldAdmin) else admin.ModelAdmin
        assert kind.save_model is HouseAdmin.save_model, f"{kind.__name__} saves by itself"
        assert kind.delete_model is HouseAdmin.delete_model
        assert kind.save_model is not base.save_model
