"""Messages to patients: told once, by the ways that are allowed, and never when they should not be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from clinic.core.access import PATIENT, SYSTEM, Actor
from clinic.core.errors import NotAllowed, NotFound
from clinic.inbox import operations, outgoing, tasks, truth
from clinic.inbox.channels import NotSent
from clinic.inbox.models import (
    CANCELLED,
    FAILED,
    PENDING,
    SENDING,
    SENT,
    SKIPPED,
    UNKNOWN,
    PatientMessage,
)
from clinic.live import outbox
from clinic.records import operations as records
from clinic.records.models import Patient
from clinic.tenants import days, links
from clinic.tenants import operations as tenants
from tests.house.calls.inbox import claimed, failed
from tests.world import House, World

pytestmark = pytest.mark.django_db
NOON = "2026-11-20T12:00:00+01:00"
NIGHT = "2026-11-20T23:30:00+01:00"
MAIL = "priya@patients.example"


@pytest.fixture
def house(world: World) -> Iterator[House]:
    with world.harbor.open():
        yield world.harbor


def policies(house: House, **fields: Any) -> None:
    tenants.change_policies(days.policies(), actor=house.actor("owner"), **fields)


def tell(who: Patient, occasion: str = "booked", about: str = "", **more: Any) -> list[PatientMessage]:
    more.setdefault("facts", {})
    return operations.tell(who, occasion, about=about or f"somewhere:{who.pk}", actor=SYSTEM, **more)


def states(who: Patient) -> list[str]:
    return list(who.messages.order_by("id").values_list("state", flat=True))


# --- by which ways ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tell_by", "email", "phone", "ways"),
    [
        ("mail", MAIL, "+33 6 1", ["mail"]), ("sms", MAIL, "+33 6 1", ["sms"]),
        ("both", MAIL, "+33 6 1", ["mail", "sms"]),
        ("both", "", "+33 6 1", ["sms"]), ("mail", "", "+33 6 1", []), ("none", MAIL, "+33 6 1", []),
    ],
)  # fmt: skip
def test_the_policy_and_what_is_known_say_by_which_ways(
    house: House, tell_by: str, email: str, phone: str, ways: list[str]
) -> None:
    policies(house, tell_by=tell_by)
    assert [row.channel for row in tell(house.patient(email=email, phone=phone))] == ways


def test_told_twice_is_told_once(house: House) -> None:
    who = house.patient(email=MAIL)
    assert len(tell(who)) == 1
    assert tell(who) == []
    assert outgoing.send_due() == 1
    assert outgoing.send_due() == 0
    assert len(mail.outbox) == 1
    assert tell(who, nth=7) != [], "another event's message is another one"


def test_a_mail_is_the_hospitals_and_can_be_stopped(house: House, settings: Settings) -> None:
    who = house.patient(email=MAIL)
    tell(who, facts={"starts_at": timezone.now() + timedelta(days=2), "doctor": "Dr. Leïla Benali"})
    outgoing.send_due()
    (sent,) = mail.outbox
    stop = f"{settings.PUBLIC_URL}/m/{links.token_for(operations.STOP, who.ref)}/"
    assert sent.to == [MAIL]
    assert sent.subject == "Harbor Clinic: Your appointment is booked"
    assert sent.from_email.startswith("Harbor Clinic <")
    assert sent.extra_headers["List-Unsubscribe"] == f"<{stop}>"
    assert stop in sent.body
    assert "Dr. Leïla Benali" in sent.body
    assert who.given_name not in sent.body, "a name anybody may have typed does not travel in the hospital's mails"
    row = who.messages.get()
    assert (row.state, row.tries) == (SENT, 1)
    assert links.token_for(operations.STOP, who.ref) not in row.body, "links are in no row"


def test_in_the_patients_language(house: House) -> None:
    for spoken, language in (("es", "es"), ("ar", "ar"), ("fr", "en"), ("", "en")):
        (row,) = tell(house.patient(email=MAIL, language=spoken))
        assert row.language == language


def test_a_sensitive_department_is_not_named(house: House) -> None:
    house.department.sensitive = True
    facts = {"doctor": "Dr. Leïla Benali", "starts_at": timezone.now() + timedelta(days=1)}
    (row,) = tell(house.patient(email=MAIL), facts=facts, department=house.department)
    assert "General practice" not in row.body
    assert "Benali" not in row.body
    house.department.sensitive = False
    (row,) = tell(house.patient(email=MAIL), facts=facts, department=house.department)
    assert "General practice" in row.body
    assert "Benali" in row.body


# --- when ------------------------------------------------------------------------------------------------------------


def test_quiet_hours_move_what_can_wait_and_leave_out_what_cannot(house: House) -> None:
    policies(house, tell_by="mail", mute_from=time(21), mute_until=time(7))
    morning = datetime.fromisoformat("2026-11-21T07:00:00+01:00")
    who = house.patient(email=MAIL)
    with time_machine.travel(NIGHT, tick=False):
        (waits,) = tell(who)
        (turn,) = tell(who, "your_turn", facts={"token": "A-001"})
        assert waits.not_before == morning
        assert outgoing.send_due() == 0
        turn.refresh_from_db()
        assert (turn.state, turn.why) == (SKIPPED, "quiet")
    with time_machine.travel(morning - timedelta(seconds=1), tick=False):
        assert outgoing.send_due() == 0
    with time_machine.travel(morning, tick=False):
        assert outgoing.send_due() == 1
    assert states(who) == [SENT, SKIPPED]


def test_quiet_hours_that_were_set_meanwhile_hold(house: House) -> None:
    with time_machine.travel(NIGHT, tick=False):
        (row,) = tell(house.patient(email=MAIL))
        policies(house, mute_from=time(21), mute_until=time(7))
        assert outgoing.send_due() == 0
        row.refresh_from_db()
        assert row.state == PENDING
        assert row.not_before == datetime.fromisoformat("2026-11-21T07:00:00+01:00")
    assert mail.outbox == []


def test_not_before_its_time_and_not_after_its_use(house: House) -> None:
    who = house.patient(email=MAIL)
    with time_machine.travel(NOON, tick=False) as clock:
        now = timezone.now()
        tell(who, not_before=now + timedelta(minutes=2), valid_until=now + timedelta(minutes=5))
        assert outgoing.send_due() == 0
        clock.shift(timedelta(minutes=5))
        assert outgoing.send_due() == 0
    row = who.messages.get()
    assert (row.state, row.why) == (SKIPPED, "late")


def test_what_was_taken_back_is_not_sent(house: House) -> None:
    who = house.patient(email=MAIL)
    (row,) = tell(who)
    assert [one.pk for one in operations.withdraw(row.about, actor=SYSTEM)] == [row.pk]
    assert operations.withdraw(row.about, actor=SYSTEM) == []
    assert outgoing.send_due() == 0
    assert states(who) == [CANCELLED]
    assert mail.outbox == []


def test_what_is_not_true_any_more_is_not_sent(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(truth._checks, "somewhere", lambda key, message: False)
    who = house.patient(email=MAIL)
    tell(who)
    assert outgoing.send_due() == 0
    row = who.messages.get()
    assert (row.state, row.why) == (SKIPPED, "untrue")


def test_a_suspended_hospital_sends_nothing(house: House, world: World) -> None:
    who = house.patient(email=MAIL)
    tell(who)
    house.hospital.status = "suspended"
    house.hospital.save()
    assert outgoing.send_due() == 0
    assert tasks.sweep() == 0
    assert states(who) == [PENDING]


def test_the_other_hospitals_messages_are_its_own(house: House, world: World) -> None:
    tell(house.patient(email=MAIL))
    with world.hilltop.open():
        assert outgoing.send_due() == 0
    assert mail.outbox == []
    assert tasks.sweep() == 1
    assert len(mail.outbox) == 1


# --- what the provider says ------------------------------------------------------------------------------------------


def provider(monkeypatch: pytest.MonkeyPatch, error: Exception | None) -> list[str]:
    asked: list[str] = []

    def send(message: Any) -> str:
        asked.append(message.id)
        if error is not None:
            raise error
        return "taken"

    monkeypatch.setattr(outgoing, "way", lambda _channel: send)
    return asked


def test_what_surely_was_not_sent_is_tried_again_some_times(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = provider(monkeypatch, NotSent("ConnectionRefusedError", again=True))
    who = house.patient(email=MAIL)
    with time_machine.travel(NOON, tick=False) as clock:
        tell(who)
        for _ in range(20):
            outgoing.send_due()
            clock.shift(timedelta(minutes=6))
    assert len(asked) == operations.TRIES
    row = who.messages.get()
    assert (row.state, row.error) == (FAILED, "ConnectionRefusedError")


def test_a_refused_address_fails_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = provider(monkeypatch, NotSent("SMTPRecipientsRefused 550", again=False))
    who = house.patient(email=MAIL)
    tell(who)
    outgoing.send_due()
    outgoing.send_due()
    assert (len(asked), states(who)) == (1, [FAILED])


@pytest.mark.faults
def test_an_answer_that_never_came_is_unknown_and_not_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = provider(monkeypatch, TimeoutError())
    who = house.patient(email=MAIL)
    with time_machine.travel(NOON, tick=False) as clock:
        tell(who)
        for _ in range(5):
            outgoing.send_due()
            clock.shift(timedelta(hours=1))
    assert (len(asked), states(who)) == (1, [UNKNOWN])


@pytest.mark.faults
def test_one_that_cannot_be_sent_does_not_hold_up_the_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = (house.patient(email=MAIL) for _ in range(3))
    for who in (first, second, third):
        tell(who)

    def check(key: str, message: PatientMessage) -> bool:
        return 1 / (message.patient_id != first.pk) > 0

    monkeypatch.setitem(truth._checks, "somewhere", check)
    written: Any = outgoing._outgoing
    monkeypatch.setattr(outgoing, "_outgoing", lambda row, here: written(row, None if row.patient == second else here))
    assert outgoing.send_due() == 1
    assert [states(who) for who in (first, second, third)] == [[PENDING], [PENDING], [SENT]]


def test_a_lease_that_is_over_is_unknown_until_the_late_answer(house: House) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        row = claimed(house)
        assert operations.claim(row, actor=SYSTEM) is None, "only one gets it"
        clock.shift(operations.LEASE - timedelta(seconds=1))
        outgoing.send_due()
        row.refresh_from_db()
        assert row.state == SENDING
        clock.shift(timedelta(seconds=1))
        outgoing.send_due()
        row.refresh_from_db()
        assert row.state == UNKNOWN
        operations.sent(row, provider_id="late", actor=SYSTEM)
        row.refresh_from_db()
    assert (row.state, row.provider_id) == (SENT, "late")
    assert mail.outbox == []


def test_without_a_way_it_is_left_out_and_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "way", lambda _channel: None)
    who = house.patient(email=MAIL)
    tell(who)
    outgoing.send_due()
    row = who.messages.get()
    assert (row.state, row.why) == (SKIPPED, "no_way")


# --- by hand, by the patient, and codes ------------------------------------------------------------------------------


def test_staff_sends_again_what_failed_once(house: House) -> None:
    row = failed(house)
    copy = operations.resend(row, actor=house.desk)
    assert (copy.copy, copy.state, copy.body) == (1, PENDING, row.body)
    assert operations.resend(row, actor=house.desk).pk == copy.pk
    assert outgoing.send_due() == 1
    with pytest.raises(NotAllowed):
        operations.resend(PatientMessage.objects.get(pk=copy.pk), actor=house.desk)


def test_whoever_stopped_messages_gets_none(house: House) -> None:
    who = house.patient(email=MAIL)
    tell(who)
    holder = Actor(kind="patient", id=who.ref, name="", abilities=PATIENT)
    who = operations.set_opt_out(who, True, actor=holder)
    assert outgoing.send_due() == 0
    assert tell(who, nth=2) == []
    assert [row.why for row in who.messages.all()] == ["opted_out"]
    assert tell(operations.set_opt_out(who, False, actor=holder), nth=3) != []
    with pytest.raises(NotFound):
        operations.set_opt_out(house.patient(), True, actor=holder)


def test_a_record_that_was_merged_stops_for_the_one_that_holds(house: House) -> None:
    kept, gone = house.patient(email=MAIL), house.patient("Prya", "Raman", email=MAIL)
    merged = records.merge(kept, gone, reason="Registered twice", actor=house.desk)
    holder = Actor(kind="patient", id=gone.ref, name="", abilities=PATIENT)
    operations.set_opt_out(gone, True, actor=holder)
    assert Patient.objects.get(pk=kept.pk).message_opt_out
    operations.set_opt_out(gone, False, actor=holder)
    records.unmerge(merged, actor=house.desk)
    operations.set_opt_out(gone, True, actor=holder)
    assert not Patient.objects.get(pk=kept.pk).message_opt_out
    merged = records.merge(kept, gone, reason="Registered twice", actor=house.desk)
    assert Patient.objects.get(pk=kept.pk).message_opt_out, "a merge takes nobody's word back"
    records.unmerge(merged, actor=house.desk)
    assert not Patient.objects.get(pk=kept.pk).message_opt_out


def test_a_code_is_sent_and_forgotten(house: House) -> None:
    policies(house, mute_from=time(0), mute_until=time(23, 59))
    row = operations.send_code("someone@patients.example", "482915", language="en", actor=SYSTEM)
    assert outgoing.send_due() == 1
    assert "482915" in mail.outbox[0].body
    row.refresh_from_db()
    assert (row.state, row.secret) == (SENT, "")
    assert "482915" not in str(list(PatientMessage.objects.values()))


def test_a_text_message_is_a_file_here_and_nothing_in_production(
    house: House, settings: Settings, tmp_path: Path
) -> None:
    settings.SMS_FOLDER = tmp_path
    policies(house, tell_by="sms")
    who = house.patient(phone="+33 6 55 12 34 00")
    tell(who, "your_turn", facts={"token": "A-012", "room": "Room 4"})
    assert outgoing.send_due() == 1
    text = next(tmp_path.glob("*.txt")).read_text()
    assert text.startswith("+33655123400\n")
    assert "Harbor Clinic: A-012: it is your turn. Please go to Room 4 now." in text
    settings.PRODUCTION = True
    tell(who, nth=2)
    outgoing.send_due()
    assert states(who) == [SENT, SKIPPED]


def test_a_new_message_rings_the_sender(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(tasks.send, "apply_async", lambda args, **options: rung.append(args))
    tell(house.patient(email=MAIL))
    outbox.run(house.hospital.pk)
    assert rung == [(str(house.hospital.pk),)]
    assert tasks.send(str(house.hospital.pk)) == 1
