"""The one call that turns regions into HTML, with the caches behind it: for a page's first render and every push.

It runs without request or user, in whatever thread: under the hospital, its address and time zone, and a language.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from enum import Enum
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.template.loader import get_template
from django.urls import get_script_prefix, set_script_prefix
from django.utils import timezone, translation
from django.utils.safestring import mark_safe

from clinic.core.access import Actor
from clinic.core.tenancy import hospital
from clinic.live import doors
from clinic.live.kept import SHORT, recent
from clinic.live.models import Clock
from clinic.live.snapshots import Piece, Shell, Snapshot

ROWS_KEPT = 10_000
SHELLS_KEPT = 1_000
SLOW = 0.1
"""Seconds after which a region is logged as slow."""

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Row(Protocol):
    """A line of a list region: any frozen dataclass with a short ``key``, unique in its region."""

    @property
    def key(self) -> str: ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Loaded:
    """One region's facts: what it shows, and what it has to listen to."""

    context: Any = None
    rows: Sequence[Row] | None = None
    topics: frozenset[str] = frozenset()
    """An event with one of these topics rings the region."""
    refs: frozenset[str] = frozenset()
    """So does one that touches one of these: whatever is shown, ``patient:<id>`` too."""
    departments: frozenset[UUID] = frozenset()
    """Whose it is (R1.2): readers limited to other departments find nothing; those of all departments always do."""


@dataclass(frozen=True, slots=True)
class Region:
    """A kind of region. With ``row_template`` it is a list region and its frames are rows.

    ``template`` is the region's own element, with ``{{ region_attrs }}`` in its root and, for a list region,
    ``{{ rows_html }}`` where the rows go; it gets ``region`` (the context), ``key`` and ``can``. ``row_template`` gets
    ``row`` and ``can``; its root has ``data-row="{{ row.key }}"`` and a unique ``id``.
    """

    kind: str
    ability: str
    template: str
    load: Callable[[Sequence[str]], Mapping[str, Loaded]]
    row_template: str = ""
    audience: frozenset[str] = frozenset()
    """Abilities that change what is shown; every other difference between readers is CSS."""
    public: bool = False
    """True: holds nothing personal and may be shown to the holder of a token that names it."""
    allow: Callable[[Actor, str], bool] | None = None
    """A further rule by key, beside the ability: ``tasks:<user>`` is only that user's. It never queries."""
    everywhere: bool = False
    """True: belongs to no department, so it is shown to readers limited to some (R1.2). Closed by default."""
    personal: bool = False
    """True: a reader limited to departments has an own one, ``<key>@<the reader's id>``, which ``load`` cuts short."""


class Want(NamedTuple):
    """One region as one audience sees it."""

    kind: str
    key: str
    can: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scope:
    """The surroundings of a render; with the reader's abilities the whole of what it depends on besides its values."""

    prefix: str
    time_zone: str
    language: str


_regions: dict[str, Region] = {}


def register(region: Region) -> None:
    """Add a region. Registering another one under the same kind is a mistake and raises."""
    known = _regions.setdefault(region.kind, region)
    if known != region:
        raise ValueError(f"two regions are called {region.kind}")


def kinds() -> Mapping[str, Region]:
    return _regions


def render(hospital_id: UUID, language: str, wanted: Iterable[Want], seq: int | None = None) -> dict[Want, Snapshot]:
    """The regions as they are now; what is not there is left out. Each kind loads once.

    ``seq`` is a head of the log that was read before, if the caller has one.
    """
    place = doors.place(hospital_id)
    scope = Scope(place.prefix, place.time_zone, language or place.language)
    return within(hospital_id, scope, lambda: _render(hospital_id, scope, list(wanted), seq))


def within(hospital_id: UUID, scope: Scope, run: Callable[[], T]) -> T:
    """Run something as every render runs: the hospital open, its address, time zone and the language active."""
    before = get_script_prefix()
    set_script_prefix(scope.prefix)
    try:
        with hospital(hospital_id), translation.override(scope.language), timezone.override(ZoneInfo(scope.time_zone)):
            return run()
    finally:
        set_script_prefix(before)


def head_of(hospital_id: UUID) -> int:
    """The last seq of the hospital's log."""
    return Clock.objects.filter(pk=hospital_id).values_list("seq", flat=True).first() or 0


def _render(hospital_id: UUID, scope: Scope, wanted: list[Want], seq: int | None) -> dict[Want, Snapshot]:
    # The head is read before the rows: every event up to it is then in what is read after it.
    head = head_of(hospital_id) if seq is None else seq
    found: dict[Want, Snapshot] = {}
    with reading():
        _render_kinds(hospital_id, scope, wanted, head, found)
    return found


_read: ContextVar[dict[Any, Any] | None] = ContextVar("read", default=None)


@contextmanager
def reading() -> Iterator[None]:
    """What is read ``once`` from here on serves all renders inside; whoever opens it has read the head before."""
    token = _read.set({} if _read.get() is None else _read.get())
    try:
        yield
    finally:
        _read.reset(token)


def once(key: Any, read: Callable[[], T]) -> T:
    """What several kinds of regions of one render need is read once, by the first that asks; never kept longer."""
    kept = _read.get()
    if kept is None:
        return read()
    if key not in kept:
        kept[key] = read()
    value: T = kept[key]
    return value


def was_read(key: Any) -> bool:
    """Whether ``once`` has it already."""
    return key in (_read.get() or {})


