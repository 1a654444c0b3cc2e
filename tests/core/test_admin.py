"""The admin is a door: the own hospital's rows only, operations only, and the Event as its log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.core.admin import site
from clinic.directory.models import (
    Absence,
    Closure,
    Department,
    DepartmentConfig,
    Doctor,
    DoctorDepartment,
    DoctorVisitType,
    Room,
    VisitType,
    WorkingHours,
)
from clinic.live.models import Event
from clinic.records import operations as records
from clinic.records.models import AccessLog, Patient
from clinic.tenants import auth, links, operations
from clinic.tenants.models import ApiKey, Hospital, HospitalConfig, Invitation, JoinCode, Membership, PublicToken
from queues.models import Display, Queue
from queues.operations import displays
from tests.world import ROLES, House, World

pytestmark = pytest.mark.django_db
MODELS = sorted(site._registry, key=lambda model: model._meta.label)
NAMES = [model._meta.label for model in MODELS]


def fill(house: House) -> dict[type[Model], Any]:
    """One row of each model that has an admin, in this hospital."""
    owner, slug = house.actor("owner"), house.hospital.slug
    patient = house.patient()
    with house.open():
        records.note_access(patient, page=f"canary-{slug}", actor=owner)
        code = operations.create_join_code("nurse", actor=owner)
        key, _raw = operations.create_key(name=f"canary-{slug}", abilities=["queues.view"], actor=owner)
        shown = displays.put_up()
        token = PublicToken.objects.get(hash=links.hashed(shown))
        display = displays.pair(token.code, name=f"canary-{slug}", queues=[house.own], actor=owner)
        now, here = timezone.now(), f"canary-{slug}"
        other = Department.objects.create(name=here, prefix="ZZ")
        kind = VisitType.objects.create(name=here, minutes=20)
        return {
            Absence: Absence.objects.create(
                doctor=house.doctor, starts_at=now, ends_at=now + timedelta(days=1), reason=here
            ),
            Closure: Closure.objects.create(name=here, first_day=now.date(), last_day=now.date()),
            DepartmentConfig: DepartmentConfig.objects.create(department=house.department),
            DoctorDepartment: DoctorDepartment.objects.create(doctor=house.doctor, department=other),
            DoctorVisitType: DoctorVisitType.objects.create(doctor=house.doctor, type=kind),
            VisitType: kind,
            WorkingHours: WorkingHours.objects.create(doctor=house.doctor, weekly={"mon": []}),
            Invitation: operations.invite(f"canary-{slug}@example.org", roles=["nurse"], actor=owner),
            Hospital: house.hospital, HospitalConfig: HospitalConfig.objects.get(), Membership:
            house.memberships["nurse"], JoinCode: code, ApiKey: key, Department: house.department, Room: house.room,
            Doctor: house.doctor, Queue: house.own, Display: display, Event: Event.objects.first(),
            AccessLog: AccessLog.objects.get(), Patient: patient,
        }  # fmt: skip


def signed_in(house: House, role: str = "owner", **options: Any) -> Client:
    client = Client(**options)
    client.force_login(house.users[role])
    return client


def at(model: type[Model], page: str, *args: object) -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
    return "/h/harbor" + reverse(name, args=args)


def edit(client: Client, row: Any, **values: Any) -> Any:
    """Open the form of a row, change some fields as a person would, and save."""
    path = at(type(row), "change", row.pk)
    form = client.get(path).context["adminform"].form
    data: dict[str, Any] = {}
    for name in form.fields:
        value = values.get(name, form[name].value())
        if value not in (None, False, ""):
            data[name] = value
    return client.post(path, data)


def test_every_noun_of_the_hospital_has_its_admin(world: World) -> None:
    assert set(MODELS) == set(fill(world.harbor))


@pytest.mark.parametrize("name", NAMES)
def test_only_owners_and_managers_come_in(world: World, name: str) -> None:
    model = MODELS[NAMES.index(name)]
    row = fill(world.harbor)[model]
    places = ("/h/harbor/admin/", at(model, "changelist"), at(model, "change", row.pk), at(model, "history", row.pk))
    for role in ROLES:
        client, expected = signed_in(world.harbor, role), 200 if role in ("owner", "manager") else 403
        for path in places:
            assert client.get(path).status_code == expected, (role, path)
    assert Client().get(at(model, "changelist")).headers["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("name", NAMES)
def test_the_other_hospitals_rows_are_not_there(world: World, name: str) -> None:
    model = MODELS[NAMES.index(name)]
    own, foreign = fill(world.harbor)[model], fill(world.hilltop)[model]
    client = signed_in(world.harbor)
    for key in (foreign.pk, uuid4(), 10**12, "no-id", "0"):
        for page in ("change", "history", "delete"):
            path = at(model, page, key)
            assert client.get(path).status_code == 404, path
            assert client.post(path, {"name": "Taken", "row_version": 1, "post": "yes"}).status_code == 404, path
    listed = client.get(at(model, "changelist"))
    with world.harbor.open():
        assert foreign.pk not in {row.pk for row in listed.context["cl"].result_list}
    for path in (at(model, "changelist"), at(model, "change", own.pk), at(model, "history", own.pk)):
        text = client.get(path).text.lower()
        assert "hilltop" not in text, path
        assert str(foreign.pk) not in text or isinstance(foreign.pk, int), path


def test_somebody_of_both_hospitals_sees_in_each_only_its_own(world: World) -> None:
    user = world.harbor.users["owner"]
    Membership.objects.create(user=user, hospital=world.hilltop.hospital, roles=["owner"])
    fill(world.harbor), fill(world.hilltop)
    client = signed_in(world.harbor)
    for model in MODELS:
        here = client.get(at(model, "changelist")).text
        there = client.get(at(model, "changelist").replace("/h/harbor/", "/h/hilltop/")).text
        assert "canary-hilltop" not in here
        assert "canary-harbor" not in there
        assert "/h/harbor/" not in there
    for term in ("canary", "department", "priya"):
        first = client.get(f"/h/harbor/admin/search/?s={term}&extended=1").text
        second = client.get(f"/h/hilltop/admin/search/?s={term}&extended=1").text
        assert "/h/hilltop/" not in first
        assert "/h/harbor/" not in second


@pytest.mark.parametrize("path", ["login/", "password_change/", "password_change/done/", "r/1/1/", "no/such/page/"])
def test_views_that_know_no_hospital_have_no_address(world: World, path: str) -> None:
    assert signed_in(world.harbor).get(f"/h/harbor/admin/{path}").status_code == 404


def test_autocomplete_is_not_there(world: World) -> None:
    query = "?app_label=directory&model_name=doctor&field_name=membership&term=hilltop"
    assert signed_in(world.harbor).get(f"/h/harbor/admin/autocomplete/{query}").status_code == 404


def test_signing_out_from_the_admin(world: World) -> None:
    client = signed_in(world.harbor)
    assert client.post("/h/harbor/admin/logout/").headers["Location"] == "/sign-in/"
    assert client.get("/h/harbor/admin/").status_code == 302


def test_saving_calls_the_operation_and_the_event_is_the_log(world: World) -> None:
    house, client = world.harbor, signed_in(world.harbor)
    assert edit(client, house.department, name="Family medicine").status_code == 302
    with house.open():
        event = Event.objects.get()
        assert (event.name, event.actor["id"]) == ("department.changed", str(house.memberships["owner"].pk))
        assert event.changes[house.department.ref]["fields"] == {"name": ["General practice", "Family medicine"]}
    assert LogEntry.objects.count() == 0
    history = client.get(at(Department, "history", house.department.pk)).text
    assert "department.changed" in history
    assert "Family medicine" in history
    edit(client, house.department)  # nothing differs: nothing happens
    with house.open():
        assert Event.objects.count() == 1


def test_adding_makes_the_row_the_form_asked_for(world: World) -> None:
    client = signed_in(world.harbor)
    form = {"name": "Radiology", "prefix": "R", "sort": "clinic", "is_active": "on"}
    assert client.post(at(Department, "add"), form | {"prefix": "IO"}).status_code == 200
    again = client.post(at(Department, "add"), form | {"name": "General practice"})
    assert again.status_code == 200
    assert again.context["adminform"].form.errors
    answer = client.post(at(Department, "add"), form | {"_continue": "1"})
    with world.harbor.open():
        row = Department.objects.get(name="Radiology")
        assert answer.headers["Location"] == at(Department, "change", row.pk)
        assert Event.objects.get().name == "department.added"
    with world.hilltop.open():
        assert not Department.objects.filter(name="Radiology").exists()


def test_what_an_operation_refuses_stands_in_the_form_with_what_was_typed(world: World) -> None:
    house, client = world.harbor, signed_in(world.harbor)
    own = house.memberships["owner"]
    answer = edit(client, own, roles=["owner", "doctor"])
    assert answer.status_code == 200
    assert "Nobody changes their own roles" in answer.text
    assert answer.context["adminform"].form["roles"].value() == ["owner", "doctor"]
    own.refresh_from_db()
    assert own.roles == ["owner"]
    manager = signed_in(house, "manager")
    assert edit(manager, house.memberships["nurse"], roles=["owner"]).context["adminform"].form.errors["roles"]
    assert manager.post(at(JoinCode, "add"), {"role": "owner", "days": 3}).context["adminform"].form.errors["role"]
    assert edit(manager, own, roles=["nurse"]).status_code == 403
    own.refresh_from_db()
    assert own.roles == ["owner"]


def test_a_form_that_shows_an_older_row_overwrites_nothing(world: World) -> None:
    house, client = world.harbor, signed_in(world.harbor)
    path = at(Room, "change", house.room.pk)
    form = {"name": "Room 5", "department": str(house.department.pk), "is_active": "on", "row_version": 1}
    assert client.post(path, form).status_code == 302
    answer = client.post(path, form | {"name": "Room 6"})
    assert answer.status_code == 200
    assert "Someone else changed this" in answer.text
    with house.open():
        assert Room.objects.get(pk=house.room.pk).name == "Room 5"


def test_foreign_keys_offer_and_take_only_this_hospitals_rows(world: World) -> None:
    house, other, client = world.harbor, world.hilltop, signed_in(world.harbor)
    page = client.get(at(Doctor, "add"))
    with house.open():
        offered = {name: [str(pk) for pk, _label in field.choices] for name, field in _choices(page)}
    for name in ("department", "room", "membership"):
        assert len(offered[name]) > 1, name
    for foreign in (other.department, other.room, other.memberships["nurse"]):
        assert not [name for name, keys in offered.items() if str(foreign.pk) in keys]
    form = {
        "name": "Dr. X",
        "sort": "doctor",
        "department": str(house.department.pk),
        "parallel_rooms": 1,
        "slot_capacity": 1,
        "is_active": "on",
    }
    for field, row in (
        ("department", other.department),
        ("room", other.room),
        ("membership", other.memberships["nurse"]),
    ):
        answer = client.post(at(Doctor, "add"), form | {field: str(row.pk)})
        assert answer.status_code == 200, field
        assert field in answer.context["adminform"].form.errors
    assert "related-widget-wrapper" not in page.text
    assert client.post(at(Doctor, "add"), form | {"membership": str(house.memberships["nurse"].pk)}).status_code == 302


def _choices(page: Any) -> list[tuple[str, Any]]:
    fields = page.context["adminform"].form.fields
    return [(name, field) for name, field in fields.items() if hasattr(field, "queryset")]


@pytest.mark.parametrize(
    ("model", "query"),
    [
        (ApiKey, "hash__startswith=a"), (Membership, "user__password__startswith=a"), (JoinCode, "code__startswith=A"),
        (Membership, "hospital__slug=hilltop"), (Doctor, "membership__user__email__contains=a"),
        (Event, "salt__startswith=a"), (Patient, "notes__contains=x"), (Department, "hospital_id=1"),
    ],
)  # fmt: skip
def test_hidden_columns_cannot_be_guessed_by_filters(world: World, model: type[Model], query: str) -> None:
    assert signed_in(world.harbor).get(f"{at(model, 'changelist')}?{query}").status_code == 400


@pytest.mark.parametrize("query", ["is_active__exact=1", "o=1.2", "q=General", "p=99", "o=garbage", "sort__exact=x"])
def test_filters_orders_and_searches_of_the_page_work(world: World, query: str) -> None:
    assert signed_in(world.harbor).get(f"{at(Department, 'changelist')}?{query}").status_code in (200, 302)


def act(client: Client, model: type[Model], action: str, *keys: object, **more: str) -> Any:
    data = {"action": action, "_selected_action": [str(key) for key in keys], "index": "0", **more}
    return client.post(at(model, "changelist"), data)


def test_actions_call_operations_and_reach_only_this_hospital(world: World) -> None:
    house, other = world.harbor, world.hilltop
    client = signed_in(house)
    nurse, foreign = house.memberships["nurse"], other.memberships["nurse"]
    act(client, Membership, "revoke", foreign.pk)
    foreign.refresh_from_db()
    assert foreign.is_active
    act(client, Membership, "restore", nurse.pk, house.memberships["doctor"].pk)
    act(client, Membership, "revoke", nurse.pk)
    nurse.refresh_from_db()
    assert not nurse.is_active
    assert act(client, Membership, "revoke", "no-id").status_code == 404
    act(client, Membership, "revoke", foreign.pk, select_across="1")  # everybody, and oneself is refused
    assert "Nobody changes their own" in client.get("/h/harbor/admin/").text
    foreign.refresh_from_db()
    assert foreign.is_active
    owners = Membership.objects.filter(hospital=house.hospital, is_active=True)
    assert list(owners) == [house.memberships["owner"]]
    with house.open():
        assert Event.objects.filter(name="membership.revoked", subjects=[nurse.ref]).count() == 1


def test_a_manager_cannot_suspend(world: World) -> None:
    here = world.harbor.hospital
    act(signed_in(world.harbor, "manager"), Hospital, "suspend", here.pk)
    here.refresh_from_db()
    assert here.status == Hospital.ACTIVE
    act(signed_in(world.harbor), Hospital, "suspend", here.pk)
    here.refresh_from_db()
    assert here.status == Hospital.SUSPENDED


def test_a_join_code_is_made_shown_and_taken_back(world: World) -> None:
    house, client = world.harbor, signed_in(world.harbor)
    answer = client.post(at(JoinCode, "add"), {"role": "nurse", "days": 3}, follow=True)
    code = JoinCode.objects.get()
    assert code.code in answer.text
    assert client.post(at(JoinCode, "add"), {"role": "nurse", "days": 99}).status_code == 200
    assert client.post(at(JoinCode, "change", code.pk), {"role": "owner"}).status_code == 403
    assert client.get(at(JoinCode, "delete", code.pk)).status_code == 200
    assert client.post(at(JoinCode, "delete", code.pk), {"post": "yes"}).status_code == 302
    with house.open():
        codes = [operations.create_join_code("nurse", actor=house.actor("owner")) for _ in range(2)]
    act(client, JoinCode, "delete_selected", *(one.pk for one in codes), post="yes")
    assert JoinCode.objects.count() == 0
    with house.open():
        assert Event.objects.filter(name="join_code.revoked").count() == 3
    used = JoinCode.objects.create(hospital=house.hospital, role="nurse", expires_at="2030-01-01T00:00Z")
    JoinCode.objects.filter(pk=used.pk).update(used_at="2026-01-01T00:00Z")
    assert client.post(at(JoinCode, "delete", used.pk), {"post": "yes"}).status_code == 409
    assert JoinCode.objects.filter(pk=used.pk).exists()


def test_a_key_is_shown_once_and_holds_no_more_than_its_maker(world: World) -> None:
    house, client = world.harbor, signed_in(world.harbor, "manager")
    offered = [
        value for value, _label in client.get(at(ApiKey, "add")).context["adminform"].form.fields["abilities"].choices
    ]
    assert "hospital.close" not in offered
    form = {"name": "Till", "abilities": ["queues.view"]}
    refused = client.post(at(ApiKey, "add"), form | {"abilities": ["hospital.close"]})
    assert refused.status_code == 200
    shown = client.post(at(ApiKey, "add"), form, follow=True).text
    raw = next(word for word in shown.replace("<", " ").split() if word.startswith(auth.KEY_START))
    assert auth.actor_from_key(raw).hospital == house.hospital
    assert raw not in client.get(at(ApiKey, "changelist")).text
    act(client, ApiKey, "revoke", ApiKey.objects.get().pk)
    assert ApiKey.objects.get().revoked_at is not None


def test_opening_a_patient_is_written_down(world: World) -> None:
    house, client = world.harbor, signed_in(world.harbor)
    patient = house.patient()
    client.get(at(Patient, "change", patient.pk))
    with house.open():
        log = AccessLog.objects.get()
        assert (log.patient_id, log.user_id, log.page) == (patient.pk, house.users["owner"].pk, "admin")
    assert edit(client, patient, given_name="Asha").status_code == 302
    with house.open():
        row = Patient.objects.get(pk=patient.pk)
        assert (row.given_name, row.name_key.split()[0]) == ("Asha", "asha")
        assert Event.objects.get(name="patient.corrected").changes[row.ref]["fields"] == {}
    assert client.get(at(Patient, "changelist") + "?q=asha").text.count("/change/") >= 1


@pytest.mark.parametrize("model", [Event, AccessLog, ApiKey, JoinCode, Display])
def test_what_is_only_read_cannot_be_written(world: World, model: type[Model]) -> None:
    row = fill(world.harbor)[model]
    client = signed_in(world.harbor)
    assert client.post(at(model, "change", row.pk), {"name": "x"}).status_code == 403
    if model is not JoinCode:
        assert client.post(at(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    if model in (Event, AccessLog, Display):
        assert client.post(at(model, "add"), {"name": "x"}).status_code == 403


def test_a_form_from_elsewhere_needs_the_csrf_token(world: World) -> None:
    client = signed_in(world.harbor, enforce_csrf_checks=True)
    for path in (
        at(Department, "add"),
        at(Department, "change", world.harbor.department.pk),
        at(Department, "changelist"),
    ):
        assert client.post(path, {"name": "x"}).status_code == 403
