"""Where each entrance is reached in a hospital: something fresh for every argument of a route.

A route whose argument nobody gives here fails ``test_every_route``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from allauth.usersessions.models import UserSession
from django.utils import timezone

from clinic.live.models import Event
from clinic.records.models import AccessLog
from clinic.tenants import links
from clinic.tenants.models import ApiKey, HospitalConfig, JoinCode, Membership, PublicToken, User
from queues.models import Display, DisplayLine, Leg, Visit
from queues.operations import calls
from tests.house.entrances import Entrance
from tests.world import House

_next = count(1)


def visit(house: House) -> Any:
    return house.waiting(1)[0].pk


def waiting(house: House) -> Any:
    """Somebody who waits already, else somebody new."""
    found = Leg.objects.waiting().filter(queue=house.own).first()
    return found.visit_id if found else visit(house)


def called(house: House) -> Any:
    """The doctor has somebody: for acts on whoever is in the room."""
    visit = house.waiting(1)[0]
    if not Leg.objects.with_server().filter(server=house.doctor).exists():
        calls.call_next(house.doctor, resume=True, actor=house.desk)
    return visit.pk


def display(house: House) -> Any:
    row = Display.objects.create(name=f"Hall {next(_next)}", paired_at=timezone.now(), languages=["en"])
    DisplayLine.objects.create(display=row, queue=house.own)
    return row.pk


def display_token(house: House) -> str:
    row = Display(pk=display(house))
    return links.issue(PublicToken.DISPLAY, row.ref, house.hospital.pk, None)


def status_token(house: House) -> str:
    return links.token_for(PublicToken.STATUS, Visit.objects.get(pk=visit(house)).ref)


def membership(house: House) -> Any:
    user = User.objects.create(email=f"m{next(_next)}@example.org", name="Somebody")
    return Membership.objects.create(user=user, hospital=house.hospital, roles=["biller"]).pk


def join_code(house: House) -> Any:
    expires = timezone.now() + timedelta(days=1)
    return JoinCode.objects.create(hospital=house.hospital, role="nurse", expires_at=expires).pk


def api_key(house: House) -> Any:
    return ApiKey.objects.create(hospital=house.hospital, name="x", prefix="x", hash=f"{next(_next):064}").pk


def event_seq(house: House) -> Any:
    house.waiting(1)
    return Event.objects.latest("seq").seq


def event(house: House) -> Any:
    house.waiting(1)
    return Event.objects.latest("seq").pk


def session(house: House) -> Any:
    """Somebody else's session: one's own would be the very one that asks."""
    key = f"{next(_next):032}"
    return UserSession.objects.create(user=house.users["biller"], session_key=key, ip="127.0.0.1").pk


def access_log(house: House) -> Any:
    return AccessLog.objects.create(actor="x", patient_id=house.patient().pk, page="record").pk


ARGUMENTS: dict[str, Callable[[House], Any]] = {
    "d/": display_token,
    "s/": status_token,
    "me/sessions/": session,
    "patients/": lambda house: house.patient().pk,
    "doctors/": lambda house: house.doctor.pk,
    "queues/": lambda house: house.own.pk,
    "visits/": visit,
    "undo/": event_seq,
    "displays/": display,
    "admin/live/event/": event,
    "admin/tenants/hospital/": lambda house: house.hospital.pk,
    "admin/tenants/hospitalconfig/": lambda house: HospitalConfig.objects.get().pk,
    "admin/tenants/membership/": membership,
    "admin/tenants/joincode/": join_code,
    "admin/tenants/apikey/": api_key,
    "admin/directory/department/": lambda house: house.department.pk,
    "admin/directory/room/": lambda house: house.room.pk,
    "admin/directory/doctor/": lambda house: house.doctor.pk,
    "admin/records/patient/": lambda house: house.patient().pk,
    "admin/records/accesslog/": access_log,
    "admin/queues/queue/": lambda house: house.own.pk,
    "admin/queues/display/": display,
    "api/v1/memberships/": membership,
    "api/v1/join-codes/": join_code,
    "api/v1/api-keys/": api_key,
    "api/v1/departments/": lambda house: house.department.pk,
    "api/v1/rooms/": lambda house: house.room.pk,
    "api/v1/doctors/": lambda house: house.doctor.pk,
    "api/v1/patients/": lambda house: house.patient().pk,
    "api/v1/queues/": lambda house: house.own.pk,
    "api/v1/queue/doctor/": lambda house: called(house) and house.doctor.pk,
    "api/v1/queue/department/": lambda house: house.department.pk,
    "api/v1/visits/": visit,
    "api/v1/displays/": display,
    "api/v1/public/waiting-room/": display_token,
    "api/v1/public/visits/": status_token,
    "api/v1/sse/reception/": lambda house: house.hospital.pk,
    "api/v1/sse/doctor/": lambda house: house.doctor.pk,
    "api/v1/sse/waiting-room/": display_token,
}
"""What stands before the argument → the argument, made anew in the hospital that is open."""
BODIES: dict[str, Callable[[House], dict[str, Any]]] = {
    "PATCH api/v1/doctors/<uuid:pk>/status": lambda house: {"status": "on_time"},
    "POST api/v1/queue/doctor/<uuid:pk>/call": lambda house: {"visit": str(waiting(house)), "reason": "in pain"},
    "POST api/v1/queue/department/<uuid:pk>/next": lambda house: {"doctor": str(house.doctor.pk)},
    "PATCH api/v1/visits/<uuid:pk>/status": lambda house: {"status": "cancelled", "reason": "a mistake"},
}
"""What has to be sent to get as far as the row that the address names."""
WRITTEN = {
    "admin/^(?P<app_label>live|tenants|directory|records|queues)/$": "admin/queues/",
    "admin/(?P<url>.*)$": "admin/nowhere/",
    "api/v1/^(?P<rest>.*)$": "api/v1/nowhere",
}
"""Routes that are regular expressions, and an address they match."""


def address(entrance: Entrance, house: House) -> str:
    """The entrance's address, without the hospital; KeyError where nobody says what its argument is."""
    if entrance.route in WRITTEN:
        return WRITTEN[entrance.route]
    if not entrance.takes:
        return entrance.route
    with house.open():
        argument = ARGUMENTS[entrance.prefix](house)
    before, _, rest = entrance.route.partition("<")
    return f"{before}{argument}{rest.partition('>')[2]}"


def body(entrance: Entrance, house: House) -> dict[str, Any]:
    """What is sent along."""
    make = BODIES.get(str(entrance))
    with house.open():
        return make(house) if make else {}
