"""REST: the hospital, its policies, its members, join codes and keys."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet, Shown
from clinic.core.api_fields import ById, ReasonBody
from clinic.core.api_told import answers
from clinic.core.limits import limit
from clinic.core.tenancy import require_hospital_id
from clinic.tenants import days, operations
from clinic.tenants.faces import hospital_doc, invitation_doc, join_code_doc, key_doc, membership_doc, policies_doc
from clinic.tenants.models import ApiKey, Invitation, JoinCode, Membership
from clinic.tenants.policy_serializers import PoliciesBody, PoliciesDoc
from clinic.tenants.serializers import (
    HospitalBody,
    HospitalDoc,
    InvitationBody,
    InvitationDoc,
    JoinCodeBody,
    JoinCodeDoc,
    KeyBody,
    KeyDoc,
    MembershipBody,
    MembershipDoc,
    NewJoinCodeDoc,
    NewKeyDoc,
    ReceptionistBody,
)

INVITATIONS = (200, 3600)
"""Mails that invite, in an hour, by one hospital."""


class HospitalViewSet(HouseViewSet):
    """The hospital the caller works in."""

    tag = "hospital"

    @needs("hospital.view")
    @answers(HospitalDoc, versioned=True)
    def retrieve(self, request: Request) -> Response:
        """The hospital."""
        return self.answer(self.one(hospital_doc(days.current_hospital())))

    @needs("hospital.manage")
    @answers(HospitalDoc, body=HospitalBody, versioned=True, example={"phone": "+33 1 23 45 67 89"})
    def partial_update(self, request: Request) -> Response:
        """Change what the hospital says of itself."""
        row = days.current_hospital()
        self.match(row)
        verb = partial(operations.change_hospital, row, actor=self.actor, **self.body)
        return self.act(verb, lambda changed: self.one(hospital_doc(changed)))

    @needs("hospital.view")
    @answers(PoliciesDoc, versioned=True)
    def policies(self, request: Request) -> Response:
        """The hospital's policies."""
        return self.answer(self.one(policies_doc(days.policies())))

    @needs("hospital.manage")
    @answers(PoliciesDoc, body=PoliciesBody, versioned=True, example={"skip_places": 2})
    def change_policies(self, request: Request) -> Response:
        """Change policies; they hold from the next act on."""
        row = days.policies()
        self.match(row)
        verb = partial(operations.change_policies, row, actor=self.actor, **self.body)
        return self.act(verb, lambda changed: self.one(policies_doc(changed)))


class MembershipViewSet(HouseViewSet):
    """The people of the hospital. Nobody changes their own membership."""

    tag = "memberships"

    def _all(self) -> Any:
        return Membership.objects.filter(hospital_id=require_hospital_id()).select_related("user")

    @needs("members.manage")
    @answers(MembershipDoc, query=ById, paged=True)
    def list(self, request: Request) -> Response:
        """Members, revoked ones too."""
        return self.page(self._all(), self.query["ordering"], lambda rows: [membership_doc(row) for row in rows])

    @needs("members.manage")
    @answers(MembershipDoc, versioned=True)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One member."""
        return self.answer(self.one(membership_doc(self.row(self._all(), pk))))

    @needs("members.manage")
    @answers(
        MembershipDoc, body=MembershipBody, versioned=True,
        refusals=["MEMBERSHIP_OWN", "MEMBERSHIP_LAST_OWNER", "MEMBERSHIP_RUNS_ALL"],
        example={"roles": ["doctor", "nurse"], "departments": []},
    )  # fmt: skip
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Give a member exactly these roles and departments (empty: all); their sessions end."""
        row = self.row(self._all(), pk)
        self.match(row)
        return self.act(partial(operations.change_member, row, actor=self.actor, **self.body), _member)

    @needs("members.manage")
    @answers(
        MembershipDoc, body=ReasonBody, refusals=["MEMBERSHIP_OWN", "MEMBERSHIP_LAST_OWNER"],
        example={"reason": "Left the clinic"},
    )  # fmt: skip
    def revoke(self, request: Request, pk: UUID) -> Response:
        """End a membership; its pages, sockets and tokens close."""
        row = self.row(self._all(), pk)
        return self.act(partial(operations.revoke_member, row, reason=self.body["reason"], actor=self.actor), _member)

    @needs("members.manage")
    @answers(MembershipDoc, refusals=["MEMBERSHIP_OWN"])
    def restore(self, request: Request, pk: UUID) -> Response:
        """Let a revoked member in again."""
        return self.act(partial(operations.restore_member, self.row(self._all(), pk), actor=self.actor), _member)


def _member(row: Membership) -> Shown:
    doc = membership_doc(row)
    return Shown(doc, headers={"ETag": f'"{row.version}"'})


