"""Appointments moved and called off: one act, the old leads to the new, and undo while the place is free."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from clinic.core.access import VISITOR
from clinic.core.errors import NotFound
from clinic.live.record import done
from clinic.tenants.models import HospitalConfig
from queues.availability import book
from queues.models import (
    CALLED_OFF,
    CONFIRMED,
    EXPIRED,
    REJECTED,
    REQUESTED,
    RESCHEDULED,
    Appointment,
    Queue,
    SlotTick,
)
from queues.operations import appointments, undo
from tests.ledger import recorded
from tests.queues.places import EIGHT, HALF, MONDAY, PERSON, TEN, holder, refused, take, ticks
from tests.world import House

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


# --- moved and called off --------------------------------------------------------------------------------------------


@pytest.mark.rule("2.5")
def test_a_move_is_a_successor_in_one_act(house: House) -> None:
    with house.open():
        old = take(house, reason="a cough")
    with recorded(house) as told:
        moved = appointments.reschedule(old, starts_at=TEN + timedelta(minutes=10), actor=house.desk)
        again = appointments.reschedule(old, starts_at=TEN + timedelta(minutes=10), actor=house.desk)
    assert told.names == ["appointment.rescheduled"]
    assert again.appointment.pk == moved.appointment.pk
    with house.open():
        old.refresh_from_db()
        assert (old.state, old.successor_id, ticks(old)) == (RESCHEDULED, moved.appointment.pk, 0)
        assert (moved.appointment.state, moved.appointment.reason, ticks(moved.appointment)) == (
            CONFIRMED, "a cough", 6
        )  # fmt: skip
        assert book.free_at(house.own, None, [TEN, TEN + timedelta(minutes=40)]) == {TEN + timedelta(minutes=40)}
        with refused("appointment.wrong_state"):
            appointments.reschedule(old, starts_at=TEN + HALF * 4, actor=house.desk)


@pytest.mark.rule("2.5")
def test_a_refused_move_leaves_the_booking_where_it_was(house: House) -> None:
    with house.open():
        old = take(house)
        take(house, TEN + HALF)
    with recorded(house) as told, refused("slot.taken"):
        appointments.reschedule(old, starts_at=TEN + timedelta(minutes=10), actor=house.desk)
    assert told.events == []
    with house.open():
        old.refresh_from_db()
        assert (old.state, ticks(old)) == (CONFIRMED, 6)
        first = SlotTick.objects.filter(appointment=old).order_by("tick").first()
        assert first is not None
        assert first.tick == int(TEN.timestamp()) // 300


@pytest.mark.rule("2.5")
def test_a_move_to_another_line_or_to_a_number(house: House) -> None:
    with house.open():
        other = Queue.objects.get(doctor=house.colleague)
        moved = appointments.reschedule(take(house), starts_at=TEN, queue=other, actor=house.desk).appointment
        assert moved.queue_id == other.pk
        numbered = appointments.reschedule(moved, day=MONDAY, queue=house.own, actor=house.desk).appointment
        assert (numbered.mode, numbered.token, ticks(numbered)) == ("token", "A-001", 0)
        assert SlotTick.objects.count() == 0


@pytest.mark.rule("2.5")
def test_called_off_is_free_at_once(house: House) -> None:
    with house.open():
        row = take(house)
        with refused("appointment.reason_needed"):
            appointments.cancel(row, reason="", actor=house.desk)
        appointments.cancel(row, reason="feels better", actor=house.desk)
        row.refresh_from_db()
        assert (row.state, row.end_reason, row.ended_by) == (CALLED_OFF, "feels better", "desk")
        assert take(house).state == CONFIRMED


@pytest.mark.rule("2.5")
def test_the_holder_of_the_link_moves_and_calls_off_the_own_booking(house: House) -> None:
    with house.open():
        row, foreign = take(house), take(house, TEN + HALF)
        with pytest.raises(NotFound):
            appointments.cancel_by_link(foreign, actor=holder(row))
        with pytest.raises(NotFound):
            appointments.reschedule_by_link(foreign, starts_at=TEN + 4 * HALF, actor=holder(row))
        HospitalConfig.objects.update(confirm="doctor")
        moved = appointments.reschedule_by_link(row, starts_at=TEN + 4 * HALF, actor=holder(row)).appointment
        assert moved.state == REQUESTED
        assert appointments.cancel_by_link(moved, actor=holder(moved)).ended_by == "patient"


def test_every_move_from_every_wrong_state_is_refused(house: House) -> None:
    with house.open():
        row = take(house)
        acts: tuple[Callable[[], Appointment], ...] = (
            lambda: appointments.accept(row, actor=house.desk),
            lambda: appointments.pay(row, actor=house.desk),
            lambda: appointments.release(row, actor=house.desk),
        )
        over = {"ended_at": EIGHT, "held_until": EIGHT + HALF}
        for state in (REJECTED, RESCHEDULED, CALLED_OFF):
            Appointment.objects.filter(pk=row.pk).update(state=state, **over)
            for act in acts:
                with refused("appointment.wrong_state"):
                    act()
        for bad in (EXPIRED, REJECTED):
            Appointment.objects.filter(pk=row.pk).update(state=bad, **over)
            with refused("appointment.wrong_state"):
                appointments.cancel(row, reason="no", actor=house.desk)


# --- undo ------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("3.19")
def test_what_was_called_off_comes_back_while_the_place_is_free(house: House) -> None:
    with house.open():
        row = take(house)
        appointments.cancel(row, reason="mistake", actor=house.desk)
        seq = done().seq
    assert seq is not None
    with recorded(house):
        undo.undo(seq, actor=house.desk)
    with house.open():
        row.refresh_from_db()
        assert (row.state, row.ended_at, ticks(row)) == (CONFIRMED, None, 6)
        appointments.cancel(row, reason="mistake", actor=house.desk)
        seq = done().seq
        assert seq is not None
        take(house)
        with refused("slot.taken"):
            undo.undo(seq, actor=house.desk)
        row.refresh_from_db()
        assert (row.state, ticks(row)) == (CALLED_OFF, 0)


@pytest.mark.rule("3.19")
def test_yes_and_no_to_a_request_can_be_taken_back(house: House) -> None:
    with house.open():
        HospitalConfig.objects.update(confirm="doctor")
        row = appointments.book_online(house.own, PERSON, starts_at=TEN, actor=VISITOR).appointment
        acts: tuple[Callable[[], Appointment], ...] = (
            lambda: appointments.accept(row, actor=house.medic),
            lambda: appointments.reject(row, reason="no", actor=house.medic),
        )
        for act in acts:
            act()
            seq = done().seq
            assert seq is not None
            undo.undo(seq, actor=house.medic)
            row.refresh_from_db()
            assert (row.state, ticks(row)) == (REQUESTED, 6)
