"""Migrations are complete, named, small, reversible, and import none of our code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from django.apps import apps
from django.db import migrations
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from tests.house.source import ROOMS, ROOT, relative

OURS = [config.label for config in apps.get_app_configs() if config.name.startswith(ROOMS)]
NAMED = re.compile(r"^\d{4}_(?!auto_|alter_\w+_and_more|\w+_and_more$)[a-z][a-z0-9_]+$")


def files() -> list[Path]:
    found = [path for room in ROOMS for path in (ROOT / room).rglob("migrations/*.py") if path.name != "__init__.py"]
    assert found
    return sorted(found)


def test_no_change_of_a_model_is_without_its_migration() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    there = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
    changes = there.changes(graph=loader.graph)
    missing = {
        label: [operation.describe() for migration in changes[label] for operation in migration.operations]
        for label in OURS
        if label in changes
    }
    assert missing == {}


def test_there_is_one_last_migration_in_each_room() -> None:
    assert MigrationLoader(None).detect_conflicts() == {}


def test_every_migration_has_a_name() -> None:
    assert [relative(path) for path in files() if not NAMED.match(path.stem)] == []


def test_no_migration_imports_our_code() -> None:
    """Our code changes and the migration must not: it makes tomorrow's database from yesterday's."""
    offenders = []
    for path in files():
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            offenders += [f"{relative(path)}:{node.lineno} imports {m}" for m in modules if m.split(".")[0] in ROOMS]  # type: ignore[attr-defined]
    assert offenders == []


def test_every_step_can_be_taken_back() -> None:
    loader = MigrationLoader(None)
    offenders = [
        f"{label}.{name}: {operation.describe()}"
        for (label, name), migration in loader.disk_migrations.items()
        if label in OURS
        for operation in migration.operations
        if not operation.reversible and not isinstance(operation, migrations.SeparateDatabaseAndState)
    ]
    assert offenders == []
