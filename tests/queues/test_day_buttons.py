"""A day's verbs by button, with script and without: what they answer, what they refuse, what the rows show then."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from clinic.core.tenancy import require_hospital_id
from clinic.directory.models import DepartmentConfig, Doctor
from clinic.live import render
from clinic.live.render import Want
from queues.models import LineEstimate, Queue, SignOn, Visit
from queues.operations import calls, ends, holds, intake, lines, posts, still_there
from tests.queues.helpers import HTMX, at, called, set_policy, shown, signed_in, state_of, toast
from tests.world import House, World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_old_rows() -> None:
    render.forget()


def press(client: Client, house: House, path: str, **data: str) -> str:
    """The sentence of an act that was done by script."""
    answer = client.post(at(house, path), {"asked": "1", **data}, headers=HTMX)
    assert answer.status_code == 204, (path, answer.status_code, answer.content)
    return toast(answer)["text"]


# --- asked first -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "given", "said"),
    [
        ("hold", {"reason": "tests"}, "on hold: At tests"),
        ("delay", {"places": "1", "reason": "parking"}, "back by 1 place"),
        ("delay", {"minutes": "20", "reason": "parking"}, "is away, the place is kept"),
        ("class", {"klass": "vip", "reason": "as agreed"}, "is VIP now"),
        ("cancel", {"reason": "entered twice"}, "cancelled"),
    ],
)
def test_an_act_is_asked_for_in_a_dialog_and_on_a_page(
    world: World, act: str, given: dict[str, str], said: str
) -> None:
    house = world.harbor
    visit = house.waiting(2)[0]
    desk = signed_in(house, "receptionist")
    path = at(house, f"visits/{visit.pk}/{act}/")
    dialog = desk.get(path, headers=HTMX).content.decode()
    assert "hx-post" in dialog
    assert "<html" not in dialog
    page = desk.get(path).content.decode()
    assert "<html" in page
    assert "hx-post" not in page.partition("<form id=")[2].partition("</main>")[0].partition("stack gap-4")[2]
    missing = desk.post(path, {"asked": "1"}, headers=HTMX)
    assert (missing.status_code, b"form-error" in missing.content) == (422, True)
    assert said in press(desk, house, f"visits/{visit.pk}/{act}/", **given)


def test_what_an_operation_refuses_stands_in_the_dialog_with_what_was_typed(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    desk = signed_in(house, "receptionist")
    with house.open():
        leg = called(house)
        calls.start(leg.visit, actor=house.medic)
    path = at(house, f"visits/{visit.pk}/delay/")
    refused = desk.post(path, {"asked": "1", "places": "3", "reason": "parking"}, headers=HTMX)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "in the room, so this cannot be done now" in page
    assert 'value="parking"' in page


def test_moving_and_sending_on_offer_the_open_lines_with_their_waits(world: World) -> None:
    house = world.harbor
    visit, _other = house.waiting(2)
    desk = signed_in(house, "receptionist")
    with house.open():
        LineEstimate.objects.create(queue=house.pool, model="test", made_at=timezone.now(), joining=[25, 35])
        closed = Queue.objects.get(doctor=house.colleague)
        lines.set_open(closed, False, actor=house.desk)
    form = desk.get(at(house, f"visits/{visit.pk}/reassign/"), headers=HTMX).content.decode()
    assert "General practice · 0 waiting · 25–35 min" in form
    assert closed.name not in form
    assert "moved to" in press(desk, house, f"visits/{visit.pk}/reassign/", queue=str(house.pool.pk))
    with house.open():
        leg = called(house)
        calls.start(leg.visit, actor=house.medic)
    path = f"visits/{leg.visit.pk}/send-on/"
    doctor = signed_in(house, "doctor")
    assert leg.visit_id == visit.pk  # longest here, so first out of the pool
    assert f"sent on to {house.own.name}" in press(doctor, house, path, queue=str(house.own.pk))
    foreign = desk.post(at(house, f"visits/{visit.pk}/reassign/"), {"asked": "1", "queue": str(world.hilltop.pool.pk)},
                        headers=HTMX)  # fmt: skip
    assert foreign.status_code == 422


@pytest.mark.rule("3.17")
def test_the_right_patient_is_found_by_what_was_typed_without_script(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    right = house.patient("Ibrahim", "Diallo")
    house.patient("Aminata", "Traoré")
    house.patient("Awa", "Traoré")
    desk = signed_in(house, "receptionist")
    path = at(house, f"visits/{visit.pk}/patient/")
    several = desk.post(path, {"asked": "1", "q": "Traoré", "reason": "two cousins"}).content.decode()
    assert several.count('name="patient" value=') >= 2
    answer = desk.post(path, {"asked": "1", "q": "Diallo", "reason": "two brothers"})
    assert answer.status_code == 303
    with house.open():
        assert Visit.objects.get(pk=visit.pk).patient_id == right.pk


# --- at once ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("3.14")
def test_hold_back_rejoin_and_decline_by_button(world: World) -> None:
    house = world.harbor
    first, second = house.waiting(2)
    desk = signed_in(house, "receptionist")
    with house.open():
        holds.hold(first, reason="papers", actor=house.desk)
    assert press(desk, house, f"visits/{first.pk}/resume/") == f"{first.token} is back in the line"
    press(desk, house, f"visits/{second.pk}/leave/")
    assert press(desk, house, f"visits/{second.pk}/rejoin/") == f"{second.token} is in the line again"
    with house.open():
        assert state_of(second) == "waiting"
    nothing = desk.post(at(house, f"visits/{second.pk}/decline-rejoin/"), headers=HTMX)
    assert "X-Seq" not in nothing  # nobody asked
    assert desk.post(at(house, f"visits/{second.pk}/resume/"), headers=HTMX).status_code in (204, 409)


@pytest.mark.rule("3.18")
def test_still_there_is_asked_on_the_page_and_answered_by_button(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with time_machine.travel(timezone.now() - timedelta(minutes=70), tick=False), house.open():
        leg = called(house)
        calls.start(leg.visit, actor=house.medic)
    with house.open():
        still_there.look_in(visit, actor=house.actor("owner"))
        assert shown(f"doctor-room:{house.doctor.pk}").context.seats[0].asked_at
        assert shown(f"queue-head:{house.own.pk}").context.serving[0].long_since
    doctor = signed_in(house, "doctor")
    assert f"Is {visit.token} still here?" in doctor.get(at(house, "doctor/")).content.decode()
    assert "still in the room" in press(doctor, house, f"visits/{visit.pk}/still-there/")
    with house.open():
        assert shown(f"doctor-room:{house.doctor.pk}").context.seats[0].asked_at is None
        assert shown(f"queue-head:{house.own.pk}").context.serving[0].long_since is None


@pytest.mark.rule("3.9")
def test_signing_on_by_button_makes_a_screen_of_ones_own(world: World) -> None:
    house = world.harbor
    with house.open():
        counter = lines.add_counter(department=house.department, name="Cashier", actor=house.actor("owner"))
    visit = house.waiting(1, counter)[0]
    nurse = signed_in(house, "nurse")
    assert nurse.get(at(house, "doctor/"))["Location"] == at(house, "posts/")
    assert "calls from Cashier" in press(nurse, house, f"queues/{counter.pk}/sign-on/", room=str(house.room.pk))
    page = nurse.get(at(house, "doctor/")).content.decode()
    assert f"Call {visit.token}" in page
    assert press(nurse, house, f"queues/{counter.pk}/call-next/") == f"{visit.token} called to Room 4"
    with house.open():
        head = shown(f"queue-head:{counter.pk}").context
        assert [post.room for post in head.posts] == ["Room 4"]
        assert [one.token for one in head.serving] == [visit.token]
    assert "signed off from Cashier" in press(nurse, house, f"queues/{counter.pk}/sign-off/")
    assert "Nobody was signed on" in press(nurse, house, f"queues/{counter.pk}/sign-off/")
    with house.open():
        assert not SignOn.objects.filter(ended_at=None).exists()


@pytest.mark.rule("3.21")
def test_a_status_is_said_with_how_long(world: World) -> None:
    house = world.harbor
    doctor = signed_in(house, "doctor")
    press(doctor, house, f"doctors/{house.doctor.pk}/status/ask/", status="running_late", late_minutes="35")
    with house.open():
        assert Doctor.objects.get(pk=house.doctor.pk).late_minutes == 35
    press(doctor, house, f"doctors/{house.doctor.pk}/status/ask/", status="on_break", until="23:58")
    with house.open():
        until = Doctor.objects.get(pk=house.doctor.pk).status_until
    assert until is not None
    assert until > timezone.now()


# --- the menu of a row -----------------------------------------------------------------------------------------------


def test_the_menu_holds_what_may_be_done_now_by_whoever_asks(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    path = at(house, f"visits/{visit.pk}/acts/")
    desk, doctor, charge = (signed_in(house, role) for role in ("receptionist", "doctor", "charge_nurse"))
    menu = desk.get(path, headers=HTMX).content.decode()
    for act in ("call", "reassign", "delay", "hold", "class", "patient", "ticket", "leave", "cancel"):
        assert at(house, f"visits/{visit.pk}/{act}/") in menu, act
    assert "/undo/" in menu  # taken in a moment ago
    assert "send-on" not in menu
    own = doctor.get(path, headers=HTMX).content.decode()
    assert at(house, f"visits/{visit.pk}/delay/") not in own
    assert at(house, f"visits/{visit.pk}/hold/") in own
    with house.open():
        called(house)
    menu = charge.get(path, headers=HTMX).content.decode()
    assert all(at(house, f"visits/{visit.pk}/{act}/") in menu for act in ("start", "recall", "skip", "send-on"))
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        assert "/undo/" not in signed_in(house, "receptionist").get(path, headers=HTMX).content.decode()
    assert "<html" in desk.get(path).content.decode()


def test_the_frame_of_one_changed_row_is_small(world: World) -> None:
    """The acts come when a menu is opened, so a row carries none of them: 3 KB at most, the longest names too."""
    house = world.harbor
    visit = house.waiting(1, reason="R" * 200, klass="urgent", class_reason="C" * 200)[0]
    with house.open():
        name = f"line:{house.own.pk}"
        want = Want("line", str(house.own.pk), frozenset())
        before = render.render(require_hospital_id(), "en", [want])[want]
        house.patient()
        calls.skip(called(house).visit, actor=house.medic)
        after = render.render(require_hospital_id(), "en", [want])[want]
        frame = after.frame_from(before)
    assert str(visit.pk) in after.html, name
    assert len(frame) <= 3000, len(frame)


# --- what regions show ---------------------------------------------------------------------------------------------


@pytest.mark.rule("3.20")
def test_a_head_shows_its_limit_and_the_wait_of_joining(world: World) -> None:
    house = world.harbor
    house.waiting(2)
    with house.open():
        LineEstimate.objects.create(queue=house.own, model="test", made_at=timezone.now(), joining=[25, 35])
        head = shown(f"queue-head:{house.own.pk}").context
        assert (head.low, head.high, head.limit, head.tone) == (25, 35, 0, "")
        set_policy(house.actor("owner"), queue_soft_limit=2, queue_hard_limit=4)
        head = shown(f"queue-head:{house.own.pk}").context
        assert (head.limit, head.tone, head.at_limit) == (4, "warn", True)
        DepartmentConfig.objects.create(department=house.department, queue_hard_limit=2, queue_soft_limit=1)
        head = shown(f"queue-head:{house.own.pk}").context
        assert (head.limit, head.tone) == (2, "late")
        chip = next(row for row in shown("lines-nav:today").rows if row.key == str(house.own.pk))
        assert (chip.waiting, chip.tone, chip.hint) == (2, "late", "25–35 min")


@pytest.mark.rule("3.31")
def test_rows_show_when_the_call_is_likely_and_a_word_while_paused(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    early = timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=20)
    with house.open():
        leg = calls.leg_now(visit)
        waits = {str(leg.pk): [early.isoformat(), (early + timedelta(minutes=10)).isoformat()]}
        stored = LineEstimate.objects.create(queue=house.own, model="test", made_at=early, waits=waits)
        row = shown(f"line:{house.own.pk}").rows[0]
        assert (row.early, row.late, row.paused) == (early, early + timedelta(minutes=10), False)
        LineEstimate.objects.filter(pk=stored.pk).update(paused=True, waits={})
        assert shown(f"line:{house.own.pk}").rows[0].paused


@pytest.mark.rule("3.13")
def test_below_a_line_stand_those_on_hold_and_those_it_missed_today(world: World) -> None:
    house = world.harbor
    away, tests, gone, _waits = house.waiting(4)
    with house.open():
        holds.delay(away, minutes=20, reason="parking", actor=house.desk)
        holds.hold(tests, reason="tests", note="X-ray", actor=house.desk)
        ends.leave(gone, actor=house.desk)
        rows = shown(f"line-away:{house.own.pk}").rows
        assert [(row.group, row.count) for row in rows if row.count] == [("hold", 2), ("missed", 1)]
        by = {row.token: row for row in rows if row.token}
        assert by[away.token].back_at is not None
        assert (by[tests.token].text, by[tests.token].note) == ("At tests", "X-ray")
        assert by[gone.token].text == "left"
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False), house.open():
        assert not any(row.group == "missed" for row in shown(f"line-away:{house.own.pk}").rows)


def test_seen_today_offers_to_take_the_last_one_back(world: World) -> None:
    house = world.harbor
    house.waiting(2)
    with house.open():
        for _ in range(2):
            leg = called(house)
            calls.start(leg.visit, actor=house.medic)
            ends.complete(leg.visit, actor=house.medic)
        rows = shown(f"doctor-seen:{house.doctor.pk}").rows
        assert [bool(row.undo_seq) for row in rows] == [True, False]
    doctor = signed_in(house, "doctor")
    assert doctor.post(at(house, f"undo/{rows[0].undo_seq}/"), headers=HTMX).status_code == 204
    with house.open():
        assert len(shown(f"doctor-seen:{house.doctor.pk}").rows) == 1


@pytest.mark.rule("3.9")
def test_the_page_of_whoever_calls_lists_the_lines_they_call_from(world: World) -> None:
    house = world.harbor
    with house.open():
        name = f"doctor-lines:{house.doctor.pk}"
        assert [row.key for row in shown(name).rows] == [str(house.own.pk), str(house.pool.pk)]
        counter = lines.add_counter(department=house.department, name="Cashier", actor=house.actor("owner"))
        posts.sign_on(counter, server=house.doctor, actor=house.desk)
        assert [row.key for row in shown(name).rows][-1] == str(counter.pk)


def test_a_ticket_that_is_scanned_finds_its_patient(world: World) -> None:
    house, other = world.harbor, world.hilltop
    visit, foreign = house.waiting(1)[0], other.waiting(1)[0]
    with house.open():
        mine = intake.status_link(visit)
    with other.open():
        theirs = intake.status_link(foreign)
    desk = signed_in(house, "receptionist")
    found = desk.get(at(house, "visits/found/"), {"q": f"https://queue.example/s/{mine}/"}).content.decode()
    assert f'data-here="{visit.pk}"' in found
    assert (
        "data-value"
        not in desk.get(at(house, "visits/found/"), {"q": f"https://q.example/s/{theirs}/"}).content.decode()
    )


@pytest.mark.rule("1.7")
def test_a_family_shares_a_phone_and_comes_in_together(world: World) -> None:
    house = world.harbor
    one, two = house.patient("Priya", "Raman", phone="555 0147"), house.patient("Tom", "Raman", phone="555 0147")
    house.patient("Ana", "Silva", phone="555 0199")
    desk = signed_in(house, "receptionist")
    family = desk.get(at(house, f"visits/family/{one.pk}/")).content.decode()
    assert str(two.pk) in family
    assert "Silva" not in family
    given = {"patient": str(one.pk), "also": [str(two.pk)], "queue": str(house.own.pk)}
    answer = desk.post(at(house, "visits/"), given, headers=HTMX)
    assert toast(answer)["text"].startswith("A-001, A-002 taken in")


def test_pins_are_of_the_device_and_of_nobody_else(world: World) -> None:
    house = world.harbor
    desk = signed_in(house, "receptionist")
    assert desk.post(at(house, f"queues/{house.pool.pk}/pin/"), {"pin": "1"}).status_code == 303
    page = desk.get(at(house, "reception/")).content.decode()
    assert page.index(f'id="part-{house.pool.pk}"') < page.index(f'id="part-{house.own.pk}"')
    assert "data-pinned" not in signed_in(house, "receptionist").get(at(house, "reception/")).content.decode().replace(
        "<span data-pinned hidden>", ""
    )
    desk.post(at(house, f"queues/{house.pool.pk}/pin/"), {"pin": "0"})
    page = desk.get(at(house, "reception/")).content.decode()
    assert page.index(f'id="part-{house.pool.pk}"') > page.index(f'id="part-{house.own.pk}"')
