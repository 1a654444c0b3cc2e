"""The buttons of the lines: what they answer, pressed once and twice, with script and without."""

from __future__ import annotations

import re

import pytest

from clinic.directory.models import Doctor
from clinic.live.models import Event
from queues.models import CALLED, COMPLETED, IN_PROGRESS, WAITING, Leg, Queue
from queues.operations import calls
from tests.queues.helpers import HTMX, at, signed_in, state_of, toast
from tests.world import World

pytestmark = pytest.mark.django_db


def test_a_day_by_buttons(world: World) -> None:
    """Call, start, complete and call, recall, skip: each answers 204 with its sentence, its seq and an undo."""
    house = world.harbor
    first, second, third = house.waiting(3)
    doctor = signed_in(house, "doctor")

    def press(path: str, **data: str) -> dict[str, str]:
        answer = doctor.post(at(house, path), data, headers=HTMX)
        assert (answer.status_code, answer.content) == (204, b""), answer.content
        with house.open():
            assert answer["X-Seq"] == str(Event.objects.latest("seq").seq)
        assert toast(answer)["undo"] == at(house, f"undo/{answer['X-Seq']}/")
        return toast(answer)

    assert press(f"doctors/{house.doctor.pk}/call-next/")["text"] == f"{first.token} called to Room 4"
    assert press(f"visits/{first.pk}/start/")["text"] == f"{first.token} is in the room"
    both = press(f"visits/{first.pk}/complete-and-call/")
    assert both["text"] == f"{first.token} completed, {second.token} called"
    assert press(f"visits/{second.pk}/skip/")["text"] == f"{second.token} skipped 1 place"
    assert press(f"queues/{house.own.pk}/call-next/")["text"] == f"{third.token} called to Room 4"
    with house.open():
        assert [state_of(visit) for visit in (first, second, third)] == [COMPLETED, WAITING, CALLED]


