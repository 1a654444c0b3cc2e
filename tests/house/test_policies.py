"""Every policy is read by something that acts on it, and a test changes it and sees behaviour change."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache

import pytest

from clinic.tenants.models import HospitalConfig
from tests.house.source import ROOT, sources

NOT_POLICIES = {"id", "version", "hospital"}
POLICIES = sorted(field.name for field in HospitalConfig._meta.concrete_fields if field.name not in NOT_POLICIES)
SHOWS_OR_KEEPS = ("admin", "forms", "serializers", "faces", "migrations", "api", "hospitals")
"""Where a policy is shown and changed, which is no use of it."""


@cache
def readers() -> dict[str, list[str]]:
    """Name of an attribute → where something reads it that does not only show or keep it."""
    found: dict[str, list[str]] = defaultdict(list)
    for source in sources():
        if any(word in source.where for word in SHOWS_OR_KEEPS) or source.where.endswith("tenants/models.py"):
            continue
        for node in source.nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                found[node.attr].append(source.at(node, node.attr))
    return found


@cache
def texts() -> tuple[str, ...]:
    mine = ROOT / "tests"
    return tuple(path.read_text() for path in mine.rglob("test_*.py") if "house" not in path.parts)


@pytest.mark.parametrize("policy", POLICIES)
def test_something_acts_by_every_policy(policy: str) -> None:
    assert readers().get(policy), f"nothing reads {policy}: a choice that does nothing"


@pytest.mark.parametrize("policy", POLICIES)
def test_a_test_changes_every_policy(policy: str) -> None:
    changes = re.compile(rf"\b{policy}=|\"{policy}\"|'{policy}'")
    assert any(changes.search(text) for text in texts()), f"no test changes {policy}"
