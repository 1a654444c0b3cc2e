"""Every rule the product keeps has a test, and docs/rules.md says which."""

from __future__ import annotations

from tests.house import rules


def test_every_rule_has_a_test() -> None:
    assert sorted(rules.RULES.keys() - rules.marks().keys(), key=rules.in_order) == []


def test_every_mark_is_a_rule() -> None:
    known = rules.RULES.keys() | rules.PARTLY.keys()
    assert {rule: tests for rule, tests in rules.marks().items() if rule not in known} == {}
    assert not rules.RULES.keys() & rules.PARTLY.keys()


def test_the_page_is_current() -> None:
    assert rules.PAGE.read_text() == rules.page(), "run: python -m tests.house.rules"