def test_a_button_pressed_twice_is_pressed_once(world: World) -> None:
    house = world.harbor
    visits = house.waiting(3)
    doctor = signed_in(house, "doctor")
    doctor.post(at(house, f"doctors/{house.doctor.pk}/call-next/"), headers=HTMX)
    for act, state in (("recall", CALLED), ("start", IN_PROGRESS), ("complete-and-call", COMPLETED)):
        answers = [doctor.post(at(house, f"visits/{visits[0].pk}/{act}/"), headers=HTMX) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [204, 204], act
        assert "X-Seq" not in answers[1], act
        assert "undo" not in toast(answers[1]), act
        with house.open():
            assert state_of(visits[0]) == state
    with house.open():
        assert Leg.objects.filter(state=CALLED).count() == 1
        assert state_of(visits[1]) == CALLED


def test_a_refusal_is_a_toast_with_its_status(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    answer = signed_in(house, "doctor").post(at(house, f"visits/{visit.pk}/start/"), headers=HTMX)
    assert answer.status_code == 409
    assert toast(answer) == {"text": f"{visit.token} is waiting, so this cannot be done now.", "tone": "late"}


def test_undo_by_its_button_and_only_once(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    doctor = signed_in(house, "doctor")
    called = doctor.post(at(house, f"doctors/{house.doctor.pk}/call-next/"), headers=HTMX)
    undone = doctor.post(toast(called)["undo"], headers=HTMX)
    assert (undone.status_code, toast(undone)) == (204, {"text": "Undone"})
    with house.open():
        assert state_of(visit) == WAITING
    assert doctor.post(toast(called)["undo"], headers=HTMX).status_code == 409


def test_calling_out_of_order_asks_for_a_reason_and_who_calls(world: World) -> None:
    house = world.harbor
    visit = house.waiting(2, house.pool)[1]
    desk = signed_in(house, "receptionist")
    path = at(house, f"visits/{visit.pk}/call/")
    assert desk.post(path, {"doctor": str(house.doctor.pk)}, headers=HTMX).status_code == 400
    assert desk.post(path, {"reason": "in pain"}, headers=HTMX).status_code == 400
    told = desk.post(path, {"reason": "in pain", "doctor": str(house.doctor.pk)}, headers=HTMX)
    assert (told.status_code, toast(told)["text"]) == (204, f"{visit.token} called to Room 4")
    with house.open():
        assert Event.objects.latest("seq").reason == "in pain"


def test_a_doctor_calls_out_of_order_for_the_own_room_only(world: World) -> None:
    house = world.harbor
    visit = house.waiting(2, house.pool)[1]
    doctor = signed_in(house, "doctor")
    more = {"reason": "knows me", "doctor": str(house.colleague.pk)}
    assert doctor.post(at(house, f"visits/{visit.pk}/call/"), more, headers=HTMX).status_code == 400
    assert doctor.post(at(house, f"visits/{visit.pk}/call/"), {"reason": "knows me"}, headers=HTMX).status_code == 204
    with house.open():
        assert calls.leg_now(visit).server_id == house.doctor.pk


def test_status_line_and_cancel_buttons(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    desk = signed_in(house, "receptionist")
    doctors = at(house, f"doctors/{house.doctor.pk}/")
    assert toast(desk.post(f"{doctors}status/", {"status": "on_break"}, headers=HTMX))["text"].endswith("On break")
    assert desk.post(f"{doctors}status/", {"status": "asleep"}, headers=HTMX).status_code == 400
    assert desk.post(f"{doctors}call-next/", headers=HTMX).status_code == 409
    assert desk.post(f"{doctors}call-next/", {"resume": "1"}, headers=HTMX).status_code == 204
    assert desk.post(at(house, f"queues/{house.own.pk}/open/"), {"open": "0"}, headers=HTMX).status_code == 204
    cancel = at(house, f"visits/{visit.pk}/cancel/")
    assert desk.post(cancel, headers=HTMX).status_code == 400
    assert desk.post(cancel, {"reason": "entered twice"}, headers=HTMX).status_code == 204
    with house.open():
        assert not Queue.objects.get(pk=house.own.pk).is_open
        assert state_of(visit) == "cancelled"
        assert Doctor.objects.get(pk=house.doctor.pk).status == Doctor.ON_TIME


def test_an_empty_line_is_an_answer_and_not_an_error(world: World) -> None:
    house = world.harbor
    answer = signed_in(house, "doctor").post(at(house, f"doctors/{house.doctor.pk}/call-next/"), headers=HTMX)
    assert (answer.status_code, toast(answer)) == (204, {"text": "Nobody waits."})


def test_buttons_work_without_script(world: World) -> None:
    house = world.harbor
    first = house.waiting(2)[0]
    doctor = signed_in(house, "doctor")
    screen = at(house, "doctor/")
    page = doctor.get(screen).content.decode()
    assert '<form id="act" method="post"' in page
    assert f'formaction="{at(house, f"doctors/{house.doctor.pk}/call-next/")}"' in page
    came = {"Referer": f"http://testserver{screen}"}
    answer = doctor.post(at(house, f"doctors/{house.doctor.pk}/call-next/"), headers=came)
    assert (answer.status_code, answer["Location"]) == (303, screen)
    after = doctor.get(screen).content.decode()
    assert f"{first.token} called to Room 4" in after
    assert re.search(r'formaction="/h/harbor/undo/\d+/"', after)
    refused = doctor.post(at(house, f"doctors/{house.doctor.pk}/call-next/"), headers=came)
    assert (refused.status_code, refused["Location"]) == (303, screen)
    assert f"is with {first.token}" in doctor.get(screen).content.decode()


def test_a_reason_is_asked_for_on_a_page_without_script(world: World) -> None:
    house = world.harbor
    visit = house.waiting(2)[1]
    desk = signed_in(house, "receptionist")
    path = at(house, f"visits/{visit.pk}/call/")
    asked = desk.post(path)  # the row's button knows no reason
    assert asked.status_code == 200
    assert 'name="reason"' in asked.content.decode()
    done = desk.post(path, {"reason": "in pain"})
    assert (done.status_code, done["Location"]) == (303, at(house, "reception/"))
    with house.open():
        assert state_of(visit) == CALLED
