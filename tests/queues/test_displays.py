"""Screens as they are set up: lines, rooms, languages, names, silence; what each shows and says (R3.40–R3.43)."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from django.test import Client

from clinic.core.errors import Forbidden, Invalid, NotAllowed, NotFound
from clinic.directory.models import Doctor, Room
from clinic.directory.operations import set_status
from clinic.live.models import Event
from clinic.tenants import links
from clinic.tenants.models import PublicToken
from queues.models import Display, Leg, Queue
from queues.operations import calls, displays, intake
from queues.regions import spoken, words
from tests.queues.helpers import HTMX, at, called, pair, set_policy, shown, signed_in
from tests.world import World

pytestmark = pytest.mark.django_db


def now_on(screen: Display) -> Any:
    return shown(f"display-now:{screen.pk}").context


def lines_on(screen: Display) -> Any:
    return shown(f"display-lines:{screen.pk}").rows


def languages(screen: Display) -> list[str]:
    (call,) = now_on(screen).calls
    return [said.lang for said in call.says]


# --- what a screen speaks --------------------------------------------------------------------------------------------


@pytest.mark.rule("3.42")
@pytest.mark.rule("1.9")
def test_a_screen_speaks_its_own_languages_or_those_of_the_policy(world: World) -> None:
    house = world.harbor
    with house.open():
        house.waiting(1)
        own, other = pair(house, languages=["hi"]), pair(house)
        called(house)
        assert (languages(own), languages(other)) == (["hi"], ["en"])
        set_policy(house.actor("owner"), languages=["ar", "en"])
        assert (languages(own), languages(other)) == (["hi"], ["ar", "en"])
        assert (now_on(own).language, now_on(other).language) == ("hi", "ar")


@pytest.mark.rule("3.43")
def test_each_language_has_its_own_caption_and_clips_are_named_once(world: World) -> None:
    house = world.harbor
    with house.open():
        house.waiting(1)
        screen = pair(house, languages=["en", "es"])
        leg = called(house)
        (call,) = now_on(screen).calls
        letters = words.spelled(leg.visit.token)
        assert [said.text.split()[0] for said in call.says] == ["Token", "Turno"]
        assert all(letters in said.text for said in call.says)
        assert call.clips.startswith(f"token {letters} ")


@pytest.mark.rule("3.43")
@pytest.mark.parametrize(
    ("room", "counter", "clips"),
    [("Room 4", False, "token A 0 1 2 room 4"), ("Salle 11 B", False, "token A 0 1 2 room 1 1 B"),
     ("R12", False, "token A 0 1 2 room R 1 2"), ("غرفة ٧", False, "token A 0 1 2 room 7"),
     ("Laboratory", False, "token A 0 1 2 come"), ("", False, "token A 0 1 2 come"),
     ("Counter 3", True, "token A 0 1 2 counter 3"), ("Bücher", False, "token A 0 1 2 come")],
)  # fmt: skip
def test_clips_say_the_token_and_the_rooms_number(room: str, counter: bool, clips: str) -> None:
    assert spoken.clips("A-012", room, counter=counter) == clips
    assert spoken.clips("A-012", room, wait=True) == "token A 0 1 2 wait"


@pytest.mark.rule("3.43")
@pytest.mark.rule("1.9")
def test_silent_hours_are_told_to_the_screen_in_the_hospitals_own_time(world: World) -> None:
    house = world.harbor
    with house.open():
        screen = pair(house)
        assert (now_on(screen).silent_from, now_on(screen).silent_until) == ("", "")
        set_policy(house.actor("owner"), mute_from=time(21), mute_until=time(7, 30))
        assert (now_on(screen).silent_from, now_on(screen).silent_until) == ("21:00", "07:30")
        set_policy(house.actor("owner"), mute_from=None, mute_until=None)
        assert (now_on(screen).silent_from, now_on(screen).silent_until) == ("", "")


# --- what it shows ---------------------------------------------------------------------------------------------------


@pytest.mark.rule("3.42")
def test_a_screen_of_rooms_announces_calls_to_them_of_whatever_line(world: World) -> None:
    house = world.harbor
    with house.open():
        house.waiting(1)
        here, elsewhere = pair(house, queues=[], rooms=[house.room]), pair(house, queues=[house.pool])
        leg = called(house)
        assert leg.room_id == house.room.pk
        assert [call.token for call in now_on(here).calls] == [leg.visit.token]
        assert now_on(elsewhere).calls == ()
        assert lines_on(here) == ()


@pytest.mark.rule("3.21")
def test_a_pool_that_nobody_serves_reads_paused(world: World) -> None:
    house = world.harbor
    with house.open():
        screen = pair(house)
        paused = {row.key: row.paused for row in lines_on(screen)}
        assert paused == {str(house.own.pk): False, str(house.pool.pk): False}
        for doctor in Doctor.objects.all():
            set_status(doctor, Doctor.OFF_DUTY, actor=house.actor("owner"))
        assert all(row.paused for row in lines_on(screen))


@pytest.mark.rule("3.40")
def test_a_counter_is_called_by_its_name_unless_its_department_is_sensitive(world: World) -> None:
    house = world.harbor
    with house.open():
        counter = Queue.objects.create(department=house.department, sort=Queue.COUNTER, name="Blood tests")
        screen = pair(house, queues=[counter])
        assert lines_on(screen)[0].doctor == "Blood tests"
        house.department.sensitive = True
        house.department.save()
        assert lines_on(screen)[0].doctor == house.department.shown_name
        assert "Blood" not in str(lines_on(screen))


@pytest.mark.rule("3.40")
def test_a_nurse_or_clerk_who_calls_is_not_named(world: World) -> None:
    house = world.harbor
    with house.open():
        house.waiting(1)
        screen = pair(house)
        leg = called(house)
        nurse = Doctor.objects.create(name="Nora Nurse", department=house.department, sort=Doctor.NURSE)
        Leg.objects.filter(pk=leg.pk).update(server=nurse)
        (call,) = now_on(screen).calls
        assert "Nora" not in str(now_on(screen))
        assert call.doctor == spoken.line_name(leg.queue)


# --- set up and changed ----------------------------------------------------------------------------------------------


@pytest.mark.rule("3.42")
def test_a_paired_screen_is_changed_and_what_is_left_out_stays(world: World) -> None:
    house = world.harbor
    with house.open():
        screen = pair(house, names="initials", languages=["en"])
        displays.change_display(screen, queues=[house.own], rooms=[house.room], sound=False, actor=house.desk)
        screen.refresh_from_db()
        assert (screen.names, screen.languages, screen.sound) == ("initials", ["en"], False)
        assert [line.queue_id for line in screen.lines.all()] == [house.own.pk]
        assert [door.room_id for door in screen.rooms.all()] == [house.room.pk]
        event = Event.objects.latest("seq")
        assert event.name == "display.changed"
        assert sorted(change["op"] for change in event.changes.values()) == ["delete", "insert", "update"]
        displays.change_display(screen, queues=[house.own], sound=False, actor=house.desk)
        assert Event.objects.latest("seq") == event  # the same again is nothing


@pytest.mark.rule("3.42")
def test_a_screen_shows_something_in_a_language_there_is(world: World) -> None:
    house = world.harbor
    with house.open():
        screen = pair(house, queues=[house.own])
        with pytest.raises(Invalid, match=r"display\.no_lines"):
            displays.change_display(screen, queues=[], actor=house.desk)
        with pytest.raises(Invalid, match=r"display\.bad_language"):
            displays.change_display(screen, languages=["xx"], actor=house.desk)
        with pytest.raises(Invalid, match=r"display\.bad_names"):
            displays.change_display(screen, names="all", actor=house.desk)
        displays.revoke(screen, actor=house.desk)
        with pytest.raises(NotAllowed, match=r"display\.revoked"):
            displays.change_display(screen, name="Again", actor=house.desk)


@pytest.mark.rule("3.42")
def test_only_who_may_changes_a_screen_and_only_of_the_own_hospital(world: World) -> None:
    house, other = world.harbor, world.hilltop
    with house.open():
        screen = pair(house)
        with pytest.raises(Forbidden):
            displays.change_display(screen, name="Mine", actor=house.actor("biller"))
    with other.open(), pytest.raises(NotFound):
        displays.change_display(screen, name="Mine", actor=other.desk)
    desk = signed_in(other, "receptionist")
    assert desk.get(at(other, f"displays/{screen.pk}/")).status_code == 404


@pytest.mark.rule("3.42")
def test_the_page_changes_a_screen(world: World) -> None:
    house = world.harbor
    with house.open():
        screen, room = pair(house), Room.objects.get(pk=house.room.pk)
    desk = signed_in(house, "receptionist")
    address = at(house, f"displays/{screen.pk}/")
    page = desk.get(address).content.decode()
    assert 'value="Waiting room"' in page and "As the policy says" not in page
    assert "None chosen: as the policy says (English)." in page
    form: dict[str, Any] = {"name": "Stairs", "queues": [str(house.pool.pk)], "rooms": [str(room.pk)], "names": "token"}
    assert desk.post(address, {**form, "queues": [], "rooms": []}).status_code == 422
    assert desk.post(address, form).status_code == 303
    with house.open():
        screen.refresh_from_db()
        assert (screen.name, screen.sound, screen.languages) == ("Stairs", False, [])
    listed = desk.get(at(house, "displays/")).content.decode()
    assert "Stairs" in listed and "silent" in listed and room.name in listed
    assert desk.post(at(house, f"displays/{screen.pk}/revoke/"), headers=HTMX).status_code == 204
    assert desk.get(address).status_code == 404


@pytest.mark.rule("3.40")
def test_the_board_as_json_names_nobody(world: World) -> None:
    """REST for screens: tokens, rooms and states."""
    house = world.harbor
    with house.open():
        person = house.patient("Zebedee", "Quillfeather", phone="+44 20 7946 0999")
        intake.arrive(house.own, person, actor=house.desk)
        token = displays.put_up()
        code = PublicToken.objects.get(hash=links.hashed(token)).code
        displays.pair(code, name="Hall", queues=[house.own], actor=house.desk)
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
    answer = Client().get(f"/api/v1/public/waiting-room/{token}")
    told = answer.json()
    assert set(told) == {"calls", "rooms", "missed", "taken_back", "lines"}
    assert [call["token"] for call in told["calls"]] == [leg.visit.token]
    assert set(told["calls"][0]) == {"key", "token", "room", "doctor", "name", "says", "called_at"}
    for word in ("Zebedee", "Quillfeather", "7946", str(person.pk), person.mrn, str(leg.visit_id)):
        assert word not in answer.content.decode()
