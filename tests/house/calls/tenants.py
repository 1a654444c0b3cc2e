from __future__ import annotations

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.utils import timezone

from clinic.core.access import Actor
from clinic.core.tenancy import hospital
from clinic.tenants import links, people
from clinic.tenants import operations as tenants
from clinic.tenants.models import HospitalConfig, Invitation, Membership, PublicToken
from clinic.tenants.passwords import Password, new_password
from tests.house.examples import EACH, REFUSED, SAME, Call, example
from tests.world import PASSWORD, House

OWN_PAGE = "the person's own pages are not live"
PEOPLE = "members, codes and keys are managed on pages that are not live"


def visitor(house: House) -> Actor:
    return people.visitor("Zoe")


def nurse(house: House) -> Actor:
    return people.person(house.users["nurse"])


def a_password() -> Password:
    return new_password(PASSWORD + " and more")


@example(tenants.register, twice=REFUSED, actor=visitor, platform=True, quiet=OWN_PAGE)
def _register(house: House) -> Call:
    return Call(
        email="zoe@new.example", name="Zoe", password=a_password(), hospital="New Clinic", time_zone="Europe/Paris"
    )


@example(tenants.open_hospital, twice=EACH, actor=nurse, platform=True, quiet=OWN_PAGE)
def _open_hospital(house: House) -> Call:
    return Call(house.users["nurse"], hospital="Second Clinic")


def code(house: House) -> str:
    with hospital(house.hospital):
        return tenants.create_join_code("biller", actor=house.actor("owner")).code


@example(tenants.join_as_new, twice=REFUSED, actor=visitor, platform=True, quiet=OWN_PAGE)
def _join_as_new(house: House) -> Call:
    return Call(code(house), email="zoe@new.example", name="Zoe", password=a_password())


@example(tenants.join, twice=SAME, actor=nurse, platform=True, quiet=OWN_PAGE)
def _join(house: House) -> Call:
    return Call(code(house), user=house.users["nurse"])


@example(tenants.change_profile, twice=SAME, actor=nurse, platform=True, quiet=OWN_PAGE)
def _change_profile(house: House) -> Call:
    return Call(house.users["nurse"], name="Zebulon Quux")


@example(tenants.change_password, twice=EACH, actor=nurse, platform=True, quiet=OWN_PAGE)
def _change_password(house: House) -> Call:
    return Call(house.users["nurse"], password=a_password())


@example(tenants.sign_out_everywhere, twice=SAME, actor=nurse, platform=True, quiet=OWN_PAGE)
def _sign_out_everywhere(house: House) -> Call:
    return Call(house.users["nurse"], at=house.users["nurse"].created_at)


@example(tenants.end_session, twice=REFUSED, actor=nurse, platform=True, quiet=OWN_PAGE)
def _end_session(house: House) -> Call:
    row = UserSession.objects.create(user=house.users["nurse"], session_key="x" * 32, ip="127.0.0.1")
    return Call(house.users["nurse"], row.pk)


@example(tenants.note_sign_in, twice=EACH, actor=nurse, platform=True, quiet=OWN_PAGE)
def _note_sign_in(house: House) -> Call:
    return Call(house.users["nurse"])


@example(tenants.note_sign_out, twice=EACH, actor=nurse, platform=True, quiet=OWN_PAGE)
def _note_sign_out(house: House) -> Call:
    return Call(house.users["nurse"])


@example(tenants.create_join_code, twice=EACH, quiet=PEOPLE, foreign=False)
def _create_join_code(house: House) -> Call:
    return Call("nurse")


@example(tenants.revoke_join_code, twice=REFUSED, quiet=PEOPLE)
def _revoke_join_code(house: House) -> Call:
    return Call(tenants.create_join_code("nurse", actor=house.actor("owner")))


@example(tenants.change_roles, twice=SAME, quiet=PEOPLE)
def _change_roles(house: House) -> Call:
    return Call(house.memberships["nurse"], ["biller"])


@example(tenants.revoke_member, twice=SAME, quiet=PEOPLE)
def _revoke_member(house: House) -> Call:
    return Call(house.memberships["nurse"], reason="moved away")


@example(tenants.restore_member, twice=SAME, quiet=PEOPLE)
def _restore_member(house: House) -> Call:
    return Call(tenants.revoke_member(house.memberships["nurse"], actor=house.actor("owner")))


