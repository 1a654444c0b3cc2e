"""Files stay small enough to be read at once, functions small enough to be understood at once."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.house.source import ROOMS, ROOT, relative

LINES = 400
FUNCTION = 60
KINDS = {".py", ".html", ".js", ".css"}


def ours() -> list[Path]:
    """What we write: no vendored files, no migrations."""
    folders = [*(ROOT / room for room in ROOMS), ROOT / "templates", ROOT / "static", ROOT / "tests"]
    paths = [path for folder in folders for path in folder.rglob("*") if path.suffix in KINDS]
    return sorted(path for path in paths if not {"vendor", "migrations", "__pycache__"} & set(path.parts))


def test_no_file_is_longer_than_a_file_should_be() -> None:
    sizes = {relative(path): len(path.read_text().splitlines()) for path in ours()}
    assert sizes
    assert {path: lines for path, lines in sizes.items() if lines >= LINES} == {}


def test_no_function_is_longer_than_a_function_should_be() -> None:
    offenders = {}
    for path in ours():
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION:
                    offenders[f"{relative(path)}:{node.lineno} {node.name}"] = lines
    assert offenders == {}
