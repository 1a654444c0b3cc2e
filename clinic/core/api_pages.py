"""Pages of a list by cursor: ``?cursor=&limit=`` → ``{"results", "next", "previous"}``.

A cursor holds the sort key of the row it stands at, so pages neither repeat nor lose rows while others are added.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.core.signing import BadSignature, Signer
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from clinic.core.errors import Invalid, say

T = TypeVar("T")
MOST, USUAL = 200, 50
PAGE_PARAMETERS = frozenset({"cursor", "limit"})
say({"request.bad_cursor": _("This cursor is not one of ours, or is for another list or order.")})


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: after (or, backwards, before) the row with this key. Signed, so it is always one of ours."""

    of: str
    """The list and its order."""
    backwards: bool
    value: Any
    pk: str

    def text(self) -> str:
        return _signer().sign_object([self.of, self.backwards, self.value, self.pk])

    @classmethod
    def read(cls, text: str, of: str) -> Cursor:
        """Raises Invalid for anything that is not a cursor of this list and order."""
        try:
            told = _signer().unsign_object(text)
        except (BadSignature, UnicodeError):
            raise bad_cursor() from None
        if told[0] != of:
            raise bad_cursor()
        return cls(*told)


def _signer() -> Signer:
    return Signer(salt="clinic.core.api_pages")


def bad_cursor() -> Invalid:
    return Invalid("request.bad_cursor", cursor=[str(_("Not valid."))])


def limit_of(request: Request) -> int:
    text = request.query_params.get("limit", str(USUAL))
    if not text.isascii() or not text.isdigit() or len(text) > 4 or not 1 <= int(text) <= MOST:
        raise Invalid("request.invalid", limit=[str(_("From 1 to %(most)s.") % {"most": MOST})])
    return int(text)


def page(rows: QuerySet[Any], order: str, request: Request, show: Callable[[list[Any]], list[Any]]) -> dict[str, Any]:
    """One page of ``rows`` by ``order`` (a column that is never null, ``-`` for descending; the caller allowed it)."""
    limit = limit_of(request)
    text = request.query_params.get("cursor", "")
    of = f"{rows.model._meta.label_lower}:{order}"
    cursor = Cursor.read(text, of) if text else None
    name, down = order.removeprefix("-"), order.startswith("-")
    backwards = cursor is not None and cursor.backwards
    sign = "-" if down != backwards else ""
    found = rows.order_by(f"{sign}{name}", f"{sign}pk")
    if cursor is not None:
        found = found.filter(_beyond(rows.model, name, cursor, less=bool(sign)))
    held = list(found[: limit + 1])
    more, held = len(held) > limit, held[:limit]
    if backwards:
        held.reverse()
    after = bool(held) and (more or backwards)
    before = bool(held) and (more if backwards else cursor is not None)
    return {
        "results": show(held),
        "next": _link(request, _at(held[-1], name, of, back=False)) if after else None,
        "previous": _link(request, _at(held[0], name, of, back=True)) if before else None,
    }


def page_of(
    found: Sequence[T], key: Callable[[T], list[Any]], of: str, request: Request, show: Callable[[list[T]], list[Any]]
) -> dict[str, Any]:
    """One page of what is at hand in ascending order of ``key``: a list that JSON keeps, different for each.

    ``of`` names the list, its order and its question: a cursor of another one is refused.
    """
    limit = limit_of(request)
    text = request.query_params.get("cursor", "")
    cursor = Cursor.read(text, of) if text else None
    keys = [key(each) for each in found]
    if cursor is None:
        first, last = 0, limit
    elif cursor.backwards:
        last = bisect_left(keys, cursor.value)
        first = max(0, last - limit)
    else:
        first = bisect_right(keys, cursor.value)
        last = first + limit
    held = list(found[first:last])

    def at(index: int, *, back: bool) -> str:
        return _link(request, Cursor(of, back, keys[index], ""))

    return {
        "results": show(held),
        "next": at(first + len(held) - 1, back=False) if held and first + len(held) < len(keys) else None,
        "previous": at(first, back=True) if held and first > 0 else None,
    }


def _beyond(model: type[Model], name: str, cursor: Cursor, *, less: bool) -> Q:
    side = "lt" if less else "gt"
    column: Any = model._meta.get_field(name)
    value = column.to_python(cursor.value)
    return Q(**{f"{name}__{side}": value}) | Q(**{name: value, f"pk__{side}": cursor.pk})


def _at(row: Any, name: str, of: str, *, back: bool) -> Cursor:
    value = getattr(row, name)
    told = value.isoformat() if isinstance(value, (datetime, date)) else value
    return Cursor(of, back, told if isinstance(told, (str, int, bool)) else str(told), str(row.pk))


def _link(request: Request, cursor: Cursor) -> str:
    asked = request.query_params.copy()
    asked["cursor"] = cursor.text()
    return request.build_absolute_uri(f"{request.path}?{asked.urlencode()}")
