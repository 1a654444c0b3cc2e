from __future__ import annotations

from datetime import timedelta

import time_machine
from django.utils import timezone

from clinic.core.access import PATIENT, SYSTEM, Actor
from clinic.inbox import operations as inbox
from clinic.inbox import subscriptions
from clinic.inbox.models import PatientMessage, PushSubscription
from clinic.records.models import Patient
from clinic.tenants.models import PublicToken
from queues.models import Visit
from tests.house.examples import EACH, SAME, Call, example
from tests.world import House


def patient(house: House) -> Patient:
    return house.patient("Zebulon", "Quux", email="zebulon@patients.example", phone="+33 6 55 12 34")


def queued(house: House) -> PatientMessage:
    who = patient(house)
    where = house.department
    return inbox.tell(who, "booked", about=f"somewhere:{who.pk}", facts={}, department=where, actor=SYSTEM)[0]


def claimed(house: House) -> PatientMessage:
    row = inbox.claim(queued(house), actor=SYSTEM)
    assert row is not None
    return row


def failed(house: House) -> PatientMessage:
    return inbox.not_sent(claimed(house), error="SMTPDataError 550", again=False, actor=SYSTEM)


@example(inbox.tell, twice=SAME)
def _tell(house: House) -> Call:
    who = patient(house)
    return Call(who, "booked", about=f"somewhere:{who.pk}", facts={})


@example(inbox.withdraw, twice=SAME, foreign=False)
def _withdraw(house: House) -> Call:
    return Call(queued(house).about)


@example(
    inbox.send_code, twice=EACH, quiet="a code is nobody's message", untold="nobody follows it", foreign=False
)  # fmt: skip
def _send_code(house: House) -> Call:
    return Call("somebody@patients.example", "123456", language="en")


@example(inbox.claim, twice=SAME)
def _claim(house: House) -> Call:
    return Call(queued(house))


@example(inbox.sent, twice=SAME)
def _sent(house: House) -> Call:
    return Call(claimed(house), provider_id="<1@example.org>")


@example(inbox.not_sent, twice=SAME)
def _not_sent(house: House) -> Call:
    return Call(claimed(house), error="SMTPDataError 550", again=False)


@example(inbox.give_up, twice=SAME)
def _give_up(house: House) -> Call:
    with time_machine.travel(timezone.now() - timedelta(minutes=10)):
        return Call(claimed(house))


@example(inbox.resend, twice=SAME)
def _resend(house: House) -> Call:
    return Call(failed(house))


PHONE = {
    "endpoint": "https://fcm.googleapis.com/fcm/send/zebulon",
    "p256dh": "BNTAobTBpTnOJQwNQMCFnmSQGaSKiU_RaI0z6DofYTOeX_sZQYpoMQYTkQ7x1mn3btC33dmIfIXLWYcA0WkvgMc",
    "auth": "AAECAwQFBgcICQoLDA0ODw",
}  # fmt: skip


def phone(house: House) -> PushSubscription:
    """A browser that is told of somebody who waits."""
    link = waits(house)
    return subscriptions.subscribe(PublicToken.STATUS, link, **PHONE, actor=_of_link(house))


def waits(house: House) -> str:
    return house.waiting(1)[0].ref


def _of_link(house: House) -> Actor:
    row = Visit.objects.order_by("id").last()
    assert row is not None
    return Actor(kind="patient", id=row.ref, name="", abilities=PATIENT)


HERE = "only the page in that browser says so"
NOBODY = "what browsers somebody has is nobody's business"


@example(subscriptions.subscribe, twice=SAME, actor=_of_link, quiet=HERE, untold=NOBODY)
def _subscribe(house: House) -> Call:
    return Call(PublicToken.STATUS, waits(house), **PHONE)


@example(subscriptions.unsubscribe, twice=SAME, actor=_of_link, quiet=HERE, untold=NOBODY)
def _unsubscribe(house: House) -> Call:
    row = phone(house)
    return Call(row.about, digest=row.digest)


@example(subscriptions.forget, twice=SAME, quiet=HERE, untold=NOBODY)
def _forget(house: House) -> Call:
    return Call([phone(house)])


def _holder(house: House) -> Actor:
    row = Patient.objects.order_by("-given_name").first()
    assert row is not None
    return Actor(kind="patient", id=row.ref, name="", abilities=PATIENT)


@example(inbox.set_opt_out, twice=SAME, actor=_holder, quiet="only the patient's page says so, when it is opened")
def _set_opt_out(house: House) -> Call:
    return Call(patient(house), True)
