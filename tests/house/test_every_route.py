"""All routes × all roles × the other hospital, generated from the URL resolver so that it cannot be incomplete.

The routes of the API are walked in the same way by tests/api/test_matrix.py, each with a body that works; here is
everything else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from django.http import HttpResponseBase
from django.test import Client

from clinic.core.access import MATRIX, PLATFORM
from clinic.directory import operations as directory
from clinic.tenants.auth import tokens_for
from clinic.tenants.models import Hospital
from queues.operations import intake
from tests.api.routes import routes
from tests.house.addresses import WRITTEN, address, body
from tests.house.entrances import Entrance, entrances
from tests.ledger import stored
from tests.world import ROLES, House, World, canary

pytestmark = pytest.mark.django_db
IN_THE_MATRIX = {(route.method, route.pattern) for route in routes()}
INSIDE = [each for each in entrances() if not each.public and (each.method, f"/{each.route}") not in IN_THE_MATRIX]
NOT_ANSWERED = {401, 403, 404, 405}
OWN_RULES = {
    "GET doctor/": "only for members who are doctors",
    "GET doctors/<uuid:pk>/": "a doctor sees the own room; the desk anybody's",
    "POST doctors/<uuid:pk>/call-next/": "a doctor calls for the own room",
    "POST doctors/<uuid:pk>/status/": "one's own status, or the desk's",
    "POST queues/<uuid:pk>/call-next/": "a doctor calls for the own room",
    "POST me/sessions/<int:pk>/end/": "only one's own sessions",
    "POST appointments/<uuid:pk>/video/": "into the video room goes the doctor whose patient it is",
    "POST appointments/<uuid:pk>/video/left/": "out of it, too",
    "POST undo/<int:seq>/": "what others did is undone by the desk",
    "POST er/undo/<int:seq>/": "what others did is undone by the desk and the charge nurse",
    "GET admin/(?P<url>.*)$": "nothing is there",
    "GET start-for-real/": "only in a demo's hospital",
    "POST start-for-real/": "only in a demo's hospital",
    "POST me/sign-out-everywhere/": "it does: to the sign-in page",
}
"""Entrances that refuse (403, 404) for a further reason than the ability, which their own tests hold."""

ENDS = {"POST me/sign-out-everywhere/", "POST me/password/", "POST api/v1/auth/logout"}
"""Entrances after which the caller has to sign in again."""


@dataclass
class Caller:
    """Somebody of a hospital, with a browser and an access token."""

    house: House
    role: str

    def __post_init__(self) -> None:
        self.client = Client()
        user = self.house.users[self.role]
        self.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        self.token = str(tokens_for(user, self.house.hospital).access_token)

    def ask(self, entrance: Entrance, path: str, where: House | None = None) -> HttpResponseBase:
        """The entrance at a hospital's address (the caller's own, if none is named)."""
        here = (where or self.house).hospital
        if entrance.kind == "api":
            headers = {"Authorization": f"Bearer {self.token}", "X-Tenant-Id": here.slug}
            data = "" if entrance.method == "GET" else json.dumps(body(entrance, where or self.house))
            return Client().generic(entrance.method, f"/{path}", data, "application/json", headers=headers)
        return self.client.generic(entrance.method, f"/h/{here.slug}/{path}")


def refused(answer: HttpResponseBase) -> bool:
    """Turned away: not signed in, not allowed, not there; a redirect to sign in counts."""
    to_sign_in = answer.status_code == 302 and "/sign-in/" in answer["Location"]
    return to_sign_in or answer.status_code in NOT_ANSWERED


def allowed(entrance: Entrance, role: str) -> bool:
    held = {ability for ability, roles in MATRIX.items() if role in roles} | PLATFORM
    if entrance.kind == "admin" and "admin.open" not in held:
        return False
    return entrance.ability in held


def test_each_role_is_turned_away_where_its_abilities_end(world: World) -> None:
    """Whoever is refused changes nothing, so that all of them may ask for the same."""
    callers = {role: Caller(world.harbor, role) for role in ROLES}
    wrong = []
    for entrance in INSIDE:
        refused_here = [role for role in ROLES if not allowed(entrance, role)]
        path = address(entrance, world.harbor) if refused_here else ""
        for role in refused_here:
            status = callers[role].ask(entrance, path).status_code
            if status != 403:
                wrong.append(f"{entrance} answers {status} to a {role} without {entrance.ability}")
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_in_where_its_abilities_say(world: World, role: str) -> None:
    caller = Caller(world.harbor, role)
    canaries = marked(world.hilltop)
    wrong = []
    for entrance in INSIDE:
        if not allowed(entrance, role):
            continue
        answer = caller.ask(entrance, address(entrance, world.harbor))
        told = getattr(answer, "content", b"").decode(errors="replace")
        wrong += [f"{entrance} tells {mark} of the other hospital" for mark in canaries if mark in told]
        if str(entrance) in ENDS:
            caller = Caller(world.harbor, role)
        assert answer.status_code < 500, f"{entrance}: {answer.status_code}"
        if refused(answer) and str(entrance) not in OWN_RULES:
            wrong.append(f"{entrance} answers {answer.status_code} in spite of {entrance.ability}")
    assert wrong == []


def marked(house: House) -> list[str]:
    """Put marks into the hospital's rows that no answer to anybody else may hold."""
    with house.open():
        patient = house.patient("Canarygiven", "Canaryfamily", phone="+1 555 0177 0177")
        intake.arrive(house.own, patient, reason="Canaryreason", actor=house.desk)
        directory.change_doctor(house.doctor, name="Canarydoctor", actor=house.actor("owner"))
        directory.change_room(house.room, name="Canaryroom", actor=house.actor("owner"))
    return ["Canary", canary(house.hospital), "0177 0177", house.hospital.name, str(patient.pk), str(house.doctor.pk)]


