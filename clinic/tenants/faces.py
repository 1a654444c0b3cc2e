"""JSON faces of a hospital and its people. Secrets (codes, hashes) are in none of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time

from clinic.core.faces import Doc, by_asked, named, stamp, uuids
from clinic.core.tenancy import require_hospital_id
from clinic.live import registry
from clinic.tenants.models import ApiKey, Hospital, HospitalConfig, Invitation, JoinCode, Membership
from clinic.tenants.operations.hospitals import POLICIES

# These tables stand outside the hospitals, so each query here names the open one itself.


def hospitals(ids: list[str]) -> dict[str, Doc]:
    """The open hospital; another's id finds nothing."""
    rows = Hospital.objects.filter(pk__in=uuids(ids)).filter(pk=require_hospital_id())
    return by_asked(ids, {row.pk: hospital_doc(row) for row in rows})


def hospital_doc(row: Hospital) -> Doc:
    return {
        "id": str(row.pk), "version": row.version, "name": row.name, "slug": row.slug, "address": row.address,
        "phone": row.phone, "email": row.email, "time_zone": row.time_zone, "language": row.language,
        "currency": row.currency, "service_day_cut": row.service_day_cut.isoformat("minutes"), "status": row.status,
        "city": row.city, "npi": row.npi, "tax_id": row.tax_id, "taxonomy": row.taxonomy, "listed": row.listed,
    }  # fmt: skip


def memberships(ids: list[str]) -> dict[str, Doc]:
    """Members of the open hospital, revoked ones too."""
    here = Membership.objects.filter(hospital_id=require_hospital_id(), pk__in=uuids(ids))
    return by_asked(ids, {row.pk: membership_doc(row) for row in here.select_related("user")})


def membership_doc(row: Membership) -> Doc:
    return {
        "id": str(row.pk), "version": row.version, "user": named(row.user_id, row.user.name), "email": row.user.email,
        "roles": sorted(row.roles), "departments": sorted(row.department_ids), "active": row.is_active,
        "created_at": stamp(row.created_at),
    }  # fmt: skip


def join_codes(ids: list[str]) -> dict[str, Doc]:
    """Join codes without the code itself: it is shown once, to whoever made it."""
    rows = JoinCode.objects.filter(hospital_id=require_hospital_id(), pk__in=uuids(ids))
    return by_asked(ids, {row.pk: join_code_doc(row) for row in rows})


def join_code_doc(row: JoinCode) -> Doc:
    return {
        "id": str(row.pk), "role": row.role, "expires_at": stamp(row.expires_at), "used_at": stamp(row.used_at),
    }  # fmt: skip


def invitations(ids: list[str]) -> dict[str, Doc]:
    """Invitations; the link is in the mail alone."""
    rows = Invitation.objects.filter(hospital_id=require_hospital_id(), pk__in=uuids(ids))
    return by_asked(ids, {row.pk: invitation_doc(row) for row in rows})


def invitation_doc(row: Invitation) -> Doc:
    return {
        "id": str(row.pk), "version": row.version, "email": row.email, "roles": sorted(row.roles),
        "departments": sorted(row.department_ids), "invited_by": row.invited_by, "expires_at": stamp(row.expires_at),
        "accepted_at": stamp(row.accepted_at), "revoked_at": stamp(row.revoked_at),
    }  # fmt: skip


def policies(ids: list[str]) -> dict[str, Doc]:
    rows = HospitalConfig.objects.filter(pk__in=uuids(ids))
    return by_asked(ids, {row.pk: policies_doc(row) for row in rows})


def policies_doc(row: HospitalConfig) -> Doc:
    doc: Doc = {"id": str(row.pk), "version": row.version}
    for name in POLICIES:
        value = getattr(row, name)
        doc[name] = value.isoformat("minutes") if isinstance(value, time) else value
    return doc


def keys(ids: list[str]) -> dict[str, Doc]:
    """Keys of integrations without the keys themselves."""
    rows = ApiKey.objects.filter(hospital_id=require_hospital_id(), pk__in=uuids(ids))
    return by_asked(ids, {row.pk: key_doc(row) for row in rows})


def key_doc(row: ApiKey) -> Doc:
    return {
        "id": str(row.pk), "name": row.name, "prefix": row.prefix, "abilities": sorted(row.abilities),
        "expires_at": stamp(row.expires_at), "revoked_at": stamp(row.revoked_at),
    }  # fmt: skip


def _hospital_refs(_key: str) -> Iterable[str]:
    return [f"hospital:{require_hospital_id()}", *(row.ref for row in HospitalConfig.objects.all())]


def _member_refs(_key: str) -> Iterable[str]:
    here = require_hospital_id()
    members = Membership.objects.filter(hospital_id=here).order_by("id").values_list("pk", flat=True)
    codes = JoinCode.objects.filter(hospital_id=here).order_by("id").values_list("pk", flat=True)
    held = ApiKey.objects.filter(hospital_id=here).order_by("id").values_list("pk", flat=True)
    invited = Invitation.objects.filter(hospital_id=here).order_by("id").values_list("pk", flat=True)
    kinds = (("membership", members), ("join_code", codes), ("invitation", invited), ("api_key", held))
    return [f"{kind}:{pk}" for kind, pks in kinds for pk in pks]


def _own_refs(user_id: str) -> Iterable[str]:
    """``me``: the key is the subscriber's user id, put in by the stream, never by the client."""
    rows = Membership.objects.filter(hospital_id=require_hospital_id(), user_id__in=uuids([user_id]))
    return [row.ref for row in rows]


def register() -> None:
    registry.face("hospital", "hospital.view", hospitals)
    registry.face("hospital_config", "hospital.view", policies)
    registry.face("membership", "hospital.view", memberships)
    registry.face("join_code", "members.manage", join_codes)
    registry.face("invitation", "members.manage", invitations)
    registry.face("api_key", "keys.manage", keys)
    registry.topic("hospital", "hospital.view", _hospital_refs)
    registry.topic("members", "members.manage", _member_refs)
    registry.topic("me", "hospital.view", _own_refs)
