"""A file imports only from its own room and from rooms below. News travels up only through the log."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.source import Source, calls, last_word, literal, sources

FLOORS = (
    "clinic.core", "clinic.live", "clinic.tenants",
    "clinic.directory", "clinic.records", "clinic.inbox", "clinic.agents", "clinic.webhooks",
    "queues", "er_flow", "billing",
)  # fmt: skip
"""From the ground up; each may import those before it."""
ACROSS = ("clinic.copilot", "clinic.insights", "clinic.interop", "clinic.demo")
"""The top floor: across everything below, and not each other."""
WIRING = ("clinic.settings", "clinic.urls", "clinic.asgi", "clinic.celery", "clinic")
"""Imports all, imported by none (but ``clinic``, which hands Celery's application to its command line)."""
BY_NAME = {
    ("clinic/core/admin.py", "live"): "the history page reads the log, which every row has",
    ("clinic/core/backup.py", "live"): "a backup writes down the heads of the logs",
}
"""Models of an upper room asked for by name: foreign keys upward are strings, and so is this, no more."""


def room_of(module: str) -> str | None:
    found = [room for room in (*FLOORS, *ACROSS) if module == room or module.startswith(f"{room}.")]
    return found[0] if found else None


def imports(source: Source) -> Iterator[tuple[ast.AST, str]]:
    """Every module the file imports when it runs, also inside functions; what only a type checker sees is left out."""
    typing = {id(child) for node in source.nodes if _for_types(node) for child in ast.walk(node)}
    for node in source.nodes:
        if id(node) in typing:
            continue
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, source.at(node, "imports relatively")
            yield node, node.module or ""
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and last_word(node.func) in ("import_module", "import_string"):
            name = literal(node.args[0]) if node.args else None
            if name:
                yield node, name


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and last_word(node.test) == "TYPE_CHECKING"


def may_import(own: str, other: str) -> bool:
    if own == other:
        return True
    if own in ACROSS:
        return other in FLOORS
    return other in FLOORS and FLOORS.index(other) < FLOORS.index(own)


def test_nobody_imports_upward() -> None:
    offenders = []
    for source in sources():
        if source.module in WIRING:
            continue
        own = room_of(source.module)
        assert own is not None, f"{source.where} is in no room of tests/house/test_floors.py"
        for node, module in imports(source):
            other = room_of(module)
            if other is not None and not may_import(own, other):
                offenders.append(source.at(node, f"imports {other} from {own}"))
    assert sorted(set(offenders)) == []


def test_nobody_imports_the_wiring() -> None:
    offenders = [
        source.at(node, f"imports {module}")
        for source in sources()
        if source.module not in WIRING
        for node, module in imports(source)
        if module in WIRING and module != "clinic"
    ]
    assert offenders == []


def test_models_of_upper_rooms_are_not_asked_for_by_name() -> None:
    labels = {room.rpartition(".")[2]: room for room in (*FLOORS, *ACROSS)}
    seen, offenders = set(), []
    for source in sources():
        own = room_of(source.module)
        for call, name in calls(source):
            if name != "get_model" or not call.args or own is None:
                continue
            label = (literal(call.args[0]) or "").partition(".")[0]
            other = labels.get(label)
            if other is not None and not may_import(own, other):
                seen.add((source.where, label))
                offenders.append((source.where, label))
    assert sorted(set(offenders) - BY_NAME.keys()) == []
    assert sorted(BY_NAME.keys() - seen) == [], "no longer needed"


def test_no_room_is_forgotten() -> None:
    rooms = {room_of(source.module) for source in sources() if source.module not in WIRING}
    lower = {"clinic.core", "clinic.live", "clinic.tenants", "clinic.directory", "clinic.records", "clinic.inbox"}
    assert {*lower, "queues"} <= rooms
