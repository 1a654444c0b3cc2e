"""Verbs of the phones that take notices: told which, told to stop, and forgotten when they or their links are gone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Invalid, NotAllowed, NotFound, constraints, say
from clinic.inbox import endpoints, links_to
from clinic.inbox.models import PushSubscription
from clinic.live.record import add_unless, change, drop, operation, record
from clinic.records.models import Patient
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig, PublicToken

EACH = 5
"""Phones of one link: the patient's, and those of whoever came along. Of a sixth the oldest makes place."""

say({
    "push.off": _("This clinic sends no notices."),
    "push.stopped": _("You asked us to send you nothing."),
    "push.no_service": _("Notices cannot be sent to this browser."),
    "push.known": _("This phone is told already."),
})  # fmt: skip
constraints({"pushsubscription_once": "push.known"})


def is_on() -> bool:
    """Whether this installation can send notices at all."""
    return bool(settings.VAPID_PRIVATE_KEY)


def digest_of(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()


@operation("messages.push")
def subscribe(purpose: str, about: str, *, endpoint: str, p256dh: str, auth: str, actor: Actor) -> PushSubscription:
    """Tell this browser from now on what whoever holds the link is told; the same browser twice is once."""
    patient = _allowed(about, actor)
    _check(endpoint, p256dh, auth)
    held = list(PushSubscription.objects.select_for_update(no_key=True).filter(about=about).order_by("id"))
    keys = {"p256dh": p256dh, "auth": auth}
    row = PushSubscription(
        patient=patient, purpose=purpose, about=about, endpoint=endpoint, digest=digest_of(endpoint),
        created_at=clock.now(), **keys,
    )  # fmt: skip
    known, is_new = add_unless(row, about=about, digest=row.digest)
    if not is_new:
        if change(known, **keys):
            record("push.subscribed", known)
        return known
    record("push.subscribed", known)
    for old in held[: max(0, len(held) + 1 - EACH)]:
        drop(old)
        record("push.unsubscribed", old)
    return known


def _allowed(about: str, actor: Actor) -> Patient:
    """The patient whose link it is; only the link's holder may, and only where something would be sent."""
    if actor.kind != "patient" or actor.id != about:
        raise NotFound()
    patient = links_to.patient_of(about)
    if patient is None:
        raise NotFound()
    if days.policies().tell_by == HospitalConfig.NONE:
        raise NotAllowed("push.off")
    if patient.message_opt_out:
        raise NotAllowed("push.stopped")
    return patient


@operation("messages.push")
def unsubscribe(about: str, *, digest: str, actor: Actor) -> bool:
    """Tell this browser nothing more of what the link leads to; whether it was told. Twice is once."""
    if actor.kind != "patient" or actor.id != about:
        raise NotFound()
    row = PushSubscription.objects.select_for_update(no_key=True).filter(about=about, digest=digest).first()
    if row is None:
        return False
    drop(row)
    record("push.unsubscribed", row)
    return True


@operation("messages.send")
def forget(rows: Iterable[PushSubscription], *, actor: Actor) -> None:
    """Drop phones that are gone, as the push service says, or whose links are over. Twice is once."""
    keys = [row.pk for row in rows]
    held = list(PushSubscription.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("id"))
    for row in held:
        drop(row)
        record("push.ended", row)


# --- who hears -------------------------------------------------------------------------------------------------------


def of(about: str) -> list[PushSubscription]:
    """The phones that hear what a message about this says: those whose links still work. One query where none does."""
    if not is_on():
        return []
    rows = PushSubscription.objects.filter(about__in=links_to.heard_by(about)).order_by("id")
    first = {row.digest: row for row in _live(list(rows))}  # a phone may have come by both links: it is told once
    return list(first.values())


def digests(about: str) -> list[str]:
    """What the page of a link says of the phones that are told: enough for a browser to know itself."""
    return list(PushSubscription.objects.filter(about=about).order_by("id").values_list("digest", flat=True))


def ended(limit: int = 500) -> list[PushSubscription]:
    """Those whose links are over."""
    links = PublicToken.objects.filter(purpose=OuterRef("purpose"), target=OuterRef("about"))
    works = links.filter(expires_at__gt=clock.now())
    return list(PushSubscription.objects.filter(~Exists(works)).order_by("id")[:limit])


def has_phone(patient: Patient) -> bool:
    """Whether the patient has a phone that takes notices of something."""
    return is_on() and bool(PushSubscription.objects.filter(patient=patient).exists())


def takes(column: str) -> Exists:
    """Whether the patient in this column has a phone that takes notices, as a condition."""
    return Exists(PushSubscription.objects.filter(patient=OuterRef(column)))


def _live(rows: list[PushSubscription]) -> list[PushSubscription]:
    if not rows:
        return []
    tokens = PublicToken.objects.filter(target__in={row.about for row in rows}, expires_at__gt=clock.now())
    works = set(tokens.values_list("purpose", "target"))
    return [row for row in rows if (row.purpose, row.about) in works]


def _check(endpoint: str, p256dh: str, auth: str) -> None:
    """Refuse what no browser gives: an endpoint of nobody we know (it is a stranger's word, and we would call it)."""
    if not endpoints.is_known(endpoint):
        raise Invalid("push.no_service", endpoint=["unknown"])
    if not endpoints.are_keys(p256dh, auth):
        raise Invalid("row.invalid", keys=["invalid"])
