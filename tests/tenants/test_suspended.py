"""R1.4: a suspended hospital lets only its owners in, its public pages say closed, nothing is sent or deleted."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from clinic.core.errors import NotAllowed
from clinic.live.doors import doors
from clinic.live.models import Event
from clinic.tenants import links, operations
from clinic.tenants import mail as mails
from clinic.tenants.models import Hospital, PublicToken
from queues.models import Visit
from queues.operations.intake import status_link
from tests.api.client import Api
from tests.house.addresses import display_token
from tests.ledger import stored
from tests.tenants.test_sign_in import sign_in
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.4")]


def suspend(house: House) -> None:
    with house.open():
        operations.suspend_hospital(house.hospital, reason="unpaid", actor=house.actor("owner"))


def fresh(house: House) -> Hospital:
    return Hospital.objects.get(pk=house.hospital.pk)


def test_public_pages_say_closed_and_come_back(world: World) -> None:
    house = world.harbor
    with house.open():
        display = display_token(house)
    status = status_link(house.waiting(1)[0])
    paths = (f"/s/{status}/", f"/d/{display}/")
    assert [Client().get(path).status_code for path in paths] == [200, 200]
    suspend(house)
    for path in paths:
        page = Client().get(path)
        assert page.status_code == 503
        assert "Harbor Clinic is closed for now" in page.content.decode()
        assert 'http-equiv="refresh"' in page.content.decode()
        assert page["Cache-Control"] == "no-store"
        assert page["Referrer-Policy"] == "no-referrer"
    assert Client().get("/s/never-was/").status_code == 404
    with house.open():
        operations.reopen_hospital(fresh(house), actor=house.actor("owner"))
    assert [Client().get(path).status_code for path in paths] == [200, 200]


def test_the_public_api_has_a_code_for_it(world: World) -> None:
    house = world.harbor
    with house.open():
        display = display_token(house)
    status = status_link(house.waiting(1)[0])
    suspend(house)
    for path in (f"public/visits/{status}/status", f"public/waiting-room/{display}"):
        answer = Api().get(path)
        assert (answer.status, answer.code) == (503, "HOSPITAL_CLOSED")
        assert "canary" not in answer.content.decode()


def test_sockets_of_public_links_are_closed(world: World) -> None:
    house = world.harbor
    token = status_link(house.waiting(1)[0])
    guest = doors().public("status", token)
    assert guest is not None
    assert house.hospital.ref in guest.marks  # so that suspending makes the hub look again at once
    suspend(house)
    assert doors().public("status", token) is None


def test_nothing_is_sent_and_nothing_deleted(world: World) -> None:
    house = world.harbor
    house.waiting(2)
    suspend(house)
    here = fresh(house)
    assert mails.send("reset", "x@example.org", language="en", hospital=here, url="", name="", minutes=1) is False
    assert mail.outbox == []
    with house.open():
        assert Visit.objects.count() == 2
    assert PublicToken.objects.filter(hospital=here).count() == 2


def test_a_member_is_told_that_it_is_closed(world: World) -> None:
    suspend(world.harbor)
    client = Client()
    sign_in(client, "nurse@harbor.example")
    page = client.get("/choose/").content.decode()
    assert "Harbor Clinic is closed for now" in page
    assert "Closed for now" in page
    owner = Client()
    sign_in(owner, "owner@harbor.example")
    assert owner.get("/h/harbor/me/").status_code == 200


def test_the_platform_suspends_and_resumes_by_a_command(world: World) -> None:
    house, told = world.harbor, StringIO()
    before = stored()
    call_command("hospital", "list", stdout=told)
    assert told.getvalue().splitlines() == [
        "harbor\tactive\tHarbor Clinic", "hilltop\tactive\tHilltop Hospital",
    ]  # fmt: skip
    assert stored() == before
    call_command("hospital", "suspend", "harbor", "--reason", "unpaid", stdout=told)
    assert fresh(house).status == Hospital.SUSPENDED
    with house.open():
        event = Event.objects.get(name="hospital.suspended")
    assert (event.actor["name"], event.reason) == ("Platform", "unpaid")
    with house.open(), pytest.raises(NotAllowed) as refused:
        operations.reopen_hospital(fresh(house), actor=house.actor("owner"))
    assert refused.value.code == "hospital.platform_suspended"
    call_command("hospital", "resume", "harbor", stdout=told)
    assert fresh(house).is_open
    assert world.hilltop.hospital.is_open
    with pytest.raises(CommandError):
        call_command("hospital", "suspend", "nowhere", stdout=told)
    with pytest.raises(CommandError):
        call_command("hospital", "suspend", "platform", stdout=told)


def test_what_an_owner_suspended_an_owner_opens(world: World) -> None:
    house = world.harbor
    call_command("hospital", "suspend", "harbor", stdout=StringIO())
    call_command("hospital", "resume", "harbor", stdout=StringIO())
    house.hospital.refresh_from_db()
    suspend(house)
    with house.open():
        assert operations.reopen_hospital(fresh(house), actor=house.actor("owner")).is_open


def test_a_link_of_another_purpose_does_not_tell_that_it_is_closed(world: World) -> None:
    token = status_link(world.harbor.waiting(1)[0])
    suspend(world.harbor)
    assert Client().get(f"/d/{token}/").status_code == 404
    with pytest.raises(links.Closed):
        links.open_link(PublicToken.STATUS, token)
