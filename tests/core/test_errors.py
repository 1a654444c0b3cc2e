"""One rule, one answer: codes, sentences, and the constraint that refused told the same on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation

from clinic.core import errors
from clinic.core.errors import Conflict, DomainError, Forbidden, Invalid, NotAllowed, NotFound, from_integrity_error
from clinic.directory.models import Department, Doctor, Room
from clinic.records.models import Patient
from clinic.tenants.models import Hospital, User
from queues.models import COMPLETED, Leg, Queue, Visit
from tests.world import House, World


def refusal(act: Callable[[], Any]) -> DomainError:
    """What a person is told when the database refuses the act."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        act()
        connection.check_constraints()
    return from_integrity_error(caught.value)


def copy_of(row: Any, **changes: Any) -> Any:
    """The same row once more, under a new key."""
    names = [f.attname for f in row._meta.concrete_fields if not f.primary_key]
    return type(row)(**{name: getattr(row, name) for name in names} | changes)


BROKEN: dict[str, tuple[str, Callable[[House], Any]]] = {
    "columns": (
        "department.prefix_taken",
        lambda house: Department.objects.create(name="Other", prefix=house.department.prefix),
    ),
    "one column": ("doctor.member_taken", lambda house: copy_of(house.doctor).save()),
    "columns where": ("queue.one_pool", lambda house: copy_of(house.pool).save()),
    "one column of a row that may be empty": ("queue.one_per_doctor", lambda house: copy_of(house.own).save()),
    "an expression": (
        "user.email_taken", lambda house: User.objects.create(email=house.users["nurse"].email.upper(), name="x"),
    ),
    "a check": ("department.bad_prefix", lambda house: Department.objects.create(name="x", prefix="no")),
    "a check of numbers": (
        "doctor.bad_rooms",
        lambda house: Doctor.objects.filter(pk=house.doctor.pk).update(parallel_rooms=9),
    ),
    "a check of a state": ("row.invalid", lambda house: Leg.objects.update(state=COMPLETED)),
    "nothing there to point to": (
        "row.in_use", lambda house: Visit.objects.update(patient=Patient(pk=Patient().pk, hospital=house.hospital)),
    ),
    "a value that must be": ("row.invalid", lambda house: Room.objects.filter(pk=house.room.pk).update(name=None)),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("how", BROKEN)
def test_the_constraint_that_refused_is_told_by_its_code(world: World, how: str) -> None:
    world.harbor.waiting(1)
    code, act = BROKEN[how]
    with world.harbor.open():
        assert refusal(lambda: act(world.harbor)).code == code


@pytest.mark.django_db
def test_two_patients_in_one_lane_is_a_busy_doctor(world: World) -> None:
    one, two = world.harbor.waiting(2)
    now = timezone.now()
    with world.harbor.open():
        place = {"state": "called", "server": world.harbor.doctor, "lane": 1, "called_at": now}
        Leg.objects.filter(visit=one).update(**place)
        assert refusal(lambda: Leg.objects.filter(visit=two).update(**place)).code == "doctor.busy"
        again = copy_of(Leg.objects.get(visit=two))
        assert refusal(again.save).code == "visit.wrong_state"


@pytest.mark.django_db
def test_an_unknown_constraint_is_still_a_refusal_and_never_a_500() -> None:
    told = from_integrity_error(IntegrityError("something the database made up"))
    assert (told.status, told.code) == (409, "row.duplicate")


def test_postgresql_names_a_unique_field_as_we_expect() -> None:
    """``unique_columns`` guesses PostgreSQL's own names, which it cuts at 63 characters."""
    names = [
        name
        for model in apps.get_models()
        for _columns, name in errors.unique_columns(model)
        if name in errors.CONSTRAINTS
    ]
    assert "directory_doctor_membership_id_key" in names
    assert [name for name in names if len(name) > 63] == []


@pytest.mark.postgres
@pytest.mark.django_db
def test_every_unique_constraint_has_the_name_the_database_gave_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()")
        there = {name for (name,) in cursor.fetchall()}
    ours = {
        name for model in (Doctor, Queue, Hospital, User, Leg, Visit) for _columns, name in errors.unique_columns(model)
    }
    assert ours <= there


def test_each_kind_has_its_status() -> None:
    statuses = {kind.__name__: kind.status for kind in DomainError.__subclasses__()}
    assert statuses == {
        "Invalid": 400, "NotSignedIn": 401, "Forbidden": 403, "NotFound": 404, "NotAllowed": 409, "Conflict": 409,
        "Stale": 412, "Mismatch": 422, "TooMany": 429, "Unavailable": 503, "Closed": 503,
    }  # fmt: skip


def test_a_sentence_takes_its_details() -> None:
    told = NotAllowed("visit.other_server", token="A-001", server="Dr. X")
    assert told.message == "A-001 is with Dr. X."
    assert str(told) == "visit.other_server: A-001 is with Dr. X."
    assert told.details == {"token": "A-001", "server": "Dr. X"}


def test_a_detail_that_is_missing_or_an_unknown_code_never_hides_the_refusal() -> None:
    assert "%(token)s" in NotAllowed("visit.other_server").message
    assert Conflict("nobody.wrote_this").message == "nobody.wrote_this"
    assert Invalid("row.invalid", "said otherwise").message == "said otherwise"


def test_the_sentence_is_in_the_language_of_who_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Forbidden("access.denied")  # made under one language, read under another
    with translation.override("en"):
        assert told.message == "Your role does not allow this."
    monkeypatch.setitem(errors.SENTENCES, "access.denied", translation.gettext_lazy("Waiting"))
    with translation.override("ar"):
        assert told.message == translation.gettext("Waiting")


def test_what_is_not_yours_is_not_there() -> None:
    assert (NotFound().status, NotFound().code) == (404, "access.not_here")


def test_one_code_has_one_sentence() -> None:
    with pytest.raises(ValueError, match="two sentences"):
        errors.say({"row.duplicate": "Otherwise"})


def test_every_code_that_a_constraint_names_has_its_sentence() -> None:
    assert sorted(set(errors.CONSTRAINTS.values()) - errors.SENTENCES.keys()) == []
