"""Notices on phones, from the button on a page to what the browser reads: the turn by notice first, and never twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as current
from django.core import mail
from django.test import Client
from pytest_django import Settings

from clinic.core.access import PATIENT, SYSTEM, Actor
from clinic.core.errors import Invalid, NotAllowed, NotFound
from clinic.directory import operations as directory
from clinic.directory.models import Doctor
from clinic.directory.operations import set_status
from clinic.inbox import operations as inbox
from clinic.inbox import outgoing, subscriptions, tasks, vapid
from clinic.inbox.models import PatientMessage, PushSubscription
from clinic.live.models import Event
from clinic.records import operations as records
from clinic.records.models import Patient
from clinic.tenants import days, links
from clinic.tenants import operations as tenants
from clinic.tenants.models import PublicToken
from queues import messages, reminders
from queues.models import Appointment, Visit
from queues.operations import appointments, calls, checkin, intake, undo
from tests.inbox.push_service import Browser, Service, running
from tests.queues.telling import MORNING, UNDO, at, book, known, later, wait, work
from tests.world import House, World

pytestmark = pytest.mark.django_db
KEY = vapid.make()


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(MORNING, tick=False) as travel:
        yield travel


@pytest.fixture
def house(world: World, clock: Any) -> Iterator[House]:
    with world.harbor.open():
        yield world.harbor


@pytest.fixture(autouse=True)
def service(settings: Settings) -> Iterator[Service]:
    with running() as made:
        settings.VAPID_PRIVATE_KEY, settings.PUSH_STAND_INS = KEY, [made.url]
        yield made


def holder(row: Visit | Appointment) -> Actor:
    return Actor(kind="patient", id=row.ref, name="", abilities=PATIENT)


def takes(service: Service, row: Visit | Appointment, path: str = "/phone") -> Browser:
    """A browser says yes on the page of this visit or booking."""
    browser = Browser(service.url, path)
    purpose = PublicToken.STATUS if isinstance(row, Visit) else PublicToken.BOOKING
    subscriptions.subscribe(purpose, row.ref, **browser.says(), actor=holder(row))
    return browser


def by(who: Patient) -> list[tuple[str, str, str, str]]:
    return list(who.messages.order_by("id").values_list("occasion", "channel", "state", "why"))


# --- which way -------------------------------------------------------------------------------------------------------


def test_the_turn_is_told_by_notice_and_not_by_mail_too(house: House, service: Service) -> None:
    who = known(house)
    visit = wait(house, who)
    browser = takes(service, visit)
    calls.call_next(house.doctor, actor=house.medic)
    work(house)
    work(house)
    assert by(who) == [("your_turn", "push", "sent", "")]
    (handed,) = service.got
    assert browser.reads(handed.body) == {
        "title": "Harbor Clinic", "body": f"{visit.token}: it is your turn. Please go to Room 4 now.",
        "url": f"/s/{intake.status_link(visit)}/", "tag": handed.headers["Topic"], "lang": "en", "urgent": True,
    }  # fmt: skip
    assert 0 < int(handed.headers["TTL"]) <= 300
    assert mail.outbox == []


def test_who_gave_no_address_is_told_all_the_same(house: House, service: Service, clock: Any) -> None:
    """By the button alone: nearly your turn, your turn, the doctor's delay."""
    first, second = house.patient(), house.patient()
    wait(house, first)
    visit = wait(house, second)
    takes(service, visit)
    later(clock, house, minutes=6)
    reminders.near()
    work(house)
    set_status(house.doctor, Doctor.RUNNING_LATE, late_minutes=25, actor=house.medic)
    later(clock, house, seconds=UNDO)
    assert [(occasion, channel, state) for occasion, channel, state, _why in by(second)] == [
        ("two_before", "push", "sent"), ("late", "push", "sent"),
    ]  # fmt: skip
    assert by(first) == []


def test_what_is_told_of_an_appointment_goes_by_mail(house: House, service: Service, clock: Any) -> None:
    who, nowhere = known(house), house.patient()
    for patient in (who, nowhere):
        a = book(house, patient, "20T15:00" if patient is who else "20T16:00")
        takes(service, a)
        appointments.cancel(a, reason="Ill", actor=house.desk)
    later(clock, house, seconds=UNDO)
    assert {channel for _occasion, channel, _state, _why in by(who)} == {"mail"}
    assert by(nowhere)[-1] == ("cancelled", "push", "sent", ""), "the only way there is"


