"""Rows change through the log's engine and nowhere else; doors write nothing at all."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.source import Source, calls, sources, written

WRITES = {
    "save", "create", "delete", "update", "bulk_create", "bulk_update", "get_or_create", "update_or_create",
    "asave", "acreate", "adelete", "aupdate", "abulk_create", "abulk_update", "aget_or_create", "aupdate_or_create",
    "_raw_delete", "save_base",
}  # fmt: skip
ENGINE = {
    "clinic/core/tenancy.py": "seals the writes themselves",
    "clinic/live/record.py": "change, add and drop: the only writes to rows of nouns",
    "clinic/live/ledger.py": "the flush of the log",
    "clinic/live/sheets.py": "rows of a past that is written down, saved once with each step in the log",
    "clinic/live/outbox.py": "the state of reactions",
}
"""The files that write because that is what they are for."""
NAMED = {
    ("clinic/records/operations/details.py", "AccessLog.objects.bulk_create"): "the access log is a log, not a noun",
    ("clinic/tenants/links.py", "PublicToken.objects.bulk_create"): "a public link, outside any hospital",
    ("clinic/tenants/links.py", "PublicToken.objects.filter(…).update"): "a public link that lasts longer",
    ("clinic/tenants/links.py", "PublicToken.objects.filter(…).delete"): "the end of a public link",
    ("queues/estimates/follow.py", "cache.delete"): "the cache",
    ("queues/estimates/publish.py", "Promise.objects.bulk_create"): "the promise ledger is a log, not a noun",
    ("queues/estimates/score.py", "Promise.objects.filter(…).update"): "what came of a promise",
    ("queues/operations/slot_ticks.py", "SlotTick.objects.bulk_create"): "the account of places follows appointments",
    ("queues/operations/slot_ticks.py", "SlotTick.objects.filter(…).update"): "a place that changes hands in a move",
    ("queues/operations/slot_ticks.py", "SlotTick.objects.filter(…).delete"): "a place that is given back",
    ("clinic/directory/listing.py", "Listing.objects.bulk_create"): "the public search, a projection (R1.8)",
    ("clinic/directory/listing.py", "Listing.objects.filter(…).delete"): "the public search, a projection (R1.8)",
    ("clinic/directory/listing.py", "Listing.objects.bulk_update"): "the public search, a projection (R1.8)",
    ("queues/operations/displays.py", "PublicToken.objects.bulk_create"): "a screen that nobody has paired yet",
    ("queues/operations/displays.py", "PublicToken.objects.filter(…).update"): "the pairing, inside its operation",
    ("queues/operations/one_time.py", "PublicToken.objects.bulk_create"): "a one-time code, outside any hospital",
    ("queues/operations/one_time.py", "PublicToken.objects.filter(…).delete"): "a one-time code that was used",
    ("queues/operations/one_time.py", "IdempotencyKey.objects.bulk_create"): "where a code is to be sent, sealed",
    ("queues/operations/one_time.py", "IdempotencyKey.objects.filter(…).delete"): "the code is sent",
    ("clinic/tenants/idempotency.py", "IdempotencyKey.objects.bulk_create"): "what a request was answered, not a noun",
    ("clinic/tenants/idempotency.py", "same.update"): "what a request was answered, not a noun",
    ("clinic/tenants/idempotency.py", "_of(…).update"): "what a request was answered, not a noun",
    ("clinic/tenants/idempotency.py", "_of(…).delete"): "what a request was answered, not a noun",
    ("clinic/tenants/idempotency.py", "IdempotencyKey.objects.filter(…).delete"): "a day later",
    ("clinic/tenants/sessions.py", "request.session.save"): "a session is no noun",
    ("clinic/tenants/sessions.py", "UserSession.objects.filter(…).delete"): "a session is no noun",
    ("clinic/tenants/sessions.py", "store(…).delete"): "a session is no noun",
    ("clinic/tenants/sessions.py", "row.delete"): "a session is no noun",
    ("clinic/tenants/sessions.py", "rows.delete"): "a session is no noun",
    ("clinic/tenants/tokens.py", "OutstandingToken.objects.create"): "tokens are the library's rows",
    ("clinic/tenants/tokens.py", "BlacklistedToken.objects.bulk_create"): "tokens are the library's rows",
    ("er_flow/measures/keep.py", "DayFigures.objects.bulk_create"): "counts of days that are over, a cache in a table",
    ("er_flow/measures/keep.py", "DayFigures.objects.filter(…).delete"): "the same, when a visit of the day changes",
    ("er_flow/trend.py", "CrowdingSample.objects.bulk_create"): "a sample of a figure, every five minutes",
    ("er_flow/trend.py", "CrowdingSample.objects.filter(…).delete"): "the same, five weeks later",
    ("clinic/demo/erase.py", "rows._raw_delete"): "takes a demo hospital away with its log",
    ("clinic/demo/erase.py", "user.delete"): "takes a demo hospital away with its log",
    ("clinic/demo/tasks.py", "cache.delete"): "the cache",
}
"""Every other write, one by one; the list is closed and shrinks when a line is no longer needed."""
DOORS = (
    "views", "api", "consumers", "admin", "tasks", "forms", "serializers", "middleware", "sse", "stream", "sockets",
    "regions", "templatetags", "commands", "urls", "authentication", "doors", "faces", "boards", "reactions",
)  # fmt: skip
"""Names of files and packages that translate and decide nothing."""


def is_door(source: Source) -> bool:
    parts = source.where.removesuffix(".py").split("/")
    return any(part in DOORS or part.startswith(("api_", "views_")) for part in parts)


def writes(source: Source) -> Iterator[tuple[ast.Call, str]]:
    """Calls that write rows, with what they are called on: ``PublicToken.objects.filter(…).delete``."""
    for call, name in calls(source):
        if name not in WRITES or not isinstance(call.func, ast.Attribute):
            continue
        if isinstance(call.func.value, ast.Call) and written(call.func.value) == "super()":
            continue
        if name == "update" and (call.args or not call.keywords):
            continue  # a dict's, a set's, a digest's: a queryset's takes keywords only
        yield call, _short(call.func)


def _short(node: ast.expr) -> str:
    match node:
        case ast.Attribute(value=value, attr=name):
            return f"{_short(value)}.{name}"
        case ast.Call(func=func):
            return f"{_short(func)}(…)"
        case ast.Name(id=name):
            return name
        case _:
            return "…"


def test_no_door_writes() -> None:
    offenders = [
        source.at(call, f"writes: {what}")
        for source in sources()
        if is_door(source)
        for call, what in writes(source)
        if (source.where, what) not in NAMED
    ]
    assert offenders == []


def test_nobody_else_writes_but_the_engine_and_those_named() -> None:
    found = {
        (source.where, what): source.at(call, f"writes: {what}")
        for source in sources()
        if source.where not in ENGINE and not is_door(source)
        for call, what in writes(source)
    }
    assert [found[each] for each in sorted(found.keys() - NAMED.keys())] == []


def test_no_name_on_the_list_is_left_over() -> None:
    found = {(source.where, what) for source in sources() for _call, what in writes(source)}
    assert sorted(NAMED.keys() - found) == []


def test_no_door_changes_rows_itself() -> None:
    """Not by the engine's functions either: ``change``, ``add`` and ``drop`` belong into an operation."""
    offenders = [
        source.at(node, f"imports {alias.name} from the engine")
        for source in sources()
        if is_door(source)
        for node in source.nodes
        if isinstance(node, ast.ImportFrom) and node.module == "clinic.live.record"
        for alias in node.names
        if alias.name not in ("done", "Op")
    ]
    assert offenders == []


def test_rows_in_an_operation_are_not_saved_by_the_row() -> None:
    """``setattr`` and ``save`` would go around compare-and-set and the log; so would a signal's receiver."""
    offenders = [
        source.at(call, f"listens to {name}")
        for source in sources()
        for call, name in calls(source)
        if name == "receiver" or (name == "connect" and "save" in written(call.func))
        if source.where not in ENGINE
    ]
    assert offenders == []


def test_select_for_update_takes_the_weaker_lock() -> None:
    """``FOR NO KEY UPDATE``: the stronger one waits for every insert of a row that points there."""
    offenders = [
        source.at(call, "locks without no_key=True")
        for source in sources()
        for call, name in calls(source)
        if name == "select_for_update"
        and not any(key.arg == "no_key" and written(key.value) == "True" for key in call.keywords)
    ]
    assert offenders == []


def test_nothing_is_counted_to_get_the_next_number() -> None:
    offenders = [
        source.at(node, "takes count() + 1")
        for source in sources()
        for node in source.nodes
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Add)
        and isinstance(node.left, ast.Call)
        and written(node.left).endswith(".count()")
    ]
    assert offenders == []
