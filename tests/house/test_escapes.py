"""What goes around the seal is named, place by place: raw SQL, the second manager, loading fixtures, unsafe markup."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.source import Source, last_word, literal, sources, written

NAMED = {
    ("clinic/core/plans.py", "cursor"): "a cursor whose plans the session keeps",
    (
        "clinic/core/prepared.py",
        "cursor",
    ): "a number drawn from rows that an ordinary queryset found; a row checked before",
    ("clinic/live/ledger.py", "cursor"): "the flush of the log is one statement",
    ("clinic/live/tasks.py", "every_hospital"): "the sweep asks which hospitals have something open",
    ("clinic/live/tasks.py", "across_hospitals"): "the sweep asks which hospitals have something open",
    ("clinic/demo/erase.py", "_raw_delete"): "takes a demo hospital away, under that hospital",
    ("clinic/live/render.py", "mark_safe"): "placeholders of our own",
    ("clinic/live/templatetags/live.py", "mark_safe"): "what templates that escape have rendered",
}
"""Where · what → why. The list is closed and shrinks when a line is no longer needed."""
SEAL = {"clinic/core/tenancy.py"}
"""Defines the second manager and its key."""
DRIVERS = {
    "clinic/core/sqlite/base.py": "is the database's driver",
    "clinic/live/ears.py": "looks at the clock rows on connections of its own",
}
"""Files that speak to a database and not to tables."""
CALLED = {"raw", "extra", "cursor", "chunked_cursor", "_raw_delete"}
NAMES = {"RawSQL", "mark_safe", "every_hospital", "SafeString", "SafeText", "eval", "exec", "pickle"}
COMMANDS = {"loaddata", "flush", "sqlflush", "dbshell", "dumpdata"}


def escapes(source: Source) -> Iterator[tuple[ast.AST, str]]:
    typing = {id(node.annotation) for node in source.nodes if isinstance(node, ast.arg) and node.annotation}
    typing |= {id(node.returns) for node in source.nodes if isinstance(node, ast.FunctionDef) and node.returns}
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and node.attr == "across_hospitals":
            yield node, node.attr
        elif isinstance(node, ast.Name) and node.id in NAMES and id(node) not in typing:
            yield node, node.id
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLED:
            yield node, node.func.attr
        elif isinstance(node, ast.Call) and last_word(node.func) == "call_command" and node.args:
            name = literal(node.args[0])
            if name is None or name in COMMANDS:
                yield node, name or "call_command"


def test_every_escape_is_on_the_list() -> None:
    found = {
        (source.where, what): source.at(node, what)
        for source in sources()
        if source.where not in SEAL and source.where not in DRIVERS
        for node, what in escapes(source)
    }
    assert [found[each] for each in sorted(found.keys() - NAMED.keys())] == []
    assert sorted(NAMED.keys() - found.keys()) == [], "no longer there"


def test_drivers_are_still_there() -> None:
    there = {source.where for source in sources()}
    assert sorted(set(DRIVERS) - there) == []
    assert sorted(SEAL - there) == []


def test_nobody_filters_by_what_a_request_brings_whole() -> None:
    """``filter(**request.GET)`` lets anybody ask about any column; ``order_by(request.GET[…])`` too."""
    asked = ("request.GET", "request.POST", "request.data", "request.query_params", "self.query")
    offenders = []
    for source in sources():
        for node in source.nodes:
            if not isinstance(node, ast.Call):
                continue
            if last_word(node.func) in ("filter", "exclude", "get", "update") and any(
                key.arg is None and written(key.value).startswith(asked) for key in node.keywords
            ):
                offenders.append(source.at(node, "filters by a whole request"))
            if last_word(node.func) == "order_by" and any(written(each).startswith(asked) for each in node.args):
                offenders.append(source.at(node, "orders by what a request says"))
    assert offenders == []
