"""Comments say why; nothing is left to do later in the text; nothing tells of the machine it was written on."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

from tests.house.source import ROOT, relative
from tests.house.test_sizes import ours

MARKS = re.compile(r"\b(TODO|FIXME|XXX|HACK|WIP|TBD)\b")
CODE = re.compile(
    r"^#\s*((from\s+[\w.]+\s+import|import\s+\w|return\b.*[)\w]$|def\s+\w+\(|class\s+\w+[(:]|if\s.+:$|for\s.+:$|print\()"
    r"|[\w.]+\s*=\s*[\w.\"'(\[{]|[\w.]+\([^)]*\)$)"
)
"""A comment that is a statement: it was taken out and left lying."""
MACHINE = re.compile(r"/(home|root|Users|work)/[\w.-]+/|[A-Z]:\\\\")
HERE = Path(__file__).name
TEXTS = {".py", ".html", ".js", ".css", ".md", ".toml", ".yaml", ".yml", ".sh", ".cfg", ""}


def comments(path: Path) -> list[tuple[int, str]]:
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
    return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]


def everything() -> list[Path]:
    """Our files and what stands beside them: documents, build files."""
    beside = [path for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXTS and path.name != ".coverage"]
    documents = sorted((ROOT / "docs").rglob("*.md"))
    return [path for path in [*ours(), *beside, *documents] if path.name != HERE]


def test_nothing_is_left_to_do_in_the_text() -> None:
    offenders = [
        f"{relative(path)}:{number} {match[0]}"
        for path in everything()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if (match := MARKS.search(line))
    ]
    assert offenders == []


def test_no_code_is_left_in_comments() -> None:
    offenders = [
        f"{relative(path)}:{number} {text}"
        for path in ours()
        if path.suffix == ".py" and path.name != HERE
        for number, text in comments(path)
        if CODE.match(text)
    ]
    assert offenders == []


def test_nothing_tells_of_a_machine() -> None:
    offenders = [
        f"{relative(path)}:{number} {match[0]}"
        for path in everything()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if (match := MACHINE.search(line))
    ]
    assert offenders == []
