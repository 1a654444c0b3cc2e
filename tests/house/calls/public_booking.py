"""Examples of one-time codes, the kiosk's link and the calendar feed."""

from __future__ import annotations

from clinic.core.access import SYSTEM, VISITOR
from queues.operations import one_time, secret_links
from tests.house.examples import EACH, REFUSED, SAME, Call, example
from tests.world import House

LINK = "a link that no screen shows"
CODE = "a code that is sent, and shown on no screen"


@example(one_time.ask, twice=EACH, actor=lambda house: VISITOR, quiet=CODE, untold=CODE, foreign=False)
def _ask(house: House) -> Call:
    house.patient(phone="+34 612 345 678")
    return Call("+34 612 345 678", language="en", known_only=True, address="192.0.2.1")


@example(one_time.prove, twice=REFUSED, actor=lambda house: VISITOR, quiet=CODE, untold=CODE, foreign=False)
def _prove(house: House) -> Call:
    to = "+34 612 345 678"
    nonce = one_time.ask(to, language="en", known_only=False, address="192.0.2.1", actor=VISITOR)
    return Call(nonce, to, one_time.code_of(nonce))


@example(one_time.note_cap, twice=SAME, actor=lambda house: SYSTEM, foreign=False)
def _note_cap(house: House) -> Call:
    return Call("hour")


@example(secret_links.make_kiosk, twice=EACH, quiet=LINK, foreign=False)
def _make_kiosk(house: House) -> Call:
    return Call()


@example(secret_links.end_kiosk, twice=SAME, quiet=LINK, foreign=False)
def _end_kiosk(house: House) -> Call:
    secret_links.make_kiosk(actor=house.desk)
    return Call()


@example(secret_links.make_feed, twice=EACH, role="doctor", quiet=LINK)
def _make_feed(house: House) -> Call:
    return Call(house.doctor)


@example(secret_links.end_feed, twice=SAME, role="doctor", quiet=LINK)
def _end_feed(house: House) -> Call:
    secret_links.make_feed(house.doctor, actor=house.medic)
    return Call(house.doctor)


@example(secret_links.end_feed_of, twice=SAME, role="manager", quiet=LINK)
def _end_feed_of(house: House) -> Call:
    secret_links.make_feed(house.doctor, actor=house.medic)
    return Call(house.doctor)
