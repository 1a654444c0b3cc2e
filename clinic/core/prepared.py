"""Queries whose SQL is written once per process and run many times with other values.

Django builds and compiles a queryset anew at each use. For the handful of queries that every act runs, that costs more
than the database does (measured: 0.49 of 0.85 ms for the claim of a call, 0.3 of 0.45 ms for an update). A prepared
query is an ordinary queryset, tenancy's filter included, with ``Given`` where the values go::

    LINE = Prepared(lambda: Leg.objects.waiting().filter(queue_id=Given("queue", UUIDField())).in_order())
    LINE.rows(queue=queue.pk)

PostgreSQL keeps their plans as well (plans.py). It is as late-bound as any queryset: the open hospital is read at each
run, and without one there is no query.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from django.db import connections, models, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.constants import ROW_COUNT
from django.db.models.sql.subqueries import UpdateQuery

from clinic.core import plans
from clinic.core.tenancy import TenantModel, WrongHospital, _check_pointer, hospital, require_hospital_id

R = TypeVar("R")
M = TypeVar("M", bound=models.Model)

_ANY_HOSPITAL = UUID("f1b9d2a4-6c1e-8e55-9b0a-3d5f7c90e217")
"""No hospital's id: where it stands among the parameters of the SQL, the open hospital's goes."""


class Given(Expression):
    """A value that is named when the prepared query runs; ``field`` says how the database wants it."""

    conditional = False

    def __init__(self, name: str, field: models.Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> tuple[str, Any]:
        return "%s", (self,)

    def value(self, given: dict[str, Any], connection: BaseDatabaseWrapper) -> Any:
        return self.output_field.get_db_prep_save(given[self.name], connection)


@dataclass(frozen=True, slots=True)
class _Written:
    """SQL, its parameters with a place for each late value, and the compiler that knows how to read the rows."""

    sql: str
    params: tuple[Any, ...]
    compiler: Any

    def ready(self, connection: BaseDatabaseWrapper, given: dict[str, Any], *, plan: bool = True) -> Any:
        """A compiler for one run, on this thread's connection, that has its SQL already; ``plan``: it is kept too."""
        place = _hospital_in(connection)
        params = tuple(_value(param, place, given, connection) for param in self.params)
        compiler = copy.copy(self.compiler)
        keeps = plan and connection.vendor == "postgresql"
        compiler.connection = plans.Keeps(connection) if keeps else connection
        compiler.as_sql = lambda: (self.sql, params)
        return compiler


def _hospital_in(connection: BaseDatabaseWrapper) -> Any:
    """How the marker of the hospital looks among the parameters on this database."""
    return _ANY_HOSPITAL if connection.features.has_native_uuid_field else _ANY_HOSPITAL.hex


def _value(param: Any, place: Any, given: dict[str, Any], connection: BaseDatabaseWrapper) -> Any:
    if isinstance(param, Given):
        return param.value(given, connection)
    if type(param) is type(place) and param == place:
        return models.UUIDField().get_db_prep_value(require_hospital_id(), connection)
    return param


def _write(compiler: Any) -> _Written:
    with hospital(_ANY_HOSPITAL):
        sql, params = compiler.as_sql()
    compiler.connection = None  # belongs to the thread that came first; each run brings its own
    return _Written(*_spelled_out(sql, params), compiler)


_PLACE = re.compile(r"%[s%]")
_WORD = re.compile(r"[a-z_]+")


