"""Tokens, keys and sessions at the API: what opens, what does not, and what ends."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
import time_machine
from django.conf import settings
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from clinic.core.tenancy import hospital
from clinic.live.models import Event
from clinic.tenants import auth, operations, people
from clinic.tenants.models import PLATFORM_ID, Membership, User
from tests.api.client import Answer, Api, api, token_of
from tests.api.samples import key
from tests.world import PASSWORD, House, World

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)


def login(email: str, password: str = PASSWORD, **more: Any) -> Answer:
    return Api().post("auth/login", {"email": email, "password": password, **more})


def bearer(token: str) -> Api:
    return Api(f"Bearer {token}")


def refresh(token: str) -> Answer:
    return Api().post("auth/refresh", {"refresh": token})


def events(of: Any) -> list[str]:
    with hospital(of):
        return list(Event.objects.order_by("seq").values_list("name", flat=True))


# --- signing in ------------------------------------------------------------------------------------------------------


def test_signing_in_gives_tokens_that_open_and_say_who(world: World) -> None:
    answer = login("Receptionist@Harbor.example")
    assert answer.status == 200
    assert answer.json["expires_in"] <= 15 * 60
    caller = bearer(answer.json["access"])
    assert caller.get("auth/me").json == answer.json["me"]
    assert answer.json["me"]["memberships"][0]["hospital"]["slug"] == "harbor"
    assert caller.get("patients").status == 200


def test_wrong_password_and_unknown_address_are_the_same_answer(world: World) -> None:
    wrong, unknown = login("owner@harbor.example", "wrong wrong wrong"), login("nobody@harbor.example")
    assert (wrong.status, wrong.content) == (401, unknown.content)
    assert wrong.code == "SIGN_IN_WRONG"


def test_guessing_locks_the_person_at_this_address_and_nobody_else(world: World) -> None:
    statuses = [login("owner@harbor.example", f"guess {n}").status for n in range(settings.AXES_FAILURE_LIMIT + 2)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    locked = login("owner@harbor.example")
    assert locked.status == 429
    assert int(locked.header("Retry-After")) > 0
    assert login("manager@harbor.example").status == 200
    ghost = [login("nobody@harbor.example", f"guess {n}").status for n in range(settings.AXES_FAILURE_LIMIT + 2)]
    assert ghost == statuses, "an address nobody has is locked the same way"


def test_registering_opens_a_hospital_with_its_owner(world: World) -> None:
    body = {"email": "New@Third.example", "name": "Ada New", "password": PASSWORD, "hospital": "Third Clinic"}
    answer = Api().post("auth/register", body)
    assert answer.status == 201
    assert answer.json["me"]["memberships"][0]["roles"] == ["owner"]
    caller = bearer(answer.json["access"])
    assert caller.get("hospital").json["name"] == "Third Clinic"
    assert caller.get("patients").json["results"] == []
    again = Api().post("auth/register", body)
    assert (again.status, again.code) == (409, "USER_EMAIL_TAKEN")


def test_registering_with_a_join_code_gives_its_role_once(world: World) -> None:
    code = api(world.harbor).post("receptionists").json["code"]
    body = {"email": "a@b.example", "name": "Ada", "password": PASSWORD, "join_code": code.lower().replace("-", " ")}
    answer = Api().post("auth/register", body)
    assert answer.status == 201
    assert answer.json["me"]["memberships"][0]["roles"] == ["receptionist"]
    second = Api().post("auth/register", {**body, "email": "c@d.example"})
    assert (second.status, second.code) == (409, "JOIN_CODE_UNKNOWN")
    assert not User.objects.filter(email="c@d.example").exists()


@pytest.mark.parametrize("password", ["short", "password123", "12345678901", "x" * 300])
def test_weak_passwords_are_refused(world: World, password: str) -> None:
    body = {"email": "a@b.example", "name": "Ada", "password": password, "hospital": "Third"}
    answer = Api().post("auth/register", body)
    assert answer.status == 400
    assert "password" in answer.json["error"]["details"]


def test_roles_cannot_be_chosen(world: World) -> None:
    body = {"email": "a@b.example", "name": "Ada", "password": PASSWORD, "hospital": "Third", "roles": ["superadmin"]}
    assert Api().post("auth/register", body).status == 400


# --- refreshing ------------------------------------------------------------------------------------------------------


def test_a_refresh_rotates_and_the_old_token_has_ten_seconds(world: World) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        first = login("nurse@harbor.example").json["refresh"]
        second = refresh(first)
        assert second.status == 200
        clock.shift(timedelta(seconds=9))
        assert refresh(first).status == 200, "the answer may have been lost on the way"
        assert refresh(second.json["refresh"]).status == 200


def test_a_refresh_token_used_again_ends_the_whole_family(world: World) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        first = login("nurse@harbor.example").json["refresh"]
        second = refresh(first).json
        clock.shift(timedelta(seconds=60))
        third = refresh(second["refresh"]).json
        stolen = refresh(first)
        assert (stolen.status, stolen.code) == (401, "TOKEN_REUSED")
        for token in (first, second["refresh"], third["refresh"]):
            assert refresh(token).status == 401
        for access in (second["access"], third["access"]):
            assert bearer(access).get("auth/me").code == "TOKEN_ENDED"
        assert login("nurse@harbor.example").status == 200, "another sign-in is another family"


def test_a_family_ends_twelve_hours_after_the_sign_in_however_often_it_is_renewed(world: World) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        token = login("nurse@harbor.example").json["refresh"]
        for _ in range(11):
            clock.shift(timedelta(hours=1))
            token = refresh(token).json["refresh"]
        clock.shift(timedelta(hours=1, seconds=1))
        assert refresh(token).status == 401


def test_an_access_token_is_no_refresh_token_and_the_other_way_round(world: World) -> None:
    pair = login("nurse@harbor.example").json
    assert refresh(pair["access"]).status == 401
    assert bearer(pair["refresh"]).get("auth/me").status == 401


def test_no_token_is_kept_in_the_database(world: World) -> None:
    pair = login("nurse@harbor.example").json
    refresh(pair["refresh"])
    assert OutstandingToken.objects.count() == 3  # the family and its two members
    assert set(OutstandingToken.objects.values_list("token", flat=True)) == {""}


def test_signing_out_ends_this_family_at_once(world: World) -> None:
    here, there = login("nurse@harbor.example").json, login("nurse@harbor.example").json
    assert bearer(here["access"]).post("auth/logout").status == 204
    assert bearer(here["access"]).get("auth/me").status == 401
    assert refresh(here["refresh"]).status == 401
    assert bearer(there["access"]).get("auth/me").status == 200


# --- tokens that must not open ---------------------------------------------------------------------------------------


def test_an_expired_token(world: World) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        caller = api(world.harbor)
        clock.shift(timedelta(minutes=14))
        assert caller.get("hospital").status == 200
        clock.shift(timedelta(minutes=1, seconds=1))
        answer = caller.get("hospital")
        assert (answer.status, answer.code) == (401, "TOKEN_INVALID")


def forged(token: str) -> list[str]:
    head, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    other = {**claims, "user_id": "00000000-0000-7000-8000-000000000001"}
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    return [
        jwt.encode(claims, "another key, as long as a key should be: 0123456789", "HS256"),
        jwt.encode(claims, settings.SECRET_KEY, "HS256"),
        f"{none}.{payload}.",
        f"{none}.{payload}.{signature}",
        f"{head}.{base64.urlsafe_b64encode(json.dumps(other).encode()).decode().rstrip('=')}.{signature}",
        f"{head}.{payload}",
        token[:-2],
        token + "x",
        token.upper(),
        "a.b.c",
        "x" * 5000,
        "ü.ü.ü",
    ]


def test_forged_tokens(world: World) -> None:
    for token in forged(token_of(world.harbor, "owner")):
        answer = bearer(token).get("hospital")
        assert (answer.status, answer.code) == (401, "TOKEN_INVALID"), token[:40]


def test_claims_that_are_signed_but_not_ours(world: World) -> None:
    """A token of our key without family, start or password mark opens nothing: it was not made by a sign-in."""
    token = auth.tokens_for(world.harbor.users["owner"]).access_token
    for claim in ("family", "auth_time", "hash_password", "exp", "jti", "token_type", "user_id"):
        claims = {name: value for name, value in token.payload.items() if name != claim}
        signed = jwt.encode({**claims, "iss": "clinicflow"}, settings.SIMPLE_JWT["SIGNING_KEY"], "HS256")
        assert bearer(signed).get("hospital").status == 401, claim
    for claims in ({"family": "made up"}, {"user_id": "no uuid"}, {"auth_time": "yesterday"}, {"exp": 10**20}):
        signed = jwt.encode(
            {**token.payload, "iss": "clinicflow", **claims}, settings.SIMPLE_JWT["SIGNING_KEY"], "HS256"
        )
        assert bearer(signed).get("hospital").status == 401, claims


def test_whoever_is_revoked_deactivated_or_signed_out_everywhere_is_out_at_once(world: World) -> None:
    house = world.harbor
    nurse, biller, doctor = api(house, "nurse"), api(house, "biller"), api(house, "doctor")
    assert {caller.get("hospital").status for caller in (nurse, biller, doctor)} == {200}
    with house.open():
        operations.revoke_member(house.memberships["nurse"], actor=house.actor("owner"))
    with people.platform():
        user = house.users["doctor"]
        operations.sign_out_everywhere(user, actor=people.person(user))
    User.objects.filter(pk=house.users["biller"].pk).update(is_active=False)
    assert nurse.get("hospital").status == 403
    assert nurse.get("hospital").code == "MEMBERSHIP_NONE"
    assert doctor.get("hospital").status == 401
    assert biller.get("hospital").status == 401


def test_a_new_password_ends_the_tokens(world: World) -> None:
    caller = api(world.harbor, "nurse")
    user = world.harbor.users["nurse"]
    user.set_password("another horse battery")
    user.save()
    assert caller.get("hospital").status == 401


def test_a_changed_role_holds_from_the_next_request(world: World) -> None:
    nurse = api(world.harbor, "nurse")
    assert nurse.get("memberships").status == 403
    Membership.objects.filter(pk=world.harbor.memberships["nurse"].pk).update(roles=["manager"])
    assert nurse.get("memberships").status == 200


# --- which hospital --------------------------------------------------------------------------------------------------


def in_both(world: World) -> User:
    user = world.harbor.users["nurse"]
    Membership.objects.create(user=user, hospital=world.hilltop.hospital, roles=["biller"])
    return user


def test_several_memberships_must_be_told_apart(world: World) -> None:
    user = in_both(world)
    caller = bearer(str(auth.tokens_for(user).access_token))
    asked = caller.get("hospital")
    assert (asked.status, asked.code) == (400, "HOSPITAL_NEEDED")
    assert sorted(asked.json["error"]["details"]["hospitals"]) == ["harbor", "hilltop"]
    assert caller.get("hospital", X_Tenant_Id="hilltop").json["slug"] == "hilltop"
    assert caller.get("hospital", X_Tenant_Id=str(world.harbor.hospital.pk)).json["slug"] == "harbor"
    assert caller.get("patients", X_Tenant_Id="harbor").status == 200
    assert caller.get("memberships", X_Tenant_Id="hilltop").status == 403
    assert caller.get("auth/me").json["memberships"][1]["roles"] == ["biller"]
    for unknown in ("third", "platform", "' or 1=1", "00000000-0000-7000-8000-000000000001"):
        assert caller.get("hospital", X_Tenant_Id=unknown).status == 404


def test_a_sign_in_for_one_hospital_holds_there(world: World) -> None:
    in_both(world)
    answer = login("nurse@harbor.example", hospital="hilltop")
    assert bearer(answer.json["access"]).get("hospital").json["slug"] == "hilltop"
    fresh = refresh(answer.json["refresh"]).json
    assert bearer(fresh["access"]).get("hospital").json["slug"] == "hilltop"
    assert login("owner@harbor.example", hospital="hilltop").status == 404


def test_a_suspended_hospital_opens_for_its_owners_only(world: World) -> None:
    house = world.harbor
    callers = {role: api(house, role) for role in ("owner", "manager", "doctor")}
    kiosk = Api(f"Api-Key {key(house, 'queues.view')[1]}")
    assert kiosk.get("queues").status == 200
    with house.open():
        operations.suspend_hospital(house.hospital, actor=house.actor("owner"))
    assert callers["owner"].get("hospital").status == 200
    assert callers["manager"].get("hospital").status == 403
    assert callers["doctor"].get("hospital").status == 403
    assert kiosk.get("queues").status == 401


# --- keys ------------------------------------------------------------------------------------------------------------


def test_a_key_may_do_what_it_was_given_and_nothing_else(world: World) -> None:
    row, raw = key(world.harbor, "queues.view", "queues.intake")
    kiosk = Api(f"Api-Key {raw}")
    world.harbor.waiting(1)
    assert kiosk.get("visits").status == 200
    assert kiosk.get("patients").status == 403
    assert kiosk.get("auth/me").status == 403
    patient = world.harbor.patient("Kim", "Kiosk")
    taken = kiosk.post("visits", {"patient": str(patient.pk), "queue": str(world.harbor.own.pk)})
    assert (taken.status, taken.json["source"]) == (201, "api")
    assert kiosk.get("visits", X_Tenant_Id="hilltop").status == 404
    assert kiosk.get("visits", X_Tenant_Id="harbor").status == 200
    api(world.harbor).post(f"api-keys/{row.pk}/revoke")
    assert kiosk.get("visits").status == 401


def test_a_key_expires(world: World) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        until = (NOW + timedelta(hours=1)).isoformat()
        made = api(world.harbor).post("api-keys", {"name": "K", "abilities": ["queues.view"], "expires_at": until})
        kiosk = Api(f"Api-Key {made.json['key']}")
        assert kiosk.get("visits").status == 200
        clock.shift(timedelta(hours=1, seconds=1))
        assert kiosk.get("visits").status == 401


def test_nobody_gives_a_key_more_than_they_have(world: World) -> None:
    answer = api(world.harbor, "manager").post("api-keys", {"name": "K", "abilities": ["hospital.close"]})
    assert (answer.status, answer.code) == (400, "API_KEY_BAD_ABILITIES")


# --- the browser's session -------------------------------------------------------------------------------------------


def browser(house: House, role: str, *, csrf: bool = True) -> Client:
    client = Client(enforce_csrf_checks=csrf)
    client.force_login(house.users[role], backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_session_reads_without_and_writes_only_with_its_csrf_token(world: World) -> None:
    client = browser(world.harbor, "owner")
    assert client.get("/api/v1/hospital").status_code == 200
    bare = client.patch("/api/v1/hospital", {"phone": "1"}, content_type="application/json")
    assert bare.status_code == 403
    assert bare.json()["error"]["code"] == "REQUEST_CSRF"
    token = _get_new_csrf_string()
    client.cookies[settings.CSRF_COOKIE_NAME] = token
    good = client.patch(
        "/api/v1/hospital", {"phone": "1"}, content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert good.status_code == 200


def test_a_session_in_the_address_of_a_hospital_means_that_hospital(world: World) -> None:
    in_both(world)
    client = browser(world.harbor, "nurse")
    assert client.get("/h/hilltop/api/v1/hospital").json()["slug"] == "hilltop"
    assert client.get("/h/harbor/api/v1/hospital").json()["slug"] == "harbor"
    assert client.get("/h/harbor/api/v1/hospital", headers={"X-Tenant-Id": "hilltop"}).status_code == 404
    assert client.get("/api/v1/hospital").status_code == 400
    assert browser(world.hilltop, "owner").get("/h/harbor/api/v1/hospital").status_code == 404


def test_a_session_that_was_idle_too_long_is_over(world: World) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = browser(world.harbor, "owner")
        clock.shift(timedelta(minutes=14))
        assert client.get("/api/v1/hospital").status_code == 200
        clock.shift(timedelta(minutes=2))
        assert client.get("/api/v1/hospital").status_code == 401, "polling is no act of the person"


def test_signing_out_ends_the_session(world: World) -> None:
    client = browser(world.harbor, "owner", csrf=False)
    assert client.post("/api/v1/auth/logout", content_type="application/json").status_code == 204
    assert client.get("/api/v1/hospital").status_code == 401


def test_a_token_that_is_wrong_does_not_fall_back_on_the_session(world: World) -> None:
    client = browser(world.harbor, "owner")
    assert client.get("/api/v1/hospital", headers={"Authorization": "Bearer x"}).status_code == 401


def test_signing_in_and_out_is_written_down(world: World) -> None:
    pair = login("nurse@harbor.example").json
    bearer(pair["access"]).post("auth/logout")
    assert events(PLATFORM_ID)[-2:] == ["user.signed_in", "user.signed_out"]
