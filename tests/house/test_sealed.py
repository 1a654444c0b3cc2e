"""Every table with a hospital's data is sealed; the list of tables without a hospital is closed."""

from __future__ import annotations

import ast

import pytest
from django.apps import apps
from django.db import models

from clinic.core.tenancy import AcrossHospitals, TenantManager, TenantModel
from tests.house.source import ROOMS, sources

WITHOUT_HOSPITAL = {
    "tenants.Hospital": "is the hospital",
    "tenants.User": "a person may be at several hospitals",
    "tenants.Membership": "found before a hospital is open: it says which may be",
    "tenants.JoinCode": "found by its code, before a hospital is open",
    "tenants.ApiKey": "found by its hash, before a hospital is open",
    "tenants.Invitation": "accepted by somebody who is no member yet",
    "directory.Listing": "found by anybody, across hospitals (R1.8)",
    "tenants.PublicToken": "found by its hash, before a hospital is open",
    "tenants.IdempotencyKey": "found by caller and key, before a hospital is open",
    "live.Clock": "one row per hospital, read for many at once",
}
"""The whole list (docs: house.md). Beside it only the tables of other people's packages."""
OURS = [model for model in apps.get_models(include_auto_created=True) if model.__module__.startswith(ROOMS)]
SEALED = [model for model in OURS if issubclass(model, TenantModel)]
by_name = pytest.mark.parametrize("model", SEALED, ids=lambda model: model._meta.label)


def test_every_table_is_sealed_or_on_the_closed_list() -> None:
    open_tables = {model._meta.label for model in OURS if not issubclass(model, TenantModel)}
    assert sorted(open_tables - WITHOUT_HOSPITAL.keys()) == [], "neither sealed nor on the list"
    assert sorted(WITHOUT_HOSPITAL.keys() - open_tables) == []
    assert SEALED


@by_name
def test_a_sealed_tables_managers_ask_for_the_hospital(model: type[TenantModel]) -> None:
    for name, manager in model._meta.managers_map.items():
        assert isinstance(manager, TenantManager | AcrossHospitals), f"{model._meta.label}.{name} is not sealed"
    assert isinstance(model._base_manager, TenantManager)
    assert isinstance(model._default_manager, TenantManager)
    assert model._meta.base_manager_name == model._meta.default_manager_name == "objects", "Meta inherits no base Meta"


@by_name
def test_a_sealed_table_has_its_hospital(model: type[TenantModel]) -> None:
    key = model._meta.get_field("hospital")
    assert isinstance(key, models.ForeignKey)
    assert (key.null, key.editable, key.related_model._meta.label) == (False, False, "tenants.Hospital")


@by_name
def test_what_is_unique_is_unique_within_a_hospital(model: type[TenantModel]) -> None:
    """Else one hospital's value would be refused because another has it, and so be told."""
    within = {"hospital"} | {
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and "hospital" in {f.name for f in field.related_model._meta.fields}
    }
    for field in model._meta.concrete_fields:
        assert field.primary_key or not field.unique or field.name in within, f"{field} is unique across hospitals"
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            assert within & set(constraint.fields), f"{constraint.name} is unique across hospitals"


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_a_many_to_many_goes_through_a_sealed_table(model: type[models.Model]) -> None:
    for field in model._meta.local_many_to_many:
        through = field.remote_field.through
        assert not through._meta.auto_created, f"{field} needs a through of its own"
        assert through is not None and issubclass(through, TenantModel), (
            f"{field} goes through a table that is not sealed"
        )


def test_every_meta_inherits_the_base_meta() -> None:
    """Read from the source: a proxy or a child without the base Meta would look sealed and lose its base manager."""
    sealed = {model.__name__ for model in SEALED} | {"TenantModel", "LogModel", "Noun"}
    offenders = []
    for source in sources():
        for node in source.nodes:
            if not isinstance(node, ast.ClassDef) or node.name not in sealed or node.name == "TenantModel":
                continue
            metas = [child for child in node.body if isinstance(child, ast.ClassDef) and child.name == "Meta"]
            if any(not meta.bases for meta in metas):
                offenders.append(source.at(node, f"{node.name}.Meta inherits nothing"))
    assert offenders == []


def test_a_hospital_is_never_open_around_a_yield() -> None:
    """What runs between two steps of a generator would run under the hospital of somebody else."""
    offenders = [
        source.at(node, "yields under an open hospital")
        for source in sources()
        for node in source.nodes
        if isinstance(node, ast.With | ast.AsyncWith)
        and any(_opens(item.context_expr) for item in node.items)
        and any(_yields(child) for child in node.body)
    ]
    assert offenders == []


def _opens(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else node
    name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
    return name in ("hospital", "every_hospital", "opened", "platform")


def _yields(node: ast.AST) -> bool:
    if isinstance(node, ast.Yield | ast.YieldFrom):
        return True
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
        return False
    return any(_yields(child) for child in ast.iter_child_nodes(node))
