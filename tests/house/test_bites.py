"""Each house test has been seen to bite: a violation of each rule in a copy of the tree, and exactly its test fails."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.house.bites import MODELS, SOURCES, Bite, run
from tests.house.source import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.once]
FOLDERS = ("clinic", "queues", "er_flow", "billing", "templates", "static", "tests", "docs", "locale")
BIG = ("__pycache__", "vendor", "sounds", "screens", "bench", "*.woff2", "*.png")
NOT_RUN = {"test_bites.py", "test_every_operation.py", "test_every_route.py"}
"""Itself, and what needs a database."""


def copied(tree: Path) -> Path:
    """Our source without what is big and without rules: pictures, fonts, other people's files."""
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns(*BIG))
    for path in ROOT.iterdir():
        if path.is_file() and path.suffix in (".py", ".toml", ".md", ".txt", ""):
            shutil.copy(path, tree)
    return tree


def failures(tree: Path) -> dict[str, str]:
    """Run the static house tests of the copy: failed test → what it says."""
    report = tree / "report.xml"
    files = sorted(path.name for path in (tree / "tests" / "house").glob("test_*.py") if path.name not in NOT_RUN)
    assert len(files) > 12
    ran = run(
        tree, "-m", "pytest", "-vv", "-p", "no:cacheprovider", "-p", "no:randomly", f"--junitxml={report}",
        *(f"tests/house/{name}" for name in files),
    )  # fmt: skip
    assert ran.returncode in (0, 1), ran.stdout[-3000:] + ran.stderr[-3000:]
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        bad = case.find("failure") if case.find("failure") is not None else case.find("error")
        if bad is not None:
            file = str(case.get("classname")).rpartition(".")[2]
            found[f"{file}.py::{case.get('name')}"] = f"{bad.get('message')} {bad.text}"
    return found


def check(tree: Path, bites: Iterable[Bite]) -> None:
    chosen = list(bites)
    for bite in chosen:
        bite.change(tree)
    found = failures(tree)
    expected = {test for bite in chosen for test in bite.tests}
    assert sorted(expected - found.keys()) == [], "house tests that did not bite"
    assert {name: said[:600] for name, said in found.items() if name not in expected} == {}, "bit without a cause"
    for bite in chosen:
        said = [found[test] for test in bite.tests]
        assert not said or any(bite.says in each for each in said), f"{bite.tests} fail, and not by {bite.name}"


def test_each_violation_bites(tmp_path: Path) -> None:
    """All in one copy: first those of the models, which end with migrations for them."""
    check(copied(tmp_path), (*MODELS, *SOURCES))


def test_every_house_test_file_has_a_bite() -> None:
    """A new rule comes with the violation that shows it."""
    files = {path.name for path in (ROOT / "tests" / "house").glob("test_*.py")} - NOT_RUN
    bitten = {test.partition("::")[0] for bite in (*SOURCES, *MODELS) for test in bite.tests}
    assert sorted(files - bitten) == []