@example(tenants.create_key, twice=EACH, quiet=PEOPLE)
def _create_key(house: House) -> Call:
    return Call(name="Laboratory", abilities=["queues.view"])


@example(tenants.revoke_key, twice=SAME, quiet=PEOPLE)
def _revoke_key(house: House) -> Call:
    return Call(tenants.create_key(name="x", abilities=["queues.view"], actor=house.actor("owner"))[0])


@example(tenants.change_hospital, twice=SAME, quiet="no board names the hospital")
def _change_hospital(house: House) -> Call:
    return Call(house.hospital, phone="+33 1 23")


@example(tenants.change_policies, twice=SAME)
def _change_policies(house: House) -> Call:
    return Call(HospitalConfig.objects.get(), skip_places=5)


@example(tenants.suspend_hospital, twice=SAME, quiet="its doors close; boards are not redrawn")
def _suspend_hospital(house: House) -> Call:
    return Call(house.hospital, reason="unpaid")


@example(tenants.reopen_hospital, twice=SAME, quiet="its doors open; boards are not redrawn")
def _reopen_hospital(house: House) -> Call:
    return Call(tenants.suspend_hospital(house.hospital, actor=house.actor("owner")))


@example(tenants.change_member, twice=SAME, quiet=PEOPLE)
def _change_member(house: House) -> Call:
    return Call(house.memberships["nurse"], roles=["biller"], is_active=False)


@example(tenants.change_departments, twice=SAME, quiet=PEOPLE)
def _change_departments(house: House) -> Call:
    return Call(house.memberships["nurse"], [house.department.pk])


def invitation(house: House, email: str = "zoe@new.example") -> Invitation:
    with hospital(house.hospital):
        return tenants.invite(email, roles=["biller"], actor=house.actor("owner"))


def invited(house: House, email: str = "zoe@new.example") -> str:
    return links.sent_once(PublicToken.INVITE, invitation(house, email).ref) or ""


@example(tenants.invite, twice=REFUSED, quiet=PEOPLE, foreign=False)
def _invite(house: House) -> Call:
    return Call("zoe@new.example", roles=["nurse"])


@example(tenants.resend_invitation, twice=EACH, quiet=PEOPLE)
def _resend_invitation(house: House) -> Call:
    return Call(invitation(house))


@example(tenants.take_back_invitation, twice=SAME, quiet=PEOPLE)
def _take_back_invitation(house: House) -> Call:
    return Call(invitation(house))


@example(tenants.accept_as_new, twice=REFUSED, actor=visitor, platform=True, quiet=OWN_PAGE)
def _accept_as_new(house: House) -> Call:
    return Call(invited(house), name="Zoe", password=a_password())


@example(tenants.accept_invitation, twice=REFUSED, actor=nurse, platform=True, quiet=OWN_PAGE)
def _accept_invitation(house: House) -> Call:
    Membership.objects.filter(pk=house.memberships["nurse"].pk).update(is_active=False)  # members are not invited
    return Call(invited(house, house.users["nurse"].email), user=house.users["nurse"])


@example(tenants.ask_confirmation, twice=EACH, actor=nurse, platform=True, quiet=OWN_PAGE)
def _ask_confirmation(house: House) -> Call:
    return Call(house.users["nurse"])


def mailed(house: House, purpose: str) -> str:
    user = house.users["nurse"]
    links.issue_once(purpose, user.ref, timezone.now() + timedelta(hours=1))
    return links.sent_once(purpose, user.ref) or ""


@example(tenants.confirm_address, twice=REFUSED, actor=visitor, platform=True, quiet=OWN_PAGE)
def _confirm_address(house: House) -> Call:
    return Call(mailed(house, PublicToken.CONFIRM))


@example(tenants.ask_reset, twice=EACH, actor=visitor, platform=True, quiet=OWN_PAGE)
def _ask_reset(house: House) -> Call:
    return Call(house.users["nurse"].email)


@example(tenants.reset_password, twice=REFUSED, actor=visitor, platform=True, quiet=OWN_PAGE)
def _reset_password(house: House) -> Call:
    return Call(mailed(house, PublicToken.RESET), password=a_password())
