"""Starting for real: the demo's owner gets an empty hospital, and the demo is gone."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from clinic.core.tenancy import hospital
from clinic.demo import stage
from clinic.demo.cast import CASTS, HILLTOP
from clinic.directory.models import Department
from clinic.live import ledger, outbox
from clinic.live.models import Event
from clinic.records.models import Patient
from clinic.tenants.models import Hospital, Membership, User
from queues.models import Visit

pytestmark = pytest.mark.django_db
ASKED = {
    "hospital": "Lakeside Clinic", "name": "Nora Berg", "email": "nora@lakeside.example", "time_zone": "Europe/Oslo",
    "language": "en", "currency": "NOK", "password": "a boat on calm water",
}  # fmt: skip


def client(role: str) -> Client:
    one = Client()
    user = User.objects.get(email=HILLTOP.email(HILLTOP.who(role)))
    one.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return one


def test_the_demos_owner_finds_the_way_in_the_rail(hilltop: Hospital) -> None:
    assert b"/h/hilltop/start-for-real/" in client("owner").get("/h/hilltop/me/").content
    assert b"start-for-real" not in client("receptionist").get("/h/hilltop/me/").content


def test_one_act_makes_the_hospital_and_removes_the_demo(hilltop: Hospital) -> None:
    owner = client("owner")
    assert owner.get("/h/hilltop/start-for-real/").status_code == 200
    answer = owner.post("/h/hilltop/start-for-real/", ASKED)
    assert answer.status_code == 302, answer.content
    made = Hospital.objects.get(name="Lakeside Clinic")
    assert answer["Location"] == f"/h/{made.slug}/"
    assert [row.hospital_id for row in Membership.objects.all()] == [made.pk]
    assert User.objects.get(email="nora@lakeside.example").check_password(ASKED["password"])
    assert all(stage.find(cast) is None for cast in CASTS)
    assert not User.objects.filter(email__endswith="@hilltop.example").exists()
    with hospital(hilltop):
        assert (Event.objects.count(), Visit.objects.count(), Patient.objects.count()) == (0, 0, 0)
    outbox.run(made.pk)
    with hospital(made):
        assert not Patient.objects.exists()
        assert Department.objects.count() == 1
        assert ledger.verify(made.pk).fault == ""
    assert owner.get(f"/h/{made.slug}/me/").status_code == 200
    assert client_of(made).get("/h/hilltop/me/").status_code == 404


def client_of(where: Hospital) -> Client:
    one = Client()
    user = Membership.objects.get(hospital=where).user
    one.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return one


def test_all_of_it_or_nothing(hilltop: Hospital) -> None:
    """A refusal leaves the demo as it was: here the address is somebody's already."""
    taken = ASKED | {"email": HILLTOP.email(HILLTOP.who("receptionist"))}
    with hospital(hilltop):
        before = Event.objects.count()
    assert client("owner").post("/h/hilltop/start-for-real/", taken).status_code == 400
    assert client("owner").post("/h/hilltop/start-for-real/", ASKED | {"password": "short"}).status_code == 400
    assert Hospital.objects.filter(hidden=False).count() == 1
    with hospital(hilltop):
        assert Event.objects.count() == before


def test_the_desk_of_the_demo_may_not(hilltop: Hospital) -> None:
    assert client("receptionist").post("/h/hilltop/start-for-real/", ASKED).status_code == 403
    assert stage.find(HILLTOP) is not None


def test_by_the_command(hilltop: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO("a boat on calm water\n"))
    words = ["--start-for-real", "--hospital", "Lakeside", "--name", "Nora Berg", "--email", "nora@lakeside.example"]
    call_command("demo", *words, stdout=told)
    assert "/h/lakeside/" in told.getvalue()
    assert stage.find(HILLTOP) is None
    assert Membership.objects.get().hospital.name == "Lakeside"
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    with pytest.raises(CommandError):
        call_command("demo", *words, stdout=told)
