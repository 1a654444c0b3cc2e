"""Samples of the hospital and its people."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from clinic.tenants import links, operations
from clinic.tenants.models import Invitation, PublicToken
from tests.api.samples.base import Request, get, sample
from tests.api.samples.made import key
from tests.world import PASSWORD, House


@sample("hospital_partial_update")
def change_hospital(house: House) -> Request:
    return Request("PATCH", "hospital", {"phone": "+33 1 23 45 67 89"})


@sample("hospital_change_policies")
def change_policies(house: House) -> Request:
    return Request("PATCH", "hospital/policies", {"skip_places": 5})


@sample("memberships_partial_update")
def change_roles(house: House) -> Request:
    body = {"roles": ["biller", "nurse"], "departments": [str(house.department.pk)]}
    return Request("PATCH", f"memberships/{house.memberships['biller'].pk}", body)


@sample("memberships_revoke")
def revoke_member(house: House) -> Request:
    return Request("POST", f"memberships/{house.memberships['biller'].pk}/revoke", {"reason": "Left"})


@sample("memberships_restore")
def restore_member(house: House) -> Request:
    member = house.memberships["biller"]
    with house.open():
        operations.revoke_member(member, actor=house.actor("owner"))
    return Request("POST", f"memberships/{member.pk}/restore", {})


def _invitation(house: House, email: str = "") -> Invitation:
    email = email or f"noor{Invitation.objects.count()}@new.example"
    with house.open():
        return operations.invite(email, roles=["nurse"], actor=house.actor("owner"))


get("invitations_retrieve", lambda house: f"invitations/{_invitation(house).pk}")


@sample("invitations_create")
def invite(house: House) -> Request:
    email = f"noor{Invitation.objects.count()}@new.example"
    body = {"email": email, "roles": ["nurse"], "departments": [str(house.department.pk)]}
    return Request("POST", "invitations", body, 201)


@sample("invitations_resend")
def resend_invitation(house: House) -> Request:
    return Request("POST", f"invitations/{_invitation(house).pk}/resend", {})


@sample("invitations_take_back")
def take_back_invitation(house: House) -> Request:
    return Request("POST", f"invitations/{_invitation(house).pk}/take-back", {})


@sample("auth_accept")
def accept_invitation(house: House) -> Request:
    with house.open():
        operations.revoke_member(house.memberships["biller"], actor=house.actor("owner"))
    email = house.users["biller"].email
    known = Invitation.objects.filter(email=email, accepted_at=None).first()
    row = known or _invitation(house, email)
    token = links.sent_once(PublicToken.INVITE, row.ref)
    return Request("POST", "auth/accept-invitation", {"token": token}, role="biller")


@sample("auth_ask_reset")
def ask_reset(house: House) -> Request:
    return Request("POST", "auth/password-reset", {"email": house.users["nurse"].email}, 204, role="")


def _mailed(house: House, purpose: str) -> str:
    user = house.users["nurse"]
    links.issue_once(purpose, user.ref, timezone.now() + timedelta(hours=1))
    return links.sent_once(purpose, user.ref) or ""


@sample("auth_reset")
def reset_password(house: House) -> Request:
    body = {"token": _mailed(house, PublicToken.RESET), "password": PASSWORD + " too"}
    return Request("POST", "auth/password-reset/finish", body, 204, role="")


@sample("auth_confirm")
def confirm_address(house: House) -> Request:
    return Request("POST", "auth/confirm", {"token": _mailed(house, PublicToken.CONFIRM)}, 204, role="")


@sample("join_codes_create")
def create_join_code(house: House) -> Request:
    return Request("POST", "join-codes", {"role": "nurse", "days": 3}, 201)


@sample("join_codes_receptionist")
def receptionist_code(house: House) -> Request:
    return Request("POST", "receptionists", {}, 201)


@sample("join_codes_destroy")
def revoke_join_code(house: House) -> Request:
    with house.open():
        code = operations.create_join_code("nurse", actor=house.actor("owner"))
    return Request("DELETE", f"join-codes/{code.pk}", None, 204)


@sample("api_keys_create")
def create_api_key(house: House) -> Request:
    until = (timezone.now() + timedelta(days=30)).isoformat()
    return Request("POST", "api-keys", {"name": "Kiosk", "abilities": ["queues.view"], "expires_at": until}, 201)


@sample("api_keys_revoke")
def revoke_api_key(house: House) -> Request:
    return Request("POST", f"api-keys/{key(house, 'queues.view')[0].pk}/revoke", {})
