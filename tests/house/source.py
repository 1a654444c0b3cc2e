"""The product's source as trees: what the house's static tests read. Nothing here imports the product."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("clinic", "queues", "er_flow", "billing")


@dataclass(frozen=True, eq=False)
class Source:
    """One Python file of the product."""

    path: Path
    tree: ast.Module

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node, as ``ast.walk`` finds them: walked once for all tests."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def where(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def module(self) -> str:
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def at(self, node: ast.AST, what: str) -> str:
        return f"{self.where}:{getattr(node, 'lineno', 1)} {what}"


@cache
def sources() -> tuple[Source, ...]:
    """Every Python file of the product's rooms, without migrations."""
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if "migrations" not in path.parts]
    return tuple(Source(path, ast.parse(path.read_text())) for path in paths)


def calls(source: Source) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the last word of what is called: ``Patient.objects.create(…)`` → ``create``."""
    for node in source.nodes:
        if isinstance(node, ast.Call):
            name = last_word(node.func)
            if name:
                yield node, name


def last_word(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def written(node: ast.AST) -> str:
    """The node as source, in one line."""
    return " ".join(ast.unparse(node).split())


def enclosing(tree: ast.Module) -> dict[ast.AST, ast.FunctionDef | ast.AsyncFunctionDef | None]:
    """Node → the innermost function it stands in."""
    found: dict[ast.AST, ast.FunctionDef | ast.AsyncFunctionDef | None] = {}

    def walk(node: ast.AST, function: ast.FunctionDef | ast.AsyncFunctionDef | None) -> None:
        for child in ast.iter_child_nodes(node):
            found[child] = function
            inside = child if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
            walk(child, inside)

    walk(tree, None)
    return found


def literal(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