def test_a_phone_of_the_booking_hears_the_turn(house: House, service: Service) -> None:
    """Moved, then checked in: the link of the first booking leads to the visit, and so do its notices."""
    who = known(house)
    first = book(house, who, "20T11:00")
    takes(service, first)
    moved = appointments.reschedule(first, starts_at=at("20T10:00"), actor=house.desk).appointment
    visit = checkin.check_in(moved, actor=house.desk).visit
    takes(service, visit)
    calls.call_next(house.doctor, actor=house.medic)
    work(house)
    assert ("your_turn", "push", "sent", "") in by(who)
    assert service.paths() == ["/phone"], "a phone that came by both links is told once"


def test_a_notice_that_reaches_no_phone_goes_by_mail_at_once(house: House, service: Service) -> None:
    who = known(house)
    visit = wait(house, who)
    takes(service, visit)
    service.answers["/phone"] = 410
    calls.call_next(house.doctor, actor=house.medic)
    work(house)
    work(house)
    assert by(who) == [("your_turn", "push", "skipped", "other_way"), ("your_turn", "mail", "sent", "")]
    assert len(mail.outbox) == 1
    assert "it is your turn" in mail.outbox[0].body
    assert PushSubscription.objects.count() == 0, "a phone that is gone is forgotten"
    outgoing.send_due()
    assert len(service.got) == 1


@pytest.mark.faults
def test_one_of_which_nobody_knows_goes_no_other_way(house: House, service: Service) -> None:
    who = known(house)
    takes(service, wait(house, who))
    service.answers["/phone"] = 500
    calls.call_next(house.doctor, actor=house.medic)
    work(house)
    work(house)
    assert by(who) == [("your_turn", "push", "unknown", "")]
    assert mail.outbox == []
    assert len(service.got) == 1
    service.answers.clear()
    inbox.resend(who.messages.get(), actor=house.desk)
    work(house)
    assert [state for *_way, state, _why in by(who)] == ["unknown", "sent"], "by hand, when somebody has looked"
    assert len(service.got) == 2


def test_told_again_it_is_not_told_another_way(house: House, service: Service) -> None:
    """The phone says no between two runs of one reaction."""
    who = known(house)
    visit = wait(house, who)
    browser = takes(service, visit)
    messages.tell_visit(visit, "your_turn", {"room": ""}, nth=7)
    subscriptions.unsubscribe(visit.ref, digest=subscriptions.digest_of(browser.endpoint), actor=holder(visit))
    messages.tell_visit(visit, "your_turn", {"room": ""}, nth=7)
    assert [row.channel for row in who.messages.all()] == ["push"]


def test_without_the_key_what_waits_goes_the_other_way(house: House, settings: Settings, service: Service) -> None:
    who = known(house)
    takes(service, wait(house, who))
    calls.call_next(house.doctor, actor=house.medic)
    messages.called(Event.objects.get(name="visit.called"))
    settings.VAPID_PRIVATE_KEY = ""
    work(house)
    work(house)
    assert by(who) == [("your_turn", "push", "skipped", "other_way"), ("your_turn", "mail", "sent", "")]


# --- the same rules as for the others --------------------------------------------------------------------------------


@pytest.mark.rule("3.19")
def test_an_undone_call_is_followed_by_please_wait_or_never_told(house: House, service: Service) -> None:
    who = known(house)
    browser = takes(service, wait(house, who))
    calls.call_next(house.doctor, actor=house.medic)
    work(house)
    undo.undo(Event.objects.filter(name="visit.called").latest("seq").seq, actor=house.medic)
    work(house)
    assert [occasion for occasion, *_rest in by(who)] == ["your_turn", "please_wait"]
    assert "please wait" in browser.reads(service.got[-1].body)["body"].lower()
    topics = {one.headers["Topic"] for one in service.got}
    assert len(topics) == 1, "a call that was not shown yet gives way"


def test_quiet_hours_and_no_messages_hold_for_notices(house: House, service: Service) -> None:
    who = known(house)
    takes(service, wait(house, who))
    policy = days.policies()
    tenants.change_policies(policy, mute_from=time(8), mute_until=time(12), actor=house.actor("owner"))
    calls.call_next(house.doctor, actor=house.medic)
    work(house)
    assert by(who) == [("your_turn", "push", "skipped", "quiet")]
    tenants.change_policies(days.policies(), tell_by="none", actor=house.actor("owner"))
    messages.tell_visit(who.visits.get(), "two_before", {"ahead": 1})
    assert len(by(who)) == 1
    assert service.got == []