def _spelled_out(sql: str, params: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """The query's own words (``state = 'waiting'``) as text in the SQL instead of parameters.

    A plan that is kept for all parameters cannot use a partial index whose condition it cannot see, so PostgreSQL
    planned the claim of a call anew each time once a year of visits made a plan without that index too dear.
    """
    left, late = iter(params), []

    def text(place: re.Match[str]) -> str:
        if place[0] == "%%":
            return "%%"
        value = next(left)
        if isinstance(value, str) and _WORD.fullmatch(value):
            return f"'{value}'"
        late.append(value)
        return "%s"

    return _PLACE.sub(text, sql), tuple(late)


class Prepared(Generic[R]):
    """A SELECT. ``build`` gives its queryset, once per database; it may be sliced, joined and locking.

    ``plan=False`` for what reads much through many joins: its time goes into running, and a plan that is good for this
    hospital's rows is worth more than the planning it costs (200 patients of a board: 5 ms against 25).
    """

    def __init__(self, build: Callable[[], models.QuerySet[Any, R]], *, plan: bool = True) -> None:
        self._build, self._plan = build, plan
        self._written: dict[str, tuple[models.QuerySet[Any, R], _Written]] = {}

    def rows(self, **given: Any) -> list[R]:
        """Run it; every ``Given`` must be named."""
        connection = connections[router.db_for_read(models.Model)]
        known = self._written.get(connection.vendor)
        if known is None:
            queryset = self._build()
            written = _write(queryset.query.get_compiler(connection=connection))
            known = self._written[connection.vendor] = queryset, written
        queryset, written = known
        source = _Source(queryset, connection.alias, written.ready(connection, given, plan=self._plan))
        rows: list[R] = list(cast(Any, queryset)._iterable_class(source))
        return rows

    def first(self, **given: Any) -> R | None:
        """The first row; the queryset should be sliced to one."""
        found = self.rows(**given)
        return found[0] if found else None


class Raised(Generic[M]):
    """An UPDATE that adds one to a column of some rows and reads them, in one round trip.

    ``build`` gives the rows, locked in the order in which they are to be locked. Only ``live.record.advance`` runs it.
    """

    def __init__(self, column: str, build: Callable[[], models.QuerySet[M]]) -> None:
        self.column = column
        self._build = build
        self._written: dict[str, _Written] = {}

    def rows(self, **given: Any) -> list[M]:
        """The rows as they are now; every ``Given`` must be named."""
        connection = connections[router.db_for_write(models.Model)]
        written = self._written.get(connection.vendor)
        if written is None:
            written = self._written[connection.vendor] = self._write(connection)
        statement = written.ready(connection, given)
        model = self._build().model
        names = [field.attname for field in model._meta.concrete_fields]
        with transaction.mark_for_rollback_on_error(connection.alias), plans.cursor(connection) as cursor:
            cursor.execute(*statement.as_sql())
            found = cursor.fetchall()
        fields = model._meta.concrete_fields
        return [
            model.from_db(connection.alias, names, [_read(f, v, connection) for f, v in zip(fields, row, strict=True)])
            for row in found
        ]

    def _write(self, connection: BaseDatabaseWrapper) -> _Written:
        queryset = self._build()
        model, quote = queryset.model, connection.ops.quote_name
        inner = _write(queryset.values("pk").query.get_compiler(connection=connection))
        column = quote(cast(Any, model._meta.get_field(self.column)).column)
        table, key = quote(model._meta.db_table), quote(cast(Any, model._meta.pk).column)
        shown = ", ".join(f"{table}.{quote(str(field.column))}" for field in model._meta.concrete_fields)
        sql = (
            f"UPDATE {table} SET {column} = {column} + 1, version = version + 1 "  # noqa: S608 (names of ours)
            f"WHERE {key} IN ({inner.sql}) RETURNING {shown}"
        )
        return _Written(sql, inner.params, inner.compiler)


def _read(field: models.Field[Any, Any], value: Any, connection: BaseDatabaseWrapper) -> Any:
    """A column's value as Python has it."""
    for convert in (*connection.ops.get_db_converters(field.get_col("")), *field.get_db_converters(connection)):
        value = convert(value, field.get_col(""), connection)
    return value


class _Source:
    """What Django's row makers ask of a queryset: here the compiler is there already."""

    def __init__(self, queryset: models.QuerySet[Any, Any], db: str, compiler: Any) -> None:
        self.queryset, self.db, self.compiler = queryset, db, compiler
        self.query = self

    def get_compiler(self, *_: Any, **__: Any) -> Any:
        return self.compiler

    def __getattr__(self, name: str) -> Any:
        # A row maker may ask the queryset or its query; the names differ.
        return getattr(self.queryset, name) if hasattr(self.queryset, name) else getattr(self.queryset.query, name)


_updates: dict[tuple[str, type[models.Model], tuple[str, ...], tuple[str, ...]], _Written] = {}


def update(model: type[models.Model], where: dict[str, Any], values: dict[str, Any]) -> int:
    """``UPDATE`` rows of the model's base manager, so sealed by its tenancy; returns how many.

    ``where`` and ``values`` are by field name; a foreign key's value is an instance or an id, and must be of the open
    hospital as in ``QuerySet.update``.
    """
    if "hospital" in values:
        raise WrongHospital("rows do not change hospital")
    for name, value in values.items():
        _check_pointer(model._meta.get_field(name), value)
    connection = connections[router.db_for_write(model)]
    key = (connection.vendor, model, tuple(where), tuple(values))
    written = _updates.get(key)
    if written is None:
        written = _updates[key] = _write_update(connection, model, tuple(where), tuple(values))
    given = {f"where {name}": value for name, value in where.items()}
    given |= {name: _plain(value) for name, value in values.items()}
    statement = written.ready(connection, given)
    with transaction.mark_for_rollback_on_error(connection.alias):
        return int(statement.execute_sql(ROW_COUNT))


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, models.Model) else value


def _write_update(
    connection: BaseDatabaseWrapper, model: type[models.Model], where: Sequence[str], values: Sequence[str]
) -> _Written:
    fields = {name: _target(model._meta.get_field(name)) for name in (*where, *values)}
    rows = model._base_manager.filter(**{name: Given(f"where {name}", fields[name]) for name in where})
    query = rows.query.chain(UpdateQuery)
    query.add_update_values({name: Given(name, fields[name]) for name in values})  # type: ignore[attr-defined]
    return _write(query.get_compiler(connection=connection))


def _target(field: Any) -> models.Field[Any, Any]:
    """The field whose form the value has in the database: for a foreign key, that of the key it points to."""
    return cast("models.Field[Any, Any]", field.target_field if isinstance(field, models.ForeignKey) else field)


_inserts: dict[tuple[str, type[models.Model]], str] = {}


def insert(row: models.Model) -> None:
    """INSERT a new row, as ``row.save(force_insert=True)`` without signals; the key and the values are Python's own.

    Like ``save`` it fills in the open hospital and refuses what points to another's rows.
    """
    if isinstance(row, TenantModel):
        row.check_hospital()
    row._prepare_related_fields_for_save("save")  # type: ignore[attr-defined]
    connection = connections[router.db_for_write(type(row))]
    fields = row._meta.concrete_fields
    written = _inserts.get(key := (connection.vendor, type(row)))
    if written is None:
        quote = connection.ops.quote_name
        names, marks = ", ".join(quote(str(field.column)) for field in fields), ", ".join(["%s"] * len(fields))
        table = quote(row._meta.db_table)
        written = _inserts[key] = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 (names of ours)
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    with transaction.mark_for_rollback_on_error(connection.alias), plans.cursor(connection) as cursor:
        cursor.execute(written, values)
    row._state.adding, row._state.db = False, connection.alias
