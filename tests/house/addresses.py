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

from clinic.core.access import SYSTEM
from clinic.directory.models import (
    Absence,
    Closure,
    Department,
    DepartmentConfig,
    DoctorDepartment,
    DoctorVisitType,
    VisitType,
    WorkingHours,
)
from clinic.inbox import operations as inbox
from clinic.inbox.models import PatientMessage
from clinic.live.models import Event
from clinic.records.models import AccessLog, Patient, PatientMerge
from clinic.tenants import days, links
from clinic.tenants.models import ApiKey, HospitalConfig, Invitation, JoinCode, Membership, PublicToken, User
from queues.models import Display, DisplayLine, Leg, Queue, Visit
from queues.operations import calls, secret_links, waitlist
from tests.house import er_addresses, er_pages
from tests.house.calls.book import booked, free
from tests.house.calls.waitlist import entered, made, nth
from tests.house.entrances import Entrance
from tests.world import House

_next = count(1)


def visit(house: House) -> Any:
    Queue.objects.filter(pk=house.own.pk).update(is_open=True)  # another entrance may have closed it
    return house.waiting(1)[0].pk


def waiting(house: House) -> Any:
    """Somebody who waits already, else somebody new."""
    found = Leg.objects.waiting().filter(queue=house.own).first()
    return found.visit_id if found else visit(house)


def called(house: House) -> Any:
    """The doctor has somebody: for acts on whoever is in the room."""
    Queue.objects.filter(pk=house.own.pk).update(is_open=True)
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


def invitation(house: House) -> Any:
    return invited(house).pk