def _render_kinds(hospital_id: UUID, scope: Scope, wanted: list[Want], head: int, found: dict[Want, Snapshot]) -> None:
    for kind in dict.fromkeys(want.kind for want in wanted):
        begun = time.perf_counter()
        region = _regions[kind]
        of_kind = [want for want in wanted if want.kind == kind]
        keys = list(dict.fromkeys(want.key for want in of_kind))
        loaded = _known.load(hospital_id, scope, region, keys, head)
        for want in of_kind:
            if (facts := loaded.get(want.key)) is not None and _may_see(region, want, facts):
                found[want] = _snapshot(region, scope, want, facts, head)
        took = time.perf_counter() - begun
        if took > SLOW:
            log.warning("region.slow", region=kind, keys=len(of_kind), ms=round(took * 1000), hospital=str(hospital_id))


LIMIT = "department:"
"""How an audience says which departments its readers are limited to, among their abilities (R1.2)."""


def _may_see(region: Region, want: Want, facts: Loaded) -> bool:
    limits = {one.removeprefix(LIMIT) for one in want.can if one.startswith(LIMIT)}
    return region.everywhere or region.personal or not limits or any(str(pk) in limits for pk in facts.departments)


class Known:
    """What was loaded under a head of the log, and still holds while that is the head: every change has its event.

    For pages: a board that many open at the start of the day is read once. What passes with time (today, a minute
    after an undone call) is the reason for ``for_seconds``.
    """

    def __init__(self, most: int = 400) -> None:
        self._most = most
        self._held: OrderedDict[tuple[Any, ...], tuple[float, Mapping[str, Loaded]]] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, which: UUID, scope: Scope, region: Region, keys: list[str], head: int) -> Mapping[str, Loaded]:
        for_seconds: float = settings.REGIONS_HOLD_SECONDS
        if not for_seconds:
            return region.load(keys)
        key = (which, scope, region.kind, tuple(keys), head)
        with self._lock:
            held = self._held.get(key)
        if held is not None and time.monotonic() - held[0] < for_seconds:
            return held[1]
        began, loaded = time.monotonic(), region.load(keys)
        with self._lock:
            self._held[key] = (began, loaded)
            self._held.move_to_end(key)
            self._let_go(began - for_seconds)
        return loaded

    def _let_go(self, before: float) -> None:
        """What may not be shown any more is let go at once, not when others push it out."""
        while self._held:
            began, _loaded = next(iter(self._held.values()))
            if began >= before and len(self._held) <= self._most:
                return
            self._held.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._held.clear()


_known = Known()


def _snapshot(region: Region, scope: Scope, want: Want, facts: Loaded, head: int) -> Snapshot:
    shell = _shell(region, scope, want.can, want.key, facts.context)
    rows: dict[str, Piece] | None = None
    if region.row_template:
        rows = {row.key: _row(region.row_template, scope, want.can, row) for row in facts.rows or ()}
        if len(rows) != len(facts.rows or ()):
            raise ValueError(f"region {region.kind}:{want.key} has two rows with one key")
    name = f"{want.kind}:{want.key}"
    return Snapshot(name, head, shell, rows, facts.topics, facts.refs, public=region.public)


@recent(ROWS_KEPT)
def _row(template: str, scope: Scope, can: frozenset[str], row: Row) -> Piece:
    check_plain(row)
    return Piece.of(get_template(template).render({"row": row, "can": can}).strip())


# Placeholders for what is put in after rendering. Nobody can write them into a name: they are new in each process.
_ATTRS = f"[attrs-{secrets.token_hex(12)}]"
_ROWS = f"[rows-{secrets.token_hex(12)}]"


@recent(SHELLS_KEPT, SHORT)
def _shell(region: Region, scope: Scope, can: frozenset[str], key: str, context: Any) -> Shell:
    check_plain(context)
    given = {"region": context, "key": key, "can": can, "region_attrs": mark_safe(_ATTRS)}  # noqa: S308 (our own)
    marks = [_ATTRS]
    if region.row_template:
        given["rows_html"] = mark_safe(_ROWS)  # noqa: S308 (our own)
        marks.append(_ROWS)
    parts = [get_template(region.template).render(given).strip()]
    for mark in marks:
        parts[-1:] = parts[-1].split(mark)
    if len(parts) != len(marks) + 1:
        raise ValueError(f"{region.template} must hold region_attrs{' and then rows_html' * (len(marks) - 1)} once")
    return Shell.of(parts)


def piece(template: str, values: Mapping[str, Any]) -> str:
    """A template of plain values, from the cache where it was rendered for these, this address and language."""
    return _piece(template, get_script_prefix(), translation.get_language(), tuple(sorted(values.items())))


@recent(SHELLS_KEPT)
def _piece(template: str, prefix: str, language: str | None, values: tuple[tuple[str, Any], ...]) -> str:
    for _name, value in values:
        check_plain(value)
    return get_template(template).render(dict(values)).strip()


def forget() -> None:
    """Empty the caches: for tests that compare with a fresh render, and when a template file changes."""
    _row.cache_clear()
    _shell.cache_clear()
    _piece.cache_clear()
    _known.clear()


def rendered() -> int:
    """How many rows and elements have been rendered since the caches were last emptied (not taken from them)."""
    return _row.misses + _shell.misses


_PLAIN = (str, int, bool, type(None), UUID, datetime, date, clock_time, timedelta)


def check_plain(value: Any) -> None:
    """Refuse what may look different while being equal, or may query or change: the value is the cache key.

    Floats and Decimals (1.0 == 1), safe strings (equal to unsafe ones), models, lists: give text, numbers and tuples.
    """
    if type(value) in _PLAIN or isinstance(value, Enum):
        return
    if type(value) in (tuple, frozenset):
        for part in value:
            check_plain(part)
    elif is_dataclass(value) and not isinstance(value, type) and type(value).__hash__ is not None:
        for field in fields(value):
            check_plain(getattr(value, field.name))
    else:
        raise TypeError(f"a region's value must be plain, not {type(value).__name__}: {value!r:.80}")
