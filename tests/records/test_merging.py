"""R1.7: the duplicate guard, families, and two records that are one person; R3.17: a visit of the wrong one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.core import clock
from clinic.core.errors import Conflict, DomainError, Forbidden, Invalid, NotAllowed, NotFound
from clinic.live.models import Event, EventRef
from clinic.records import operations, search
from clinic.records.models import Patient, PatientMerge
from clinic.records.operations.merging import pointers
from queues.models import Visit
from queues.operations import calls, correct, ends, intake, undo, walk_in
from tests.ledger import recorded
from tests.world import House, World

pytestmark = pytest.mark.django_db


def register(house: House, given: str, family: str, **more: Any) -> Patient:
    return operations.register(given_name=given, family_name=family, actor=house.desk, **more)


# --- the guard -------------------------------------------------------------------------------------------------------


@pytest.mark.rule("1.7")
@pytest.mark.parametrize(
    ("known", "typed"),
    [
        ({"birth_date": date(1980, 5, 1)}, ("Anna", "Maier", {"birth_date": date(1980, 5, 1)})),
        ({"birth_year": 1980}, ("Anna", "Mayer", {"birth_year": 1980})),
        ({"birth_date": date(1980, 5, 1)}, ("Anna", "Meier", {"birth_year": 1980})),
        ({"phone": "+33 6 12 34 56 78"}, ("Tom", "Other", {"phone": "(+33) 6 12-34-56-78"})),
        ({"birth_date": date(1980, 5, 1)}, ("Ana", "Meyer", {"birth_date": date(1980, 5, 1)})),
    ],
)
def test_somebody_alike_by_birth_sound_or_phone_is_shown_and_new_anyway_needs_a_reason(
    world: World, known: dict[str, Any], typed: tuple[str, str, dict[str, Any]]
) -> None:
    house = world.harbor
    with house.open():
        first = register(house, "Anna", "Meyer", **known)
        given_name, family_name, more = typed
        with pytest.raises(Conflict) as refused:
            register(house, given_name, family_name, **more)
        assert refused.value.code == "patient.known"
        assert refused.value.details["candidates"] == [str(first.pk)]
        assert Patient.objects.count() == 1
        second = register(house, given_name, family_name, force_new="Her cousin", **more)
        assert Event.objects.latest("seq").reason == "Her cousin"
        assert second.pk != first.pk


@pytest.mark.rule("1.7")
def test_nobody_is_suspected_for_a_name_alone_or_another_sound(world: World) -> None:
    house = world.harbor
    with house.open():
        register(house, "Anna", "Meyer", birth_year=1980)
        register(house, "Anna", "Meyer", birth_year=1951)
        register(house, "Paul", "Kowalski", birth_year=1980)
        register(house, "Zoe", "Meyer", birth_year=1980)
        assert Patient.objects.count() == 4


def test_a_name_in_another_script_sounds_as_it_is_written() -> None:
    assert search.sound_key("محمود") == "محمود"
    assert search.sound_key("Müller-Lüdenscheidt") == search.sound_key("Mueller Luedenscheit")
    assert len({search.sound_key(name) for name in ("Meyer", "Meier", "Maier", "Mayr")}) == 1
    assert search.sound_key("", "Ana") == search.sound_key("", "Anna") != ""


@pytest.mark.rule("1.7")
def test_a_family_behind_one_phone_is_found_and_taken_in_at_once(world: World) -> None:
    house = world.harbor
    with recorded(house) as told:
        people = [
            register(house, name, "Raman", phone="+33 6 12 34 56 78", birth_year=year, force_new="family")
            for name, year in (("Mira", 2015), ("Priya", 1985), ("Arun", 2018))
        ]
        known = search.families("+33 6 12 34 56 78")
        assert [one.given_name for one in known] == ["Priya", "Mira", "Arun"]
        arrivals = walk_in.take_in_all(house.own, known, actor=house.desk)
    assert len({arrival.visit.token for arrival in arrivals}) == 3
    assert told.names[3:] == ["visit.arrived"] * 3
    assert len({event.op for event in told.events[3:]}) == 1  # one act, undone as one
    with house.open():
        fourth = house.patient("Late", "Raman")
        with pytest.raises(Conflict):
            walk_in.take_in_all(house.own, [fourth, people[0]], actor=house.desk)
        assert not Visit.objects.filter(patient=fourth).exists(), "all of them, or nobody"


def contacts(patient: Patient) -> tuple[str, str, str, bool]:
    row = Patient.objects.get(pk=patient.pk)
    return row.phone, row.phone_other, row.email, row.message_opt_out


# --- merging ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("1.7")
def test_merging_keeps_both_histories_and_leaves_one_person(world: World) -> None:
    house = world.harbor
    with house.open():
        kept = register(house, "Anna", "Meyer", birth_year=1980)
        gone = register(house, "Ann", "Maier", phone="+33 6 99 88 77 66", allergies="Penicillin", force_new="no")
        visit = intake.arrive(house.own, gone, actor=house.desk).visit
    with recorded(house) as told:
        merged = operations.merge(kept, gone, reason="Registered twice", take=["phone"], actor=house.desk)
    assert told.names == ["patient.merged"]
    with house.open():
        visit.refresh_from_db()
        kept.refresh_from_db()
        gone.refresh_from_db()
        assert visit.patient_id == kept.pk
        assert (kept.phone, kept.allergies, kept.birth_year) == ("+33 6 99 88 77 66", "Penicillin", 1980)
        assert gone.merged_into_id == kept.pk
        assert search.find("Maier") == [] or gone not in search.find("Maier")
        assert search.find("88 77 66") == [kept]
        assert EventRef.objects.filter(ref=gone.ref).count() >= 3, "the other record's history stays"
        assert merged.moved["rows"] == {"visit": [str(visit.pk)]}
        with pytest.raises(NotAllowed) as refused:
            intake.arrive(house.own, gone, actor=house.desk)
        assert refused.value.code == "patient.merged"
        with pytest.raises(NotAllowed):
            operations.correct(gone, given_name="Anne", actor=house.desk)


@pytest.mark.rule("1.7")
def test_a_merge_can_be_taken_back_whenever_that_is(world: World) -> None:
    house = world.harbor
    with house.open():
        kept, gone = register(house, "Anna", "Meyer"), register(house, "Berta", "Busch", phone="+33 6 99 88 77 66")
        old = intake.arrive(house.own, gone, actor=house.desk).visit
        moved_on = intake.arrive(house.pool, gone, actor=house.desk).visit
        third = register(house, "Carl", "Cohen")
    with recorded(house):
        merged = operations.merge(kept, gone, reason="Twice", take=["phone"], actor=house.desk)
        later = intake.arrive(house.pool, kept, again_reason="again", actor=house.desk).visit
        correct.correct_patient(moved_on, third, reason="It was Carl", actor=house.desk)
        with clock.at(clock.now() + timedelta(days=30)):
            operations.unmerge(merged, actor=house.desk)
            operations.unmerge(merged, actor=house.desk)  # twice is once
    with house.open():
        for visit, owner in ((old, gone), (later, kept), (moved_on, third)):
            visit.refresh_from_db()
            assert visit.patient_id == owner.pk
        kept.refresh_from_db()
        gone.refresh_from_db()
        assert not gone.is_merged
        assert (kept.phone, gone.phone) == ("", "+33 6 99 88 77 66")
        assert gone in search.find("Busch")
        assert operations.merge(kept, gone, reason="Yes, after all", actor=house.desk).pk != merged.pk


@pytest.mark.rule("1.7")
def test_wrong_merges_are_refused_and_change_nothing(world: World) -> None:
    house, other = world.both()
    with house.open():
        kept, gone = register(house, "Anna", "Meyer"), register(house, "Berta", "Busch")
        third = register(house, "Carl", "Cohen")
        with pytest.raises(Invalid):
            operations.merge(kept, kept, reason="x", actor=house.desk)
        with pytest.raises(Invalid):
            operations.merge(kept, gone, reason=" ", actor=house.desk)
        for role in ("doctor", "nurse", "biller"):
            with pytest.raises(Forbidden):
                operations.merge(kept, gone, reason="x", actor=house.actor(role))
        operations.merge(kept, gone, reason="x", actor=house.desk)
        for pair in ((kept, gone), (gone, third), (third, gone)):
            with pytest.raises(NotAllowed):
                operations.merge(*pair, reason="x", actor=house.desk)
        first = PatientMerge.objects.get()
        second = operations.merge(third, kept, reason="chain", actor=house.desk)
        with pytest.raises(NotAllowed):
            operations.unmerge(first, actor=house.desk)
        operations.unmerge(second, actor=house.desk)
        operations.unmerge(first, actor=house.desk)
    with other.open():
        mine = register(other, "Dora", "Dean")
        with pytest.raises(NotFound):
            operations.merge(mine, gone, reason="x", actor=other.desk)


@pytest.mark.rule("1.7")
def test_a_strangers_contact_comes_to_a_record_only_where_somebody_says_so(world: World) -> None:
    house = world.harbor
    theirs = {"phone": "+33 6 99 88 77 66", "phone_other": "+33 6 11", "email": "stranger@example.org"}
    with house.open():
        kept = register(house, "Anna", "Meyer", email="anna@example.org")
        gone = register(house, "Berta", "Busch", message_opt_out=True, **theirs)
    with recorded(house):
        merged = operations.merge(kept, gone, reason="Twice", actor=house.desk)
    with house.open():
        assert contacts(kept) == ("", "", "anna@example.org", False)
        operations.unmerge(merged, actor=house.desk)
        with pytest.raises(Invalid):
            operations.merge(kept, gone, reason="Twice", take=["notes"], actor=house.desk)
    with recorded(house):
        again = operations.merge(kept, gone, reason="Twice", take=["phone", "email"], actor=house.desk)
    with house.open():
        # "No messages" was said of the phone that is this record's now, and not of its own mailbox before.
        assert contacts(kept) == (theirs["phone"], "", "anna@example.org", True)
        operations.unmerge(again, actor=house.desk)
        assert contacts(kept) == ("", "", "anna@example.org", False)


def test_everything_that_points_to_a_patient_is_known() -> None:
    kinds = {
        "Visit", "EmergencyVisit", "Appointment", "Series", "WaitlistEntry", "PatientMessage", "PushSubscription",
    }  # fmt: skip
    assert {(model.__name__, column) for model, column in pointers()} == {(name, "patient") for name in kinds}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=6))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_merges_taken_back_in_the_other_order_leave_everybody_with_their_own(
    world: World, pairs: list[tuple[int, int]]
) -> None:
    house = world.harbor
    with house.open():
        people = [house.patient(name, name) for name in "ABCD"]
        visits = [intake.arrive(house.own, one, actor=house.desk).visit for one in people]
        before = {visit.pk: visit.patient_id for visit in visits}
        done = []
        for kept, gone in pairs:
            try:
                done.append(operations.merge(people[kept], people[gone], reason="?", actor=house.desk))
            except DomainError:
                continue
            owners = set(Visit.objects.filter(pk__in=before).values_list("patient__merged_into", flat=True))
            assert owners == {None}, "nobody's visit belongs to a record that is not shown"
        for merged in reversed(done):
            operations.unmerge(merged, actor=house.desk)
        assert dict(Visit.objects.filter(pk__in=before).values_list("pk", "patient_id")) == before
        assert not Patient.objects.exclude(merged_into=None).exists()


# --- the wrong patient -----------------------------------------------------------------------------------------------


@pytest.mark.rule("3.17")
def test_until_completion_a_visit_moves_to_the_right_patient_and_both_records_tell_of_it(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    wrong, right = house.people[0], house.patient("Right", "Person")
    with recorded(house) as told:
        correct.correct_patient(visit, right, reason="The wrong row", actor=house.desk)
        correct.correct_patient(visit, right, reason="The wrong row", actor=house.desk)
    assert told.names == ["visit.patient_corrected"]
    assert {wrong.ref, right.ref, visit.ref} <= set(told.events[0].subjects)
    assert told.events[0].reason == "The wrong row"
    with house.open():
        undo.undo(told.events[0].seq, actor=house.desk)
        visit.refresh_from_db()
        assert visit.patient_id == wrong.pk


@pytest.mark.rule("3.17")
def test_whoever_waits_there_already_needs_a_reason_and_a_completed_visit_stays(world: World) -> None:
    house = world.harbor
    first, second = house.waiting(2)
    with house.open():
        there = second.patient
        with pytest.raises(Conflict) as refused:
            correct.correct_patient(first, there, reason="It was her", actor=house.desk)
        assert refused.value.code == "visit.already_in_line"
        correct.correct_patient(first, there, reason="It was her", again_reason="Two complaints", actor=house.desk)
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
        ends.complete(leg.visit, actor=house.medic)
        with pytest.raises(NotAllowed):
            correct.correct_patient(leg.visit, house.people[0], reason="x", actor=house.desk)
        with pytest.raises(Invalid):
            correct.correct_patient(second, house.people[0], reason="", actor=house.desk)
        for role in ("doctor", "biller"):
            with pytest.raises(Forbidden):
                correct.correct_patient(second, house.people[0], reason="x", actor=house.actor(role))
    foreign = world.hilltop.patient()
    with house.open(), pytest.raises(NotFound):
        correct.correct_patient(second, foreign, reason="x", actor=house.desk)
