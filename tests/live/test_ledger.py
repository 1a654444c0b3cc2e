"""The log's tables: what stands in them, what never does, and that nobody alters them unseen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from clinic.core.access import SYSTEM, Actor
from clinic.live import ledger
from clinic.live.ledger import SECRET, detail_digest, event_digest, verify
from clinic.live.models import Clock, Event, EventDetail, EventRef
from clinic.live.record import add, change, operation, record
from clinic.records import operations as patients
from clinic.records.models import Patient
from clinic.tenants.models import ApiKey, JoinCode
from tests.ledger import recorded
from tests.world import House, World

pytestmark = pytest.mark.django_db


@operation("directory.manage")
def act(doing: Callable[[], Any], *, actor: Actor) -> Any:
    return doing()


@pytest.fixture
def house(world: World) -> Iterator[House]:
    with world.harbor.open():
        yield world.harbor


def story(house: House, length: int = 4) -> list[Event]:
    """Events that have everything: two in one operation, personal fields, a reason."""

    def one(n: int) -> None:
        patient = house.patient(f"Given{n}", f"Family{n}")
        change(patient, phone=f"+3312345{n}")
        record("patient.corrected", patient, reason=f"because {n}")
        change(house.room, name=f"Room {n}")
        record("room.changed", house.room)

    for n in range(length // 2):
        act(lambda n=n: one(n), actor=house.actor("owner"))
    return list(Event.objects.order_by("seq"))


# --- what stands in them ---------------------------------------------------------------------------------------------


def test_an_event_tells_who_what_when_and_about_whom(house: House) -> None:
    events = story(house)
    assert [event.seq for event in events] == [1, 2, 3, 4]
    assert [event.op for event in events] == [1, 1, 3, 3]
    owner = house.memberships["owner"]
    assert events[0].actor == {"kind": "member", "id": str(owner.pk), "name": "Owner harbor"}
    assert (events[0].reason, events[1].reason) == ("because 0", "")
    assert set(EventRef.objects.values_list("ref", "seq")) == {(ref, e.seq) for e in events for ref in e.subjects}


def test_personal_values_stand_in_the_detail_and_nowhere_else(house: House) -> None:
    with recorded(house) as told:
        patients.register(
            given_name="Zebulon", family_name="Quux", phone="+33 655 123", birth_year=1931, address="7 Elm Street",
            language="fr", notes="allergic to x", sex="male", actor=house.desk,
        )  # fmt: skip
    event = told.events[0]
    written = str([event.changes, event.subjects, event.topics, event.name, event.reason])
    for value in ("Zebulon", "Quux", "zebulon", "655", "556", "1931", "Elm", "allergic", "'fr'", "'male'"):
        assert value not in written
        assert value in str(EventDetail.objects.get(seq=event.seq).values)
    assert event.changes[event.subjects[0]]["personal"] == sorted(Patient.personal)


def test_secrets_are_told_to_have_changed_and_never_to_what(house: House) -> None:
    user = house.users["nurse"]
    old = user.password
    with recorded(house) as told:
        user.set_password("another pass phrase")
        fresh = user.password
        user.password = old
        act(lambda: (change(user, password=fresh), record("user.password_changed", user)), actor=SYSTEM)
        code = JoinCode(hospital=house.hospital, role="nurse", expires_at=house.users["nurse"].created_at)
        key = ApiKey(hospital=house.hospital, name="x", prefix="x", hash="h" * 64)
        act(lambda: (add(code), add(key), record("keys.added", code, key)), actor=SYSTEM)
    assert told.events[0].changes[user.ref]["fields"] == {"password": [SECRET, SECRET]}
    assert told.events[1].changes[code.ref]["fields"]["code"] == [None, SECRET]
    assert told.events[1].changes[key.ref]["fields"]["hash"] == [None, SECRET]
    written = str(list(Event.objects.values()) + list(EventDetail.objects.values()))
    for secret in (old, fresh, "another pass phrase", code.code, key.hash):
        assert secret not in written


# --- the chain -------------------------------------------------------------------------------------------------------


def fault(house: House) -> str:
    return verify(house.hospital.pk).fault


def test_an_untouched_log_is_whole(house: House) -> None:
    assert verify(house.hospital.pk) == ledger.Verdict(0, "")
    story(house)
    assert verify(house.hospital.pk) == ledger.Verdict(4, "")


TAMPERED: dict[str, Any] = {
    "name": "room.seen",
    "at": F("at") + timedelta(seconds=1),
    "actor": {"kind": "member", "id": "7", "name": "Somebody else"},
    "subjects": ["room:x"],
    "topics": ["nowhere"],
    "changes": {},
    "reason": "another one",
    "salt": "0" * 32,
    "detail_digest": "0" * 64,
    "digest": "0" * 64,
    "op": 2,
}


def test_every_column_of_an_event_is_covered() -> None:
    assert set(TAMPERED) | {"id", "hospital", "seq"} == {field.name for field in Event._meta.concrete_fields}


@pytest.mark.parametrize("column", TAMPERED)
@pytest.mark.parametrize("seq", [3, 4])
def test_altering_any_column_shows(house: House, column: str, seq: int) -> None:
    story(house)
    assert Event.objects.filter(seq=seq).update(**{column: TAMPERED[column]})
    assert f"event {seq} was altered" in fault(house)


def test_altering_a_detail_shows(house: House) -> None:
    story(house)
    detail = EventDetail.objects.get(seq=3)
    ref = next(iter(detail.values))
    EventDetail.objects.filter(seq=3).update(values={ref: {"phone": ["", "+331999"]}})
    assert fault(house) == "detail of event 3 was altered"


def test_inventing_a_detail_or_a_reason_shows(house: House) -> None:
    story(house)
    EventDetail.objects.create(seq=2, values={"room:x": {"name": ["a", "b"]}})
    assert fault(house) == "detail of event 2 was altered"
    EventDetail.objects.filter(seq=2).update(seq=9)
    assert fault(house) == "a detail of event 9, which is not there"
    EventDetail.objects.filter(seq=9).delete()
    Event.objects.filter(seq=2).update(reason="invented")
    assert fault(house) == "detail of event 2 was altered"


def test_an_erased_detail_leaves_the_chain_whole(house: House) -> None:
    story(house)
    EventDetail.objects.filter(seq=1).delete()
    Event.objects.filter(seq=1).update(reason="")
    assert fault(house) == ""
    Event.objects.filter(seq=1).update(reason="put back otherwise")
    assert fault(house) == "detail of event 1 was altered"


@pytest.mark.parametrize(("seq", "found"), [(1, "event 1 is missing"), (2, "event 2 is missing"),
                                            (4, "the end of the log does not meet the clock")])  # fmt: skip
def test_removing_an_event_shows(house: House, seq: int, found: str) -> None:
    story(house)
    Event.objects.filter(seq=seq).delete()
    EventDetail.objects.filter(seq=seq).delete()
    assert fault(house) == found


def test_removing_one_and_closing_the_gap_shows(house: House) -> None:
    story(house)
    Event.objects.filter(seq__in=[3, 4]).delete()
    EventDetail.objects.filter(seq__in=[3, 4]).delete()
    Clock.objects.filter(pk=house.hospital.pk).update(seq=2)
    assert fault(house) == "the end of the log does not meet the clock"


def test_removing_the_clock_or_everything_shows(house: House) -> None:
    story(house)
    Clock.objects.filter(pk=house.hospital.pk).delete()
    assert fault(house) == "the end of the log does not meet the clock"


def test_reordering_shows(house: House) -> None:
    """Two whole operations changed places, with their details: each event is still itself, but not in its place."""
    story(house)
    for model in (Event, EventDetail):
        for old, new in ((1, 101), (2, 102), (3, 1), (4, 2), (101, 3), (102, 4)):
            model.objects.filter(seq=old).update(seq=new)
    for old, new in ((1, 101), (3, 1), (101, 3)):
        Event.objects.filter(op=old).update(op=new)
    assert fault(house) == "the end of the log does not meet the clock"


def test_a_forger_who_writes_new_digests_does_not_meet_the_head(house: House) -> None:
    story(house)
    event = Event.objects.get(seq=2)
    changes = {house.room.ref: {"op": "update", "fields": {"name": ["Room 4", "forged"]}}}
    digest = event_digest(
        name=event.name, at=event.at, actor=event.actor, subjects=event.subjects, topics=event.topics, step=1,
        salt=event.salt, changes=changes, detail=detail_digest(event.salt, {}, ""),
    )  # fmt: skip
    Event.objects.filter(seq=2).update(changes=changes, digest=digest)
    assert fault(house) == "the end of the log does not meet the clock"


def test_each_hospital_has_its_own_chain(world: World) -> None:
    for house in world.both():
        with house.open():
            story(house)
    with world.hilltop.open():
        Event.objects.filter(seq=1).update(name="x.y")
    assert fault(world.harbor) == ""
    assert fault(world.hilltop) == "event 1 was altered"
