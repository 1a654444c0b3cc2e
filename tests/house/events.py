"""Which events there are: read from the source, and from docs/events.md.

``python -m tests.house.events`` says what the page lacks.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests.house.source import ROOT, Source, calls, enclosing, last_word, literal, sources

Function = ast.FunctionDef | ast.AsyncFunctionDef
PAGE = ROOT / "docs" / "events.md"
LINE = re.compile(r"^\| `(?P<name>[a-z_]+\.[a-z_]+)` \| (?P<text>[^|]+) \| (?P<subjects>[^|]+) \|$")


class Unreadable(Exception):
    """The name of an event cannot be told from the source."""


@dataclass(frozen=True)
class Documented:
    text: str
    subjects: tuple[str, ...]


def documented() -> dict[str, Documented]:
    """The table of docs/events.md."""
    found: dict[str, Documented] = {}
    for line in PAGE.read_text().splitlines():
        match = LINE.match(line)
        if match:
            subjects = tuple(word.strip(" `") for word in match["subjects"].split(","))
            assert match["name"] not in found, f"{match['name']} stands there twice"
            found[match["name"]] = Documented(match["text"].strip(), subjects)
    return found


def recorded() -> dict[str, str]:
    """Event name → where it is recorded first. Raises Unreadable where a name is not written down anywhere."""
    found: dict[str, str] = {}
    for source in sources():
        if source.module == "clinic.live.record" or not _imports_record(source):
            continue
        within = _within(source)
        for call, name in calls(source):
            if name == "record" and isinstance(call.func, ast.Name) and call.args:
                for event in _names(call.args[0], within[call], source, ()):
                    found.setdefault(event, source.at(call, ""))
    return found


def _imports_record(source: Source) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "clinic.live.record"
        and any(alias.name == "record" and alias.asname is None for alias in node.names)
        for node in source.nodes
    )


def _names(node: ast.expr, function: Function | None, source: Source, seen: tuple[str, ...]) -> Iterator[str]:
    """What the expression may be: a text, one of two, or what the callers of its function pass."""
    text = literal(node)
    if text is not None:
        yield text
    elif isinstance(node, ast.IfExp):
        yield from _names(node.body, function, source, seen)
        yield from _names(node.orelse, function, source, seen)
    elif isinstance(node, ast.Name) and function is not None and _position(function, node.id) is not None:
        if function.name not in seen:
            yield from _passed(function, node.id, source, (*seen, function.name))
    else:
        raise Unreadable(source.at(node, "writes an event whose name cannot be read"))


def _passed(function: Function, parameter: str, home: Source, seen: tuple[str, ...]) -> Iterator[str]:
    """What the function's callers pass; a private one is called in its own file only."""
    default = _default(function, parameter)
    if default is not None:
        yield default
    place = _position(function, parameter)
    for source in [home] if function.name.startswith("_") else sources():
        for call, name in calls(source):
            if name != function.name:
                continue
            given = next((keyword.value for keyword in call.keywords if keyword.arg == parameter), None)
            if given is None and isinstance(place, int) and 0 <= place < len(call.args):
                given = call.args[place]
            if given is not None:
                yield from _names(given, _within(source)[call], source, seen)


def _position(function: Function, parameter: str) -> int | None:
    """The parameter's place; -1 if it is passed by keyword only, None if it is none."""
    if parameter in [each.arg for each in function.args.kwonlyargs]:
        return -1
    positional = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    return positional.index(parameter) if parameter in positional else None


def _default(function: Function, parameter: str) -> str | None:
    arguments = function.args
    for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if each.arg == parameter:
            return literal(value)
    positional = [*arguments.posonlyargs, *arguments.args][
        len(arguments.posonlyargs + arguments.args) - len(arguments.defaults) :
    ]
    for each, value in zip(positional, arguments.defaults, strict=True):
        if each.arg == parameter:
            return literal(value)
    return None


@cache
def _within(source: Source) -> dict[ast.AST, Function | None]:
    return enclosing(source.tree)


def listened_to() -> dict[str, str]:
    """Event name → where a reaction waits for it (``@on("…")``)."""
    found: dict[str, str] = {}
    for source in sources():
        for call, name in calls(source):
            if name == "on" and last_word(call.func) == "on" and isinstance(call.func, ast.Name):
                for argument in call.args:
                    event = literal(argument)
                    if event is not None:
                        found[event] = source.at(call, "")
    return found


if __name__ == "__main__":
    known = documented() if PAGE.exists() else {}
    for name, where in sorted(recorded().items()):
        if name not in known:
            print(f"| `{name}` |  |  |   <!-- {where}-->")