def test_whoever_is_not_signed_in_is_asked_to(world: World) -> None:
    wrong = []
    for entrance in INSIDE:
        path = address(entrance, world.harbor)
        if entrance.kind == "api":
            answer = Client().generic(entrance.method, f"/{path}")
            right = answer.status_code == 401
        else:
            answer = Client().generic(entrance.method, f"/h/harbor/{path}")
            right = answer.status_code == 302 and answer["Location"].startswith("/sign-in/")
        if not right:
            wrong.append(f"{entrance} answers {answer.status_code} to a stranger")
    assert wrong == []


def test_the_other_hospitals_address_is_not_there(world: World) -> None:
    """Its owner, at our address: the same answer as for a hospital that does not exist."""
    caller = Caller(world.hilltop, "owner")
    paths = [(entrance, address(entrance, world.harbor)) for entrance in INSIDE if entrance.ability not in PLATFORM]
    before = stored()
    wrong = [
        f"{entrance} answers {answer.status_code}"
        for entrance, path in paths
        if (answer := caller.ask(entrance, path, world.harbor)).status_code != 404
    ]
    assert wrong == []
    assert stored() == before


def test_the_other_hospitals_ids_mean_nothing_at_the_own_address(world: World) -> None:
    caller = Caller(world.hilltop, "owner")
    world.hilltop.waiting(1)
    named = [each for each in INSIDE if each.takes and each.route not in WRITTEN and allowed(each, "owner")]
    paths = [(entrance, address(entrance, world.harbor)) for entrance in named]
    for each in named:
        body(each, world.hilltop)
    before = stored()
    wrong = [
        f"{entrance} answers {answer.status_code}"
        for entrance, path in paths
        if (answer := caller.ask(entrance, path)).status_code != 404
    ]
    assert wrong == []
    assert stored() == before


def test_public_entrances_answer_strangers_and_tell_no_links_apart(world: World) -> None:
    """No error; one answer for links that were never made; a suspended hospital's say that it is closed (R1.4)."""
    wrong = []
    for entrance in [each for each in entrances() if each.public and "/sse" not in each.route]:
        answer = Client().generic(entrance.method, f"/{address(entrance, world.harbor)}")
        if answer.status_code >= 500:
            wrong.append(f"{entrance} answers {answer.status_code}")
        if not entrance.takes or entrance.route in WRITTEN:
            continue
        linked, token = address(entrance, world.harbor), "x" * 32
        before, _, rest = entrance.route.partition("<")
        unknown = Client().generic(entrance.method, f"/{before}{token}{rest.partition('>')[2]}")
        Hospital.objects.filter(pk=world.harbor.hospital.pk).update(status=Hospital.SUSPENDED)
        ended = Client().generic(entrance.method, f"/{linked}")
        Hospital.objects.filter(pk=world.harbor.hospital.pk).update(status=Hospital.ACTIVE)
        own = entrance.prefix in ("reset/", "confirm/")  # a person's link, and no hospital's
        quiet = entrance.route.endswith("regions")  # a script asks: the page itself says that it is closed
        if (unknown.status_code, ended.status_code) == (400, 400):
            continue  # asks for a body first, and tells nothing
        if unknown.status_code != 404 or (ended.status_code != 503 and not own and not quiet):
            wrong.append(f"{entrance}: unknown {unknown.status_code}, ended {ended.status_code}")
    assert wrong == []
