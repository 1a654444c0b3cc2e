"""Late-bound tenancy: the hospital's filter is an expression that is read when the SQL is compiled.

Without an open hospital there is no SQL, so a query that forgot its hospital fails instead of leaking. A queryset
made at import, in a class body or under another hospital follows the hospital that is open when it runs.
Only doors open a hospital (middleware, consumer, hub, task, command); never around a ``yield``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar
from uuid import UUID

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import Expression
from django.db.models.signals import pre_save
from django.db.models.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    from clinic.tenants.models import Hospital

M = TypeVar("M", bound=models.Model)

_current: ContextVar[UUID | None] = ContextVar("hospital_id", default=None)
_every: ContextVar[str | None] = ContextVar("every_hospital", default=None)
_checked: ContextVar[bool] = ContextVar("rows_checked", default=False)


class HospitalRequired(RuntimeError):
    """A tenant query, save or delete outside ``with hospital(...)``: a bug of ours, never a user's."""


class WrongHospital(RuntimeError):
    """A row of one hospital was about to be written, or pointed to, under another."""


@contextmanager
def hospital(which: Hospital | UUID) -> Iterator[None]:
    """Open a hospital for everything that runs inside. Nested use wins and is undone on leaving."""
    token = _current.set(which if isinstance(which, UUID) else which.pk)
    try:
        yield
    finally:
        _current.reset(token)


def current_hospital_id() -> UUID | None:
    return _current.get()


def require_hospital_id() -> UUID:
    """The open hospital's id; raises HospitalRequired when none is open."""
    current = _current.get()
    if current is None:
        raise HospitalRequired("no hospital is open")
    return current


@contextmanager
def every_hospital(reason: str) -> Iterator[None]:
    """Allow ``Model.across_hospitals`` inside. The callers are a closed list, held by a house test."""
    token = _every.set(reason)
    try:
        yield
    finally:
        _every.reset(token)


class CurrentHospital(Expression):
    """Right-hand side of ``hospital_id = …``; it has a value only at the moment the SQL is written."""

    conditional = False

    def __init__(self) -> None:
        super().__init__(output_field=models.UUIDField())

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        current = _current.get()
        if current is None:
            raise HospitalRequired("a tenant query outside `with hospital(...)`")
        return "%s", (models.UUIDField().get_db_prep_value(current, connection),)


