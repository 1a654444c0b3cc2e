"""A transaction is an operation's: ``transaction.atomic`` stands in the engine and nowhere else."""

from __future__ import annotations

import ast

from django.conf import settings

from tests.house.source import calls, sources, written

NAMED = {
    ("clinic/live/record.py", "transaction.atomic"): "the operation, its nested ones, and add_unless",
    ("clinic/core/prepared.py", "transaction.mark_for_rollback_on_error"): "as Django's own update does",
}
OPENS = {
    "atomic", "non_atomic_requests", "set_autocommit", "savepoint", "mark_for_rollback_on_error", "on_commit", "commit",
    "rollback", "durable",
}  # fmt: skip


def test_transactions_are_opened_by_the_engine_only() -> None:
    found = {}
    for source in sources():
        for node in source.nodes:
            if isinstance(node, ast.Attribute) and node.attr in OPENS and written(node.value) == "transaction":
                found[(source.where, f"transaction.{node.attr}")] = source.at(node, f"transaction.{node.attr}")
            if isinstance(node, ast.ImportFrom) and node.module == "django.db.transaction":
                found[(source.where, "import")] = source.at(node, "imports from django.db.transaction")
    assert [found[each] for each in sorted(found.keys() - NAMED.keys())] == []
    assert sorted(NAMED.keys() - found.keys()) == [], "no longer there"


def test_a_request_opens_no_transaction() -> None:
    """Else the operation would not be the outermost, and would return before its commit."""
    assert [alias for alias, database in settings.DATABASES.items() if database.get("ATOMIC_REQUESTS")] == []


def test_operations_reach_for_no_network_and_no_broker() -> None:
    """Nothing slow or lost inside a transaction: what follows an event is a reaction."""
    slow = {"delay", "apply_async", "send_mail", "publish", "urlopen", "group_send"}
    offenders = [
        source.at(call, f"calls {name} inside a transaction")
        for source in sources()
        if "operations" in source.where
        for call, name in calls(source)
        if name in slow
    ]
    assert offenders == []