def test_whoever_wants_no_messages_gets_no_notices(house: House, service: Service) -> None:
    who = known(house)
    visit = wait(house, who)
    takes(service, visit)
    messages.tell_visit(visit, "your_turn", {"room": ""}, nth=1)
    own = Actor(kind="patient", id=who.ref, name="", abilities=PATIENT)
    inbox.set_opt_out(who, True, actor=own)
    outgoing.send_due()
    assert by(who) == [("your_turn", "push", "skipped", "opted_out")]
    assert not messages.can_be_told(Patient.objects.get(pk=who.pk))
    with pytest.raises(NotAllowed):
        takes(service, visit, "/another")


def test_a_sensitive_department_is_not_named_and_the_language_is_the_patients(
    house: House, service: Service, clock: Any
) -> None:  # fmt: skip
    directory.change_department(house.department, sensitive=True, actor=house.actor("owner"))
    who = house.patient(language="es")
    a = book(house, who, "20T15:00")
    browser = takes(service, a)
    appointments.cancel(a, reason="Ill", actor=house.desk)
    later(clock, house, seconds=UNDO)
    told = browser.reads(service.got[-1].body)
    assert told["lang"] == "es"
    assert "General practice" not in str(told)
    assert "Benali" not in str(told)
    assert who.given_name not in str(told)


def test_a_text_says_no_more_than_its_sentences(house: House, service: Service) -> None:
    """On a locked phone beside strangers: no date, no doctor, no links but the page's own."""
    who = house.patient()
    a = book(house, who, "23T11:00")
    browser = takes(service, a)
    work(house)
    told = browser.reads(service.got[-1].body)
    assert "Benali" not in told["body"]
    assert "23 November" not in told["body"]
    assert links.token_for(inbox.STOP, who.ref) not in str(told)


# --- who may say yes, and for how long -------------------------------------------------------------------------------


def test_the_same_browser_twice_is_once_and_the_sixth_takes_the_firsts_place(
    house: House, service: Service
) -> None:  # fmt: skip
    visit = wait(house, known(house))
    for n in (0, 0, 1, 2, 3, 4, 5):
        takes(service, visit, f"/{n}")
    found = PushSubscription.objects.order_by("id").values_list("endpoint", flat=True)
    assert [one.rpartition("/")[2] for one in found] == ["1", "2", "3", "4", "5"]


def test_no_log_holds_what_a_browser_is_reached_by(house: House, service: Service) -> None:
    browser = takes(service, wait(house, known(house)), "/secret-endpoint")
    calls.call_next(house.doctor, actor=house.medic)
    work(house)
    log = str(list(Event.objects.values())) + str(list(PatientMessage.objects.values()))
    for secret in ("secret-endpoint", *browser.says().values(), subscriptions.digest_of(browser.endpoint)):
        assert secret not in log


def test_a_link_that_is_over_is_heard_no_more(house: House, service: Service, clock: Any) -> None:
    who = known(house)
    visit = wait(house, who)
    takes(service, visit)
    clock.move_to(at("21T09:00"))
    assert subscriptions.of(visit.ref) == []
    assert tasks.forget_phones() == 1
    assert tasks.forget_phones() == 0
    assert PushSubscription.objects.count() == 0
    assert Event.objects.filter(name="push.ended").count() == 1


def test_only_the_links_holder_may_and_only_for_that_link(house: House, world: World, service: Service) -> None:
    visit, other = wait(house, known(house)), wait(house, known(house))
    says = Browser(service.url, "/x").says()
    for actor in (holder(other), SYSTEM, house.desk):
        with pytest.raises(Exception) as refused:
            subscriptions.subscribe(PublicToken.STATUS, visit.ref, **says, actor=actor)
        assert refused.type.__name__ in ("NotFound", "Forbidden")
    with world.hilltop.open(), pytest.raises(NotFound):
        subscriptions.subscribe(PublicToken.STATUS, visit.ref, **says, actor=holder(visit))
    with pytest.raises(Invalid):
        subscriptions.subscribe(
            PublicToken.STATUS, visit.ref, **says | {"endpoint": "https://169.254.169.254/x"}, actor=holder(visit)
        )
    with pytest.raises(Invalid):
        subscriptions.subscribe(PublicToken.STATUS, visit.ref, **says | {"auth": "x"}, actor=holder(visit))
    assert PushSubscription.objects.count() == 0