class JoinCodeViewSet(HouseViewSet):
    """Codes with which newcomers join, one person and one role each."""

    tag = "join-codes"

    def _all(self) -> Any:
        return JoinCode.objects.filter(hospital_id=require_hospital_id())

    @needs("members.manage")
    @answers(JoinCodeDoc, query=ById, paged=True)
    def list(self, request: Request) -> Response:
        """Join codes, without the codes."""
        return self.page(self._all(), self.query["ordering"], lambda rows: [join_code_doc(row) for row in rows])

    @needs("members.manage")
    @answers(NewJoinCodeDoc, 201, body=JoinCodeBody, example={"role": "nurse", "days": 7})
    def create(self, request: Request) -> Response:
        """A new join code; the code itself is in this answer and in no other."""
        return self.act(partial(operations.create_join_code, actor=self.actor, **self.body), _new_code, status=201)

    @needs("members.manage")
    @answers(NewJoinCodeDoc, 201, body=ReceptionistBody, example={"days": 2})
    def receptionist(self, request: Request) -> Response:
        """A join code for a receptionist."""
        verb = partial(operations.create_join_code, "receptionist", actor=self.actor, **self.body)
        return self.act(verb, _new_code, status=201)

    @needs("members.manage")
    @answers(None, 204, refusals=["JOIN_CODE_USED"])
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Take back a code that nobody has used."""
        verb = partial(operations.revoke_join_code, self.row(self._all(), pk), actor=self.actor)
        return self.act(verb, lambda _: Shown(None, 204))


def _new_code(row: JoinCode) -> dict[str, Any]:
    return {**join_code_doc(row), "code": row.code}


class InvitationViewSet(HouseViewSet):
    """Invitations by e-mail: for one address, used once, over after a week."""

    tag = "invitations"

    def _all(self) -> Any:
        return Invitation.objects.filter(hospital_id=require_hospital_id())

    @needs("members.manage")
    @answers(InvitationDoc, query=ById, paged=True)
    def list(self, request: Request) -> Response:
        """Invitations, accepted ones and those taken back too."""
        return self.page(self._all(), self.query["ordering"], lambda rows: [invitation_doc(row) for row in rows])

    @needs("members.manage")
    @answers(InvitationDoc)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One invitation."""
        return Response(invitation_doc(self.row(self._all(), pk)))

    @needs("members.manage")
    @answers(
        InvitationDoc, 201, body=InvitationBody, limited=True, refusals=["INVITATION_EXISTS", "MEMBERSHIP_EXISTS"],
        example={"email": "noor@harbor.example", "roles": ["nurse"]},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Invite somebody; the mail with the link goes out by itself."""
        limit("invite", str(require_hospital_id()), *INVITATIONS)
        verb = partial(operations.invite, actor=self.actor, **self.body)
        return self.act(verb, invitation_doc, status=201)

    @needs("members.manage")
    @answers(InvitationDoc, limited=True, refusals=["INVITATION_ACCEPTED", "INVITATION_TAKEN_BACK"])
    def resend(self, request: Request, pk: UUID) -> Response:
        """Send the mail again, with a new link and a new week."""
        limit("invite", str(require_hospital_id()), *INVITATIONS)
        row = self.row(self._all(), pk)
        return self.act(partial(operations.resend_invitation, row, actor=self.actor), invitation_doc)

    @needs("members.manage")
    @answers(InvitationDoc, refusals=["INVITATION_ACCEPTED"])
    def take_back(self, request: Request, pk: UUID) -> Response:
        """End an invitation: its link no longer works."""
        row = self.row(self._all(), pk)
        return self.act(partial(operations.take_back_invitation, row, actor=self.actor), invitation_doc)


class KeyViewSet(HouseViewSet):
    """Keys of integrations."""

    tag = "api-keys"

    def _all(self) -> Any:
        return ApiKey.objects.filter(hospital_id=require_hospital_id())

    @needs("keys.manage")
    @answers(KeyDoc, query=ById, paged=True)
    def list(self, request: Request) -> Response:
        """Keys, without the keys."""
        return self.page(self._all(), self.query["ordering"], lambda rows: [key_doc(row) for row in rows])

    @needs("keys.manage")
    @answers(NewKeyDoc, 201, body=KeyBody, example={"name": "Check-in kiosk", "abilities": ["queues.intake"]})
    def create(self, request: Request) -> Response:
        """A new key with some of the caller's own abilities; the key is in this answer and in no other."""
        verb = partial(operations.create_key, actor=self.actor, **self.body)
        return self.act(verb, lambda made: {**key_doc(made[0]), "key": made[1]}, status=201)

    @needs("keys.manage")
    @answers(KeyDoc)
    def revoke(self, request: Request, pk: UUID) -> Response:
        """End a key at once."""
        return self.act(partial(operations.revoke_key, self.row(self._all(), pk), actor=self.actor), key_doc)
