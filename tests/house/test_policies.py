"""Every policy is read by something that acts on it, and a test changes it and sees behaviour change."""

from __future__ import annotations

import ast
import re

import pytest

from clinic.tenants.models import HospitalConfig
from tests.house.source import ROOT, sources

NOT_POLICIES = {"id", "version", "hospital"}
POLICIES = sorted(field.name for field in HospitalConfig._meta.concrete_fields if field.name not in NOT_POLICIES)
SHOWS_OR_KEEPS = ("admin", "forms", "serializers", "faces", "migrations", "api", "hospitals")
"""Where a policy is shown and changed, which is no use of it."""


def readers(policy: str) -> list[str]:
    return [
        source.at(node, policy)
        for source in sources()
        if not any(word in source.where for word in SHOWS_OR_KEEPS) and not source.where.endswith("tenants/models.py")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr == policy and isinstance(node.ctx, ast.Load)
    ]


@pytest.mark.parametrize("policy", POLICIES)
def test_something_acts_by_every_policy(policy: str) -> None:
    assert readers(policy), f"nothing reads {policy}: a choice that does nothing"


@pytest.mark.parametrize("policy", POLICIES)
def test_a_test_changes_every_policy(policy: str) -> None:
    changes = re.compile(rf"\b{policy}=|\"{policy}\"|'{policy}'")
    mine = ROOT / "tests"
    found = [path for path in mine.rglob("test_*.py") if "house" not in path.parts and changes.search(path.read_text())]
    assert found, f"no test changes {policy}"