class TenantQuerySet(models.QuerySet[M]):
    def update(self, **values: Any) -> int:
        if {"hospital", "hospital_id"} & values.keys():
            raise WrongHospital("rows do not change hospital")
        for name, value in values.items():
            _check_pointer(self.model._meta.get_field(name), value)
        return super().update(**values)

    def bulk_update(self, objs: Iterable[M], fields: Iterable[str], batch_size: int | None = None) -> int:
        rows = list(objs)
        for row in rows:
            row.check_hospital()  # type: ignore[attr-defined]
        token = _checked.set(True)
        try:
            return super().bulk_update(rows, fields, batch_size)
        finally:
            _checked.reset(token)

    def bulk_create(
        self, objs: Iterable[M], batch_size: int | None = None, ignore_conflicts: bool = False,
        update_conflicts: bool = False, update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[M]:  # fmt: skip
        # An upsert finds its row by a unique key, and a key knows no hospital: it could overwrite another's row.
        if update_conflicts:
            raise WrongHospital("upserts are not sealed")
        rows = list(objs)
        for row in rows:
            row.check_hospital()  # type: ignore[attr-defined]
        return super().bulk_create(rows, batch_size, ignore_conflicts)


class TenantManager(models.Manager.from_queryset(TenantQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> TenantQuerySet[Any]:
        found: TenantQuerySet[Any] = super().get_queryset().filter(hospital_id=CurrentHospital())
        return found


class AcrossHospitals(models.Manager[M]):
    """Every hospital's rows; answers only inside ``with every_hospital(reason)``."""

    def get_queryset(self) -> models.QuerySet[M]:
        if _every.get() is None:
            raise HospitalRequired("across_hospitals outside `with every_hospital(reason)`")
        return super().get_queryset()


class TenantModel(models.Model):
    """A row that belongs to one hospital. ``Meta`` of a subclass inherits ``TenantModel.Meta``."""

    hospital = models.ForeignKey("tenants.Hospital", on_delete=models.PROTECT, related_name="+", editable=False)

    objects: ClassVar[Any] = TenantManager()
    across_hospitals: ClassVar[Any] = AcrossHospitals()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

    def save(self, *args: Any, **options: Any) -> None:
        self.check_hospital()
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        self.check_hospital()
        return super().delete(*args, **options)

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        super().validate_unique(self._with_own_hospital(exclude))

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        super().validate_constraints(self._with_own_hospital(exclude))

    def _with_own_hospital(self, exclude: Collection[str] | None) -> set[str]:
        # ``hospital`` is not editable, so forms exclude it and with it every per-hospital unique constraint:
        # the form would pass and the save answer 500.
        self._take_hospital()
        return set(exclude or ()) - {"hospital"}

    def _take_hospital(self) -> UUID:
        current = require_hospital_id()
        if not self.hospital_id:
            self.hospital_id = current
        return current

    def check_hospital(self) -> None:
        """Fill in the open hospital, or raise WrongHospital if this row, or one it points to, is another's."""
        current = self._take_hospital()
        if self.hospital_id != current:
            raise WrongHospital(type(self).__name__)
        for field in self._meta.concrete_fields:
            if not isinstance(field, models.ForeignKey) or getattr(self, field.attname) is None:
                continue
            pointed = getattr(self, field.name) if field.is_cached(self) else getattr(self, field.attname)
            _check_pointer(field, pointed)

    @classmethod
    def sealed_fields(cls) -> list[models.ForeignKey[Any, Any]]:
        """The foreign keys of this model that point to rows of a hospital."""
        keys = [f for f in cls._meta.concrete_fields if isinstance(f, models.ForeignKey)]
        return [f for f in keys if issubclass(f.related_model, TenantModel)]

    def in_hospital(self) -> Self:
        """This row, checked against the open hospital: for callers that keep rows across requests."""
        self.check_hospital()
        return self


def _check_pointer(field: Any, value: Any) -> None:
    if not isinstance(field, models.ForeignKey) or not issubclass(field.related_model, TenantModel):
        return
    if value is None or _checked.get():
        return
    if hasattr(value, "resolve_expression"):
        raise WrongHospital(f"{field.name}: nobody can tell where an expression points")
    if isinstance(value, TenantModel):
        own = value.hospital_id == require_hospital_id()
    else:
        own = field.related_model.objects.filter(**{field.target_field.attname: value}).exists()
    if not own:
        raise WrongHospital(field.name)


def _check_raw_save(instance: models.Model, raw: bool = False, **_: Any) -> None:
    if raw and isinstance(instance, TenantModel):  # loaddata goes around save()
        instance.check_hospital()


pre_save.connect(_check_raw_save, dispatch_uid="clinic.core.tenancy.raw")


# --- the second wall plugs in here -------------------------------------------------------------------------------

Binder = Callable[[BaseDatabaseWrapper], None]
UNBOUND = object()
"""A connection that nobody bound yet: its session may still hold the hospital it served before."""
binders: list[Binder] = []


def bind(connection: BaseDatabaseWrapper) -> None:
    """Called before a connection's first statement under another hospital: row-level security hooks in here.

    A binder reads ``current_hospital_id()`` and may run statements, for example ``set_config('clinic.hospital', …)``.
    """
    for binder in binders:
        binder(connection)


def _bind_first(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    if binders:
        connection = context["connection"]
        current = _current.get()
        if getattr(connection, "bound_hospital", UNBOUND) != current:
            connection.bound_hospital = current  # set first: the binder's own statement comes through here again
            try:
                bind(connection)
            except BaseException:
                connection.bound_hospital = UNBOUND
                raise
    return execute(sql, params, many, context)


def _on_connect(sender: object, connection: BaseDatabaseWrapper, **_: Any) -> None:
    # A new session, or one out of a pool: whatever it served before, its first statement is bound, without an open
    # hospital too.
    connection.bound_hospital = UNBOUND  # type: ignore[attr-defined]
    if _bind_first not in connection.execute_wrappers:
        connection.execute_wrappers.append(_bind_first)


def install_bind() -> None:
    connection_created.connect(_on_connect, dispatch_uid="clinic.core.tenancy.bind")
