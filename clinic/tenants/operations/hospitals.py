"""Verbs of a hospital itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from clinic.core.access import Actor
from clinic.core.errors import Invalid, NotAllowed
from clinic.live.models import Event, EventRef
from clinic.live.record import change, operation, record
from clinic.tenants.models import Hospital, HospitalConfig
from clinic.tenants.operations.checks import here, valid

FIELDS = (
    "name", "address", "phone", "email", "time_zone", "language", "currency", "service_day_cut", "city",
    "npi", "tax_id", "taxonomy", "listed",
)  # fmt: skip
NOT_POLICIES = {"id", "version", "hospital"}
POLICIES = tuple(field.name for field in HospitalConfig._meta.concrete_fields if field.name not in NOT_POLICIES)


@operation("hospital.manage")
def change_hospital(hospital: Hospital, *, actor: Actor, **fields: Any) -> Hospital:
    """Change what the hospital says of itself; pages and public screens follow."""
    here(hospital.pk)
    if change(hospital, **valid(hospital, fields, allowed=FIELDS)):
        record("hospital.changed", hospital)
    return hospital


@operation("hospital.manage")
def change_policies(config: HospitalConfig, *, actor: Actor, **fields: Any) -> HospitalConfig:
    """Change policies (R1.9); they hold from the next act on."""
    here(config.hospital_id)
    told = valid(config, fields, allowed=POLICIES)
    _fit_together(lambda name: told.get(name, getattr(config, name)))
    if change(config, **told):
        record("hospital.policies_changed", config)
    return config


MOST = {
    "call_gap": 3600, "call_total": 3600, "aged_urgent": 1440, "aged_vip": 1440, "aged_carried_over": 1440,
    "queue_soft_limit": 10_000, "queue_hard_limit": 10_000,
}  # fmt: skip
"""More than this is a slip of the hand."""


def _fit_together(now: Callable[[str], Any]) -> None:
    """What two policies must not say together, said at the field."""
    wrong = {name: [_("At most %d.") % most] for name, most in MOST.items() if (now(name) or 0) > most}
    soft, hard = now("queue_soft_limit"), now("queue_hard_limit")
    if soft is not None and hard is not None and soft > hard:
        wrong["queue_soft_limit"] = [_("A line warns before it is full: at most %d.") % hard]
    if now("aged_vip") > now("aged_urgent"):
        wrong["aged_vip"] = [_("At most the head start of urgent: %d minutes.") % now("aged_urgent")]
    if now("aged_carried_over") > now("aged_vip"):
        wrong["aged_carried_over"] = [_("At most the head start of VIP: %d minutes.") % now("aged_vip")]
    if (now("mute_from") is None) != (now("mute_until") is None):
        lacking = "mute_from" if now("mute_from") is None else "mute_until"
        wrong[lacking] = [_("Silence needs a beginning and an end.")]
    if wrong:
        raise Invalid("row.invalid", None, **wrong)


@operation("hospital.close")
def suspend_hospital(hospital: Hospital, *, reason: str = "", actor: Actor) -> Hospital:
    """Close the hospital's doors (R1.4): only owners come in, public pages end, nothing is deleted."""
    here(hospital.pk)
    if change(hospital, status=Hospital.SUSPENDED):
        record("hospital.suspended", hospital, reason=reason)
    return hospital


@operation("hospital.close")
def reopen_hospital(hospital: Hospital, *, actor: Actor) -> Hospital:
    """Open a suspended hospital again. What the platform has suspended only the platform opens."""
    here(hospital.pk)
    if actor.kind != "system" and suspended_by_platform(hospital):
        raise NotAllowed("hospital.platform_suspended")
    if change(hospital, status=Hospital.ACTIVE):
        record("hospital.reopened", hospital)
    return hospital


def suspended_by_platform(hospital: Hospital) -> bool:
    """Whether whoever runs the installation suspended it, and not an owner: the log knows."""
    seqs = EventRef.objects.filter(ref=hospital.ref).values("seq")
    last = Event.objects.filter(seq__in=seqs, name="hospital.suspended").order_by("-seq").first()
    return hospital.status == Hospital.SUSPENDED and last is not None and last.actor["kind"] == "system"
