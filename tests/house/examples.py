"""One example call of every operation: what the tests of all operations are made from.

    @example(calls.skip, twice=SAME)
    def _(house: House) -> Call:
        visit = house.called()
        return Call(visit)

The function arranges what the call needs in the hospital that is open, and returns the arguments without the actor.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from clinic.core.access import Actor, abilities_of
from clinic.live import record
from clinic.tenants import people
from tests.world import ROLES, House

ROOT = Path(__file__).parents[2]
ROOMS = ("clinic", "queues", "er_flow", "billing")

SAME = "the same"
"""The second press changes nothing, writes nothing and is answered."""
REFUSED = "refused"
"""The second press changes nothing and is told why."""
EACH = "each"
"""Every press is an act of its own."""


class Call:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args, self.kwargs = args, kwargs


@dataclass(frozen=True)
class Example:
    operation: Callable[..., Any]
    arrange: Callable[[House], Call]
    twice: str
    actor: Callable[[House], Actor]
    quiet: str
    """Why no screen shows what it does; empty: some region does."""
    silent: bool
    """It writes no event."""
    platform: bool
    """It is about a person and no hospital."""
    untold: str
    """Why the stream says nothing of it; empty: it does."""
    foreign: bool
    """Its arguments are of a hospital; a role's name is of all."""

    @property
    def name(self) -> str:
        return name_of(self.operation)

    @property
    def ability(self) -> str:
        return str(self.operation.ability)  # type: ignore[attr-defined]

    def open(self, house: House) -> AbstractContextManager[None]:
        return people.platform() if self.platform else house.open()

    def others(self, house: House) -> list[Actor]:
        """Everybody of the hospital who lacks the ability."""
        lacking = [role for role in ROLES if self.ability not in abilities_of([role])]
        return [house.actor(role) for role in lacking]


EXAMPLES: dict[str, Example] = {}
APART = {
    "clinic.demo.erase.erase": "takes a demo hospital away with its log: only a command runs it (tests/demo)",
    "clinic.demo.start.start_for_real": "makes a hospital and takes the demo's away (tests/demo)",
    "clinic.demo.emergency_stage.furnish": "sections and beds of a demo, each by its own operation (tests/demo)",
    "clinic.demo.emergency_stage.run": "hours of a demo that lie behind, act by act (tests/demo, tests/proof)",
    "clinic.demo.history.live_through": "writes a past day of a demo down: nobody is told of it (tests/demo)",
}
"""Operations that cannot be told row by row, each with its reason; the list is closed."""


def example(
    operation: Callable[..., Any], *, twice: str, role: str = "", actor: Callable[[House], Actor] | None = None,
    quiet: str = "", silent: bool = False, platform: bool = False, untold: str = "", foreign: bool = True,
) -> Callable[[Callable[[House], Call]], Callable[[House], Call]]:  # fmt: skip
    """Register the example; the actor is the first of the roles that may, unless one is named."""
    allowed = [name for name in ROLES if operation.ability in abilities_of([name])]  # type: ignore[attr-defined]

    def somebody(house: House) -> Actor:
        return house.actor(role or allowed[0])

    def register(arrange: Callable[[House], Call]) -> Callable[[House], Call]:
        made = Example(operation, arrange, twice, actor or somebody, quiet, silent, platform, untold, foreign)
        assert made.name not in EXAMPLES, f"two examples of {made.name}"
        EXAMPLES[made.name] = made
        return arrange

    return register


def name_of(operation: Callable[..., Any]) -> str:
    return f"{operation.__module__}.{operation.__qualname__}"


# --- which operations there are ------------------------------------------------------------------------------------

_RUN: CodeType = record.operation("hospital.view")(lambda *, actor: None).__code__


@cache
def everything() -> tuple[ModuleType, ...]:
    """Every module of the product, imported."""
    found: list[ModuleType] = []
    for room in ROOMS:
        package = importlib.import_module(room)
        names = [info.name for info in pkgutil.walk_packages(package.__path__, f"{room}.")]
        wanted = [n for n in names if ".migrations" not in n and not n.endswith(("asgi", "celery", "__main__"))]
        found += map(importlib.import_module, wanted)
    return tuple(found)


def operations() -> dict[str, Callable[..., Any]]:
    """Every ``@operation`` of the product, by introspection of all modules."""
    values = [value for module in everything() for value in vars(module).values() if callable(value)]
    return {name_of(value): value for value in values if getattr(value, "__code__", None) is _RUN}


def decorated() -> set[str]:
    """The names of functions that stand under ``@operation(…)`` anywhere in the source, nested ones too."""
    names: set[str] = set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef) and any(_is_operation(each) for each in node.decorator_list):
                    names.add(node.name)
    return names


def _is_operation(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else node
    return (isinstance(called, ast.Name) and called.id == "operation") or (
        isinstance(called, ast.Attribute) and called.attr == "operation"
    )
