"""Every constraint of the database has its code and its sentence, and SQLite can tell which one refused."""

from __future__ import annotations

from collections import Counter

from django.apps import apps
from django.db.models import UniqueConstraint

from clinic.core.errors import CONSTRAINTS, SENTENCES, unique_columns
from tests.house.examples import everything
from tests.house.source import ROOMS

OURS = [model for model in apps.get_models() if model.__module__.startswith(ROOMS)]


def names() -> set[str]:
    """Every constraint, and every unique field by PostgreSQL's name for it."""
    return {constraint.name for model in OURS for constraint in model._meta.constraints} | {
        name for model in OURS for _columns, name in unique_columns(model)
    }


def test_every_constraint_has_its_code() -> None:
    everything()  # each room says its codes when it is imported
    assert sorted(names() - CONSTRAINTS.keys()) == []
    assert sorted(CONSTRAINTS.keys() - names()) == [], "codes of constraints that are not there"


def test_every_code_has_its_sentence() -> None:
    everything()
    assert sorted(set(CONSTRAINTS.values()) - SENTENCES.keys()) == []


def test_sqlite_names_columns_so_no_two_constraints_have_the_same() -> None:
    for model in OURS:
        columns = Counter(columns for columns, _name in unique_columns(model))
        assert [sorted(each) for each, count in columns.items() if count > 1] == [], model._meta.label


def test_constraints_only_of_kinds_that_hold_on_both_databases() -> None:
    """On SQLite exclusion constraints break table creation; ``nulls_distinct``, ``deferrable`` are silently absent."""
    for model in OURS:
        assert not model._meta.unique_together, model._meta.label
        for constraint in model._meta.constraints:
            assert type(constraint).__name__ in ("UniqueConstraint", "CheckConstraint"), constraint.name
            if isinstance(constraint, UniqueConstraint):
                assert constraint.nulls_distinct is None, constraint.name
                assert constraint.deferrable is None, constraint.name
