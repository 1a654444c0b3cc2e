"""The log: what happened, in commit order, per hospital. Append-only; nothing here points into other tables."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.core.tenancy import TenantModel

GENESIS = "0" * 64
"""The chain's head before the first event."""


class Clock(models.Model):
    """One row per hospital: the last ``seq`` and the head of the hash chain. The last lock of every operation."""

    hospital = models.OneToOneField(
        "tenants.Hospital", on_delete=models.PROTECT, primary_key=True, related_name="+", editable=False
    )
    seq = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, default=GENESIS)

    def __str__(self) -> str:
        return f"{self.hospital_id}@{self.seq}"


class LogModel(TenantModel):
    """A log row: an integer id, and a hospital without a database constraint (the log outlives what it tells of)."""

    id = models.BigAutoField(primary_key=True)
    hospital = models.ForeignKey(
        "tenants.Hospital", on_delete=models.DO_NOTHING, related_name="+", editable=False, db_constraint=False,
        db_index=False,
    )  # fmt: skip

    class Meta(TenantModel.Meta):
        abstract = True


class Event(LogModel):
    """One act. ``changes`` is ``{ref: {"op", "fields": {field: [before, after]}, "personal": [field, …]}}``.

    ``op`` is the seq of the first event of the same operation: complete-and-call is two events and one ``op``.
    ``digest`` covers name, at, actor, subjects, changes and the salted digest of the detail; the chain folds
    ``head' = sha256(head ‖ seq ‖ digest)``, so an erased detail leaves it verifiable (domain/6 R6.12).
    """

    seq = models.BigIntegerField(_("number"))
    op = models.BigIntegerField()
    name = models.CharField(_("what"), max_length=64)
    at = models.DateTimeField(_("when"))
    actor = models.JSONField()
    subjects = models.JSONField()
    topics = models.JSONField()
    changes = models.JSONField()
    reason = models.TextField(_("reason"), blank=True)
    salt = models.CharField(max_length=32)
    detail_digest = models.CharField(max_length=64)
    digest = models.CharField(_("digest"), max_length=64)

    class Meta(LogModel.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "seq"], name="event_seq_unique"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["hospital", "at"], name="event_at")]
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def __str__(self) -> str:
        return f"{self.seq} {self.name}"


class EventRef(LogModel):
    """Answers "what happened to X": one row per subject of an event."""

    ref = models.CharField(max_length=80)
    seq = models.BigIntegerField()

    class Meta(LogModel.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "ref", "seq"], name="eventref_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.ref}@{self.seq}"


class EventDetail(LogModel):
    """The values of personal fields, ``{ref: {field: [before, after]}}``; may be erased, the chain stays whole."""

    seq = models.BigIntegerField()
    values = models.JSONField()

    class Meta(LogModel.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "seq"], name="eventdetail_seq_unique"),
        ]

    def __str__(self) -> str:
        return str(self.seq)


class Reaction(LogModel):
    """The outbox: one row per event and reaction, claimed by compare-and-set with a lease, swept when missed."""

    PENDING, RUNNING, DONE, FAILED = "pending", "running", "done", "failed"
    STATES = ((PENDING, _("pending")), (RUNNING, _("running")), (DONE, _("done")), (FAILED, _("failed")))

    seq = models.BigIntegerField()
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=STATES, default=PENDING)
    lease_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta(LogModel.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "seq", "name"], name="reaction_once"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["hospital", "seq"], name="reaction_open", condition=models.Q(state__in=["pending", "running"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}@{self.seq} {self.state}"
