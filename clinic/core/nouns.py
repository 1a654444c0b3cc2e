"""The bases of every noun: an id that sorts by time, a version that settles races, and how it is named in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.db import models
from uuid_utils.compat import uuid7

from clinic.core.tenancy import TenantModel


def new_id() -> UUID:
    """A UUID version 7: unguessable enough for an address, and in order of creation for an index."""
    return uuid7()


if TYPE_CHECKING:
    _UUIDField = models.UUIDField[str | UUID, UUID]
else:
    _UUIDField = models.UUIDField


class IdField(_UUIDField):
    """A noun's key. Migrations see Django's own field: they import none of our code, and the default is Python's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"primary_key": True, "default": new_id, "editable": False, **options})

    def deconstruct(self) -> Any:
        name, _path, args, options = super().deconstruct()
        options.pop("default", None)
        return name, "django.db.models.UUIDField", args, options


class Versioned(models.Model):
    """A row that changes only through ``live.record.change``: compare-and-set on ``version``."""

    id = IdField()
    version = models.PositiveIntegerField(default=1, editable=False)

    kind: ClassVar[str] = ""
    """The noun in the log and on the wire: ``visit`` in ``visit:0190…``."""
    personal: ClassVar[frozenset[str]] = frozenset()
    """Fields whose values go to ``EventDetail``, which may be erased, and never into ``Event.changes``."""
    unlogged: ClassVar[frozenset[str]] = frozenset()
    """Fields whose values are secrets (a password's hash): the log says that they changed, never to what."""

    class Meta:
        abstract = True

    @property
    def ref(self) -> str:
        return f"{self.kind}:{self.pk}"

    def _get_FIELD_display(self, field: models.Field[Any, Any]) -> Any:  # noqa: N802  Django's name
        """Only the word that is shown is translated: Django translates all the choices, each time."""
        value = getattr(self, field.attname)
        return next((str(label) for key, label in field.flatchoices if key == value), value)

    def live_topics(self) -> tuple[str, ...]:
        """Topics a change of this row rings, from its own columns only (it runs on every change)."""
        return ()


class Noun(Versioned, TenantModel):
    """A versioned row of one hospital."""

    class Meta(TenantModel.Meta):
        abstract = True


def split_ref(ref: str) -> tuple[str, str]:
    """``"visit:0190…"`` → ``("visit", "0190…")``; raises ValueError for anything else."""
    kind, separator, key = ref.partition(":")
    if not (kind and separator and key):
        raise ValueError(f"not a reference: {ref!r}")
    return kind, key
