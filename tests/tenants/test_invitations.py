"""Invitations by e-mail (R1.3): for one address, used once, over after a week, taken back at any time."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone

from clinic.core.errors import Conflict, Forbidden, Invalid, NotAllowed, NotFound
from clinic.live import outbox
from clinic.live.models import Event
from clinic.tenants import links, operations, people
from clinic.tenants.models import PLATFORM_ID, Hospital, Invitation, Membership, PublicToken, User
from clinic.tenants.passwords import new_password
from tests.api.client import Api, api
from tests.elsewhere import second_department
from tests.tenants.test_sign_in import sign_in, signed_in
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.3")]
ADDRESS = "noor@new.example"
WORD = "a long new password"
LINK = re.compile(r"http\S+?(/(?:invited|confirm|reset)/[\w-]+/)")


def invite(house: House, email: str = ADDRESS, role: str = "owner", **more: Any) -> Invitation:
    with house.open():
        return operations.invite(email, roles=more.pop("roles", ["nurse"]), actor=house.actor(role), **more)


def token_of(row: Invitation) -> str:
    token = links.sent_once(PublicToken.INVITE, row.ref)
    assert token
    return token


def mailed(house: House | None = None) -> str:
    """The way in the newest mail, after the reactions have run."""
    outbox.run(house.hospital.pk if house else PLATFORM_ID)
    found = LINK.search(str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[1]


def newest() -> EmailMultiAlternatives:
    message = mail.outbox[-1]
    assert isinstance(message, EmailMultiAlternatives)
    return message


def accept(world: World, token: str, name: str = "Noor") -> Membership:
    with people.platform():
        return operations.accept_as_new(token, name=name, password=new_password(WORD), actor=people.visitor(name))


def test_an_invitation_is_mailed_and_accepted_by_somebody_new(world: World) -> None:
    house = world.harbor
    skin = second_department(house)
    invite(house, " Noor@NEW.example ", roles=["nurse", "biller"], departments=[skin.department.pk])
    where = mailed(house)
    message = newest()
    assert message.to == [ADDRESS]
    assert "Harbor Clinic" in message.subject
    assert where in str(message.alternatives[0][0])
    client = Client()
    page = client.get(where)
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "same-origin"
    assert ADDRESS in page.content.decode()
    answer = client.post(where, {"name": "Noor Haddad", "password": WORD})
    assert answer.headers["Location"] == "/h/harbor/"
    member = Membership.objects.get(user__email=ADDRESS)
    assert (member.roles, member.department_ids) == (["biller", "nurse"], [str(skin.department.pk)])
    assert member.user.email_confirmed_at is not None
    assert client.get("/h/harbor/me/").status_code == 200
    with house.open():
        assert Event.objects.get(name="membership.joined").subjects == [member.ref, Invitation.objects.get().ref]


def test_no_event_and_no_row_holds_the_link(world: World) -> None:
    row = invite(world.harbor)
    token = token_of(row)
    with world.harbor.open():
        told = Event.objects.get(name="invitation.sent")
    assert token not in str(told.changes) + str(told.subjects)
    kept = PublicToken.objects.get(purpose=PublicToken.INVITE)
    assert token not in (kept.hash, kept.target, kept.code)


def test_a_link_works_once(world: World) -> None:
    token = token_of(invite(world.harbor))
    accept(world, token)
    with pytest.raises(NotFound):
        accept(world, token, "Somebody else")
    assert User.objects.filter(email=ADDRESS).count() == 1
    assert Client().get(f"/invited/{token}/").status_code == 404


def test_after_a_week_it_is_over(world: World) -> None:
    row = invite(world.harbor)
    token = token_of(row)
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        assert Client().get(f"/invited/{token}/").status_code == 404
        with pytest.raises(NotFound):
            accept(world, token)
        again = invite(world.harbor)  # the old one does not stand in the way
        assert again.pk != row.pk
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_sent_again_there_is_a_new_link_and_the_old_one_ends(world: World) -> None:
    house, row = world.harbor, invite(world.harbor)
    old = token_of(row)
    with house.open():
        operations.resend_invitation(row, actor=house.actor("manager"))
    new = token_of(row)
    assert new != old
    assert Client().get(f"/invited/{old}/").status_code == 404
    assert Client().get(f"/invited/{new}/").status_code == 200
    outbox.run(house.hospital.pk)
    assert all(new in str(message.body) for message in mail.outbox)


def test_taken_back_it_answers_as_if_it_had_never_been(world: World) -> None:
    house, row = world.harbor, invite(world.harbor)
    token = token_of(row)
    with house.open():
        operations.take_back_invitation(row, actor=house.actor("manager"))
        operations.take_back_invitation(row, actor=house.actor("manager"))
        assert Event.objects.filter(name="invitation.taken_back").count() == 1
        with pytest.raises(NotAllowed) as refused:
            operations.resend_invitation(row, actor=house.actor("manager"))
    assert refused.value.code == "invitation.taken_back"
    never = Client().get("/invited/xxxx/")
    ended = Client().get(f"/invited/{token}/")
    assert (never.status_code, ended.status_code) == (404, 404)
    outbox.run(house.hospital.pk)
    assert mail.outbox == []


def test_an_accepted_one_is_neither_sent_again_nor_taken_back(world: World) -> None:
    house, row = world.harbor, invite(world.harbor)
    accept(world, token_of(row))
    row.refresh_from_db()
    for act in (operations.resend_invitation, operations.take_back_invitation):
        with house.open(), pytest.raises(NotAllowed) as refused:
            act(row, actor=house.actor("owner"))
        assert refused.value.code == "invitation.accepted"


def test_only_owners_invite_owners(world: World) -> None:
    with pytest.raises(Forbidden) as refused:
        invite(world.harbor, role="manager", roles=["owner"])
    assert refused.value.code == "membership.owner_only"
    row = invite(world.harbor, roles=["owner"])
    house = world.harbor
    with house.open(), pytest.raises(Forbidden):
        operations.resend_invitation(row, actor=house.actor("manager"))


@pytest.mark.parametrize("roles", [[], ["superadmin"], ["nurse", "king"]])
def test_only_roles_of_a_hospital_can_be_given(world: World, roles: list[str]) -> None:
    with pytest.raises(Invalid):
        invite(world.harbor, roles=roles)


def test_whoever_runs_the_hospital_is_not_limited(world: World) -> None:
    with pytest.raises(NotAllowed) as refused:
        invite(world.harbor, roles=["manager"], departments=[world.harbor.department.pk])
    assert refused.value.code == "membership.runs_all"


def test_a_department_of_another_hospital_is_not_there(world: World) -> None:
    with pytest.raises(NotFound):
        invite(world.harbor, departments=[world.hilltop.department.pk])


def test_members_and_invited_addresses_are_refused(world: World) -> None:
    with pytest.raises(Conflict) as refused:
        invite(world.harbor, "Nurse@harbor.example")
    assert refused.value.code == "membership.exists"
    invite(world.harbor)
    with pytest.raises(Conflict) as refused:
        invite(world.harbor, "NOOR@new.example")
    assert refused.value.code == "invitation.exists"
    invite(world.hilltop)  # another hospital may


def test_somebody_with_an_account_accepts_signed_in(world: World) -> None:
    token = token_of(invite(world.harbor, "nurse@hilltop.example", roles=["biller"]))
    stranger = Client().get(f"/invited/{token}/").content.decode()
    assert f"/sign-in/?next=/invited/{token}/" in stranger
    client = Client()
    assert sign_in(client, "nurse@hilltop.example").status_code == 302
    assert client.post(f"/invited/{token}/").headers["Location"] == "/h/harbor/"
    assert Membership.objects.get(user=world.hilltop.users["nurse"], hospital=world.harbor.hospital).roles == ["biller"]


def test_only_the_invited_address_can_accept(world: World) -> None:
    token = token_of(invite(world.harbor, "nurse@hilltop.example"))
    other = world.hilltop.users["biller"]
    with people.platform(), pytest.raises(Forbidden) as refused:
        operations.accept_invitation(token, user=other, actor=people.person(other))
    assert refused.value.code == "invitation.not_yours"
    assert links.open_link(PublicToken.INVITE, token)  # not used up by the wrong one
    assert not Membership.objects.filter(user=other, hospital=world.harbor.hospital).exists()


def test_the_browser_of_somebody_else_cannot_accept(world: World) -> None:
    token = token_of(invite(world.harbor))
    client = signed_in(world, "biller")
    page = client.get(f"/invited/{token}/").content.decode()
    assert "biller@harbor.example" in page
    assert client.post(f"/invited/{token}/").status_code == 400
    assert not User.objects.filter(email=ADDRESS).exists()


def test_nobody_joins_with_a_taken_address(world: World) -> None:
    token = token_of(invite(world.harbor, "nurse@hilltop.example"))
    answer = Client().post(f"/invited/{token}/", {"name": "Thief", "password": WORD})
    assert answer.status_code == 400
    assert links.open_link(PublicToken.INVITE, token)


def test_a_revoked_member_comes_back_with_the_invitations_rights_only(world: World) -> None:
    house = world.harbor
    skin = second_department(house)
    with house.open():
        operations.change_roles(house.memberships["nurse"], ["nurse", "biller"], actor=house.actor("owner"))
        operations.revoke_member(house.memberships["nurse"], actor=house.actor("owner"))
    user = house.users["nurse"]
    token = token_of(invite(house, user.email, roles=["nurse"], departments=[skin.department.pk]))
    with people.platform():
        member = operations.accept_invitation(token, user=user, actor=people.person(user))
    assert (member.is_active, member.roles) == (True, ["nurse"])
    assert people.actor_of(member).departments == skin.limits


def test_rights_of_somebody_who_became_a_member_meanwhile_are_added(world: World) -> None:
    house = world.harbor
    skin, user = second_department(house), world.hilltop.users["nurse"]
    token = token_of(invite(house, user.email, roles=["biller"], departments=[skin.department.pk]))
    Membership.objects.create(user=user, hospital=house.hospital, roles=["nurse"])
    with people.platform():
        member = operations.accept_invitation(token, user=user, actor=people.person(user))
    assert member.roles == ["biller", "nurse"]
    assert member.department_ids == []  # was not limited before, and is not now


@pytest.mark.rule("1.4")
def test_a_suspended_hospital_invites_nobody(world: World) -> None:
    house = world.harbor
    row = invite(house)
    with house.open():
        operations.suspend_hospital(house.hospital, actor=house.actor("owner"))
    outbox.run(house.hospital.pk)
    assert mail.outbox == []
    page = Client().get(f"/invited/{token_of(row)}/")
    assert page.status_code == 503
    assert "Harbor Clinic is closed for now" in page.content.decode()
    with house.open():
        operations.reopen_hospital(Hospital.objects.get(pk=house.hospital.pk), actor=house.actor("owner"))
    assert Client().get(f"/invited/{token_of(row)}/").status_code == 200


def test_mails_speak_the_readers_language(world: World) -> None:
    user = world.hilltop.users["nurse"]
    User.objects.filter(pk=user.pk).update(language="hi")
    invite(world.harbor, user.email)
    outbox.run(world.harbor.hospital.pk)
    assert 'lang="hi"' in str(newest().alternatives[0][0])


def test_a_name_with_markup_is_text_in_the_mail(world: World) -> None:
    house = world.harbor
    Hospital.objects.filter(pk=house.hospital.pk).update(name="<b>Harbor</b> & Sons")
    invite(house)
    outbox.run(house.hospital.pk)
    message = newest()
    assert "<b>Harbor</b> & Sons" in message.subject
    assert "<b>Harbor</b> & Sons" in str(message.body)
    assert "&lt;b&gt;Harbor&lt;/b&gt; &amp; Sons" in str(message.alternatives[0][0])


def test_trying_links_is_limited(world: World) -> None:
    token, client = token_of(invite(world.harbor)), Client(REMOTE_ADDR="198.51.100.7")
    with time_machine.travel(timezone.now(), tick=False):
        for _ in range(60):
            assert client.post(f"/invited/{token}/", {"name": "Noor", "password": "short"}).status_code == 400
        limited = client.post(f"/invited/{token}/", {"name": "Noor", "password": WORD})
    assert limited.status_code == 429
    assert int(limited["Retry-After"]) > 0


def test_the_api_invites_and_registers(world: World) -> None:
    house = world.harbor
    made = api(house, "manager").send("POST", "invitations", {"email": ADDRESS, "roles": ["nurse"]}).json
    token = token_of(Invitation.objects.get(pk=made["id"]))
    body = {"email": "other@new.example", "name": "Noor", "password": WORD, "invitation": token}
    assert Api().send("POST", "auth/register", body).code == "INVITATION_NOT_YOURS"
    told = Api().send("POST", "auth/register", {**body, "email": ADDRESS})
    assert told.status == 201
    assert told.json["me"]["email_confirmed"] is True
    assert told.json["me"]["memberships"][0]["hospital"]["slug"] == "harbor"
    listed = api(house, "manager").get("invitations").json["results"]
    assert [row["accepted_at"] is not None for row in listed] == [True]
    assert token not in api(house, "manager").get("invitations").content.decode()


def test_the_office_invites_in_the_admin(world: World) -> None:
    house = world.harbor
    client = signed_in(world, "manager")
    where = "/h/harbor/admin/tenants/invitation/"
    given = {"email": ADDRESS, "roles": ["nurse"], "departments": [str(house.department.pk)]}
    assert client.post(f"{where}add/", given).status_code == 302
    row = Invitation.objects.get()
    assert (row.roles, row.department_ids, row.hospital_id) == (
        ["nurse"], [str(house.department.pk)], house.hospital.pk,
    )  # fmt: skip
    listed = client.get(where).content.decode()
    assert ADDRESS in listed
    assert "Nurse (General practice)" in listed
    before = token_of(row)
    client.post(where, {"action": "resend", "_selected_action": [str(row.pk)]})
    assert token_of(row) != before
    client.post(where, {"action": "take_back", "_selected_action": [str(row.pk)]})
    row.refresh_from_db()
    assert row.revoked_at is not None
    assert client.post(f"{where}add/", {**given, "roles": ["owner"]}).status_code == 200
    assert Invitation.objects.count() == 1


def test_the_office_limits_members_in_the_admin(world: World) -> None:
    house = world.harbor
    client, member = signed_in(world, "manager"), house.memberships["nurse"]
    where = f"/h/harbor/admin/tenants/membership/{member.pk}/change/"
    given = {"roles": ["nurse"], "is_active": "on", "departments": [str(house.department.pk)], "row_version": "1"}
    version = re.search(r'name="row_version" value="(\d+)"', client.get(where).content.decode())
    assert version
    assert client.post(where, {**given, "row_version": version[1]}).status_code == 302
    member.refresh_from_db()
    assert member.department_ids == [str(house.department.pk)]
    with house.open():
        assert Event.objects.filter(name="membership.departments_changed").count() == 1
        assert not Event.objects.filter(name="membership.roles_changed").exists()