def invited(house: House) -> Invitation:
    row = Invitation.objects.create(
        hospital=house.hospital, email=f"i{next(_next)}@example.org", roles=["nurse"], invited_by="x",
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    links.issue_once(PublicToken.INVITE, row.ref, row.expires_at, house.hospital.pk)
    return row


def invite_token(house: House) -> str:
    return links.sent_once(PublicToken.INVITE, invited(house).ref) or ""


def mailed_token(purpose: str) -> Callable[[House], str]:
    def make(house: House) -> str:
        user = house.users["nurse"]
        links.issue_once(purpose, user.ref, timezone.now() + timedelta(hours=1))
        return links.sent_once(purpose, user.ref) or ""

    return make


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


def absence(house: House) -> Any:
    now = timezone.now()
    return Absence.objects.create(doctor=house.doctor, starts_at=now, ends_at=now + timedelta(days=1)).pk


def closure(house: House) -> Any:
    day = timezone.localdate() + timedelta(days=99)
    return Closure.objects.create(name=f"Closed {next(_next)}", first_day=day, last_day=day).pk


def visit_type(house: House) -> Any:
    return VisitType.objects.create(name=f"Check {next(_next)}", minutes=15).pk


def own_type(house: House) -> Any:
    return DoctorVisitType.objects.create(doctor=house.doctor, type_id=visit_type(house), minutes=20).pk


def further(house: House) -> Any:
    number = next(_next)
    letters = "ABCDEFGH"
    prefix = "Z" + letters[number // 8 % 8] + letters[number % 8]
    other = Department.objects.create(name=f"Other {number}", prefix=prefix)
    return DoctorDepartment.objects.create(doctor=house.doctor, department=other).pk


def working_hours(house: House) -> Any:
    found = WorkingHours.objects.filter(doctor=house.doctor).first()
    return (found or WorkingHours.objects.create(doctor=house.doctor, weekly={"mon": []})).pk


def department_config(house: House) -> Any:
    found = DepartmentConfig.objects.filter(department=house.department).first()
    return (found or DepartmentConfig.objects.create(department=house.department)).pk


def access_log(house: House) -> Any:
    return AccessLog.objects.create(actor="x", patient_id=house.patient().pk, page="record").pk


NOTHING: dict[str, Any] = {"rows": {}, "filled": []}


def merge(house: House) -> Any:
    kept, gone = house.patient(), house.patient()
    return PatientMerge.objects.create(kept=kept, gone=gone, reason="x", at=timezone.now(), moved=NOTHING).pk


def message(house: House) -> Any:
    """One that failed."""
    who = house.patient(email="priya@patients.example")
    row = inbox.tell(who, "booked", about=f"somewhere:{who.pk}", facts={}, actor=SYSTEM)[0]
    PatientMessage.objects.filter(pk=row.pk).update(state="failed")
    return row.pk


def stop_token(house: House) -> str:
    return links.issue(inbox.STOP, house.patient().ref, house.hospital.pk, None)


def at_work(house: House) -> House:
    """The hospital with its doctor at work: other entrances have closed the line and given an empty week."""
    Queue.objects.filter(pk=house.own.pk).update(is_open=True)
    WorkingHours.objects.filter(doctor=house.doctor).delete()
    Absence.objects.filter(doctor=house.doctor).delete()
    return house


def appointment(house: House) -> Any:
    """Somebody who is booked at the next free time."""
    return booked(at_work(house)).pk


def waiter(house: House) -> Any:
    """Somebody on the waiting list."""
    day = days.service_day(house.hospital)
    last = day + timedelta(days=3)
    return waitlist.enter(house.own, house.patient(), first_day=day, last_day=last, actor=house.desk).pk


def booking_token(house: House) -> str:
    """The link of somebody who is booked."""
    row = booked(at_work(house))
    return links.token_for(PublicToken.BOOKING, row.ref)


_series: dict[str, Any] = {}


def weekly(house: House) -> Any:
    """Four weeks with the doctor."""
    _series[house.hospital.slug] = row = made(house)
    return row


def moved(house: House) -> dict[str, Any]:
    """One of the series that was made last, an hour later."""
    row = _series.get(house.hospital.slug)
    one = row.appointments.order_by("starts_at")[1] if row and row.appointments.exists() else nth(weekly(house), 1)
    return {"appointment": str(one.pk), "starts_at": (one.starts_at + timedelta(hours=1)).isoformat()}


def another(house: House) -> str:
    """A free start some days away."""
    return free(at_work(house), first=days.service_day(house.hospital) + timedelta(days=1))[0].isoformat()


def kiosk_token(house: House) -> str:
    return secret_links.make_kiosk(actor=house.desk)


def feed_token(house: House) -> str:
    return secret_links.make_feed(house.doctor, actor=house.medic)


ARGUMENTS: dict[str, Callable[[House], Any]] = {
    "appointments/": appointment,
    "waiting-list/": waiter,
    "d/": display_token,
    "s/": status_token,
    "b/": booking_token,
    "book/": lambda house: house.hospital.slug,
    "k/": kiosk_token,
    "cal/": feed_token,
    "invited/": invite_token,
    "reset/": mailed_token(PublicToken.RESET),
    "confirm/": mailed_token(PublicToken.CONFIRM),
    "me/sessions/": session,
    "merges/": merge,
    "messages/": message,
    "m/": stop_token,
    "push/": status_token,
    "api/v1/messages/": message,
    "patients/": lambda house: house.patient().pk,
    "doctors/": lambda house: house.doctor.pk,
    "queues/": lambda house: house.own.pk,
    "visits/": visit,
    "visits/family/": lambda house: house.patient().pk,
    "undo/": event_seq,
    "displays/": display,
    "admin/live/event/": event,
    "admin/tenants/hospital/": lambda house: house.hospital.pk,
    "admin/tenants/hospitalconfig/": lambda house: HospitalConfig.objects.get().pk,
    "admin/tenants/membership/": membership,
    "admin/tenants/joincode/": join_code,
    "admin/tenants/invitation/": invitation,
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
    "api/v1/invitations/": invitation,
    "api/v1/api-keys/": api_key,
    "api/v1/absences/": absence,
    "api/v1/closures/": closure,
    "api/v1/visit-types/": visit_type,
    "api/v1/doctor-departments/": further,
    "api/v1/doctor-visit-types/": own_type,
    "admin/directory/doctorvisittype/": own_type,
    "api/v1/queue/left/": lambda house: house.own.pk,
    "admin/directory/absence/": absence,
    "admin/directory/closure/": closure,
    "admin/directory/visittype/": visit_type,
    "admin/directory/workinghours/": working_hours,
    "admin/directory/doctordepartment/": further,
    "admin/directory/departmentconfig/": department_config,
    "me/practice/absences/": absence,
    "me/practice/types/": visit_type,
    "api/v1/departments/": lambda house: house.department.pk,
    "api/v1/rooms/": lambda house: house.room.pk,
    "api/v1/doctors/": lambda house: house.doctor.pk,
    "api/v1/patients/": lambda house: house.patient().pk,
    "api/v1/queues/": lambda house: house.own.pk,
    "api/v1/queue/doctor/": lambda house: called(house) and house.doctor.pk,
    "api/v1/queue/department/": lambda house: house.department.pk,
    "api/v1/queue/line/": lambda house: called(house) and house.own.pk,
    "api/v1/visits/": visit,
    "api/v1/displays/": display,
    "api/v1/public/hospitals/": lambda house: house.hospital.slug,
    "api/v1/public/waiting-room/": display_token,
    "api/v1/public/appointments/": booking_token,
    "api/v1/appointments/": appointment,
    "api/v1/waitlist/": lambda house: entered(house).pk,
    "api/v1/series/": lambda house: weekly(house).pk,
    "api/v1/public/visits/": status_token,
    "api/v1/sse/reception/": lambda house: house.hospital.pk,
    "api/v1/sse/doctor/": lambda house: house.doctor.pk,
    "api/v1/sse/waiting-room/": display_token,
    **er_addresses.ARGUMENTS,
    **er_pages.ARGUMENTS,
}
"""What stands before the argument → the argument, made anew in the hospital that is open."""


def somebody(house: House) -> Any:
    """Any patient who is there already; a new one only where there is none."""
    known = Patient.objects.order_by("id").first()
    return known.pk if known else house.patient().pk


BODIES: dict[str, Callable[[House], dict[str, Any]]] = {
    "PATCH api/v1/doctors/<uuid:pk>/status": lambda house: {"status": "on_time"},
    "POST api/v1/queue/doctor/<uuid:pk>/call": lambda house: {"visit": str(waiting(house)), "reason": "in pain"},
    "POST api/v1/queue/line/<uuid:pk>/call": lambda house: {"visit": str(waiting(house)), "reason": "in pain"},
    "POST api/v1/visits/<uuid:pk>/hold": lambda house: {"reason": "away"},
    "POST api/v1/visits/<uuid:pk>/delay": lambda house: {"places": 1, "reason": "a call"},
    "POST api/v1/visits/<uuid:pk>/reassign": lambda house: {"queue": str(house.pool.pk)},
    "POST api/v1/visits/<uuid:pk>/send-on": lambda house: {"queue": str(house.pool.pk)},
    "POST api/v1/visits/<uuid:pk>/priority": lambda house: {"class": "urgent", "reason": "short of breath"},
    "PATCH api/v1/doctors/<uuid:pk>/hours": lambda house: {"weekly": {"mon": [{"start": "08:00", "end": "12:00"}]}},
    "POST api/v1/patients/<uuid:pk>/merge": lambda house: {"gone": str(somebody(house)), "reason": "twice"},
    "POST api/v1/patients/<uuid:pk>/unmerge": lambda house: {"merge": str(somebody(house))},
    "POST api/v1/queue/left/<uuid:pk>/settle": lambda house: {"to": "pool"},
    "POST api/v1/visits/<uuid:pk>/correct-patient": lambda house: {
        "patient": str(somebody(house)),
        "reason": "the wrong row",
    },
    "POST api/v1/queue/department/<uuid:pk>/next": lambda house: {"doctor": str(house.doctor.pk)},
    "PATCH api/v1/appointments/<uuid:pk>": lambda house: {"status": "confirmed"},
    "PUT api/v1/appointments/<uuid:pk>": lambda house: {"status": "confirmed"},
    "PATCH api/v1/appointments/<uuid:pk>/status": lambda house: {"status": "cancelled", "reason": "recovered"},
    "PATCH api/v1/appointments/<uuid:pk>/reschedule": lambda house: {"starts_at": another(house)},
    "POST api/v1/waitlist/<uuid:pk>/offer": lambda house: {"starts_at": another(house)},
    "POST api/v1/series/<uuid:pk>/move": moved,
    "POST api/v1/series/<uuid:pk>/cancel": lambda house: {"reason": "recovered"},
    "PATCH api/v1/visits/<uuid:pk>/status": lambda house: {"status": "cancelled", "reason": "a mistake"},
    **er_addresses.BODIES,
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