def test_phones_go_with_the_record_they_were_made_for(house: House, service: Service) -> None:
    kept, gone = known(house), known(house)
    takes(service, wait(house, gone))
    records.merge(kept, gone, reason="Registered twice", actor=house.desk)
    assert PushSubscription.objects.get().patient == kept


# --- the pages -------------------------------------------------------------------------------------------------------


def test_a_page_offers_notices_only_where_some_would_be_sent(house: House, settings: Settings) -> None:
    who = known(house)
    visit, a = wait(house, who), book(house, known(house), "20T15:00")
    paths = [f"/s/{intake.status_link(visit)}/", f"/b/{appointments.booking_link(a)}/"]
    offered = f'data-key="{vapid.public_of(KEY)}"'
    for path in paths:
        assert offered in Client().get(path).content.decode()
    settings.VAPID_PRIVATE_KEY = ""
    for path in paths:
        assert "data-push" not in Client().get(path).content.decode()
    settings.VAPID_PRIVATE_KEY = KEY
    tenants.change_policies(days.policies(), tell_by="none", actor=house.actor("owner"))
    for path in paths:
        assert "data-push" not in Client().get(path).content.decode()


def test_a_browser_says_yes_and_no_by_the_link(house: House, service: Service) -> None:
    visit = wait(house, known(house))
    token, browser = intake.status_link(visit), Browser(service.url, "/phone")
    client = Client(enforce_csrf_checks=True)
    assert client.post(f"/push/{token}/", browser.says()).status_code == 204
    assert client.post(f"/push/{token}/", browser.says()).status_code == 204
    row = PushSubscription.objects.get()
    assert (row.about, row.purpose, row.patient) == (visit.ref, "status", visit.patient)
    assert row.digest in client.get(f"/s/{token}/").content.decode()
    assert browser.endpoint not in client.get(f"/s/{token}/").content.decode()
    assert client.post(f"/push/{token}/stop/", {"endpoint": browser.endpoint}).status_code == 204
    assert client.post(f"/push/{token}/stop/", {"endpoint": browser.endpoint}).status_code == 204
    assert PushSubscription.objects.count() == 0


def test_what_is_no_browser_is_refused(house: House, service: Service, settings: Settings) -> None:
    token, says = intake.status_link(wait(house, known(house))), Browser(service.url, "/phone").says()
    for wrong in ({}, says | {"endpoint": "https://localhost/"}, says | {"p256dh": "x"}, says | {"auth": ""}):
        assert Client().post(f"/push/{token}/", wrong).status_code == 400
    assert Client().post(f"/push/{'x' * 32}/", says).status_code == 404
    assert Client().get(f"/push/{token}/").status_code == 405
    settings.VAPID_PRIVATE_KEY = ""
    assert Client().post(f"/push/{token}/", says).status_code == 409


def test_a_links_phones_change_their_mind_so_often_and_no_more(house: House, service: Service) -> None:
    token, browser = intake.status_link(wait(house, known(house))), Browser(service.url, "/phone")
    answers = [Client().post(f"/push/{token}/stop/", {"endpoint": browser.endpoint}).status_code for _ in range(31)]
    assert answers == [204] * 30 + [429]


def test_the_worker_is_a_script_of_our_own_that_the_policy_lets_run(db: None) -> None:
    answer = Client().get("/push-worker.js")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Cache-Control"] == "no-cache"
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert b"showNotification" in answer.content
    assert b"fetch" not in answer.content, "it serves no page and asks for nothing"


def test_a_message_that_waits_keeps_no_phone_beyond_its_use(house: House, service: Service) -> None:
    """How long a push service may keep it: until it is of no use, and a day at most."""
    who = house.patient()
    a = book(house, who, "23T11:00")
    takes(service, a)
    work(house)
    assert [one.headers["TTL"] for one in service.got] == [str(24 * 60 * 60)]
    assert current.VAPID_PRIVATE_KEY not in str(service.got)
    assert timedelta(seconds=outgoing.KEPT) == timedelta(days=1)
