"""Each row of the table about the emergency department, walked."""

from __future__ import annotations

from typing import Any

from clinic.live import feed, registry
from er_flow.models import EmergencyVisit
from tests.api.client import api
from tests.api.samples import er_made as made
from tests.compat.walks import WALKS, last, sends, walk
from tests.compat.walks_of_bookings import head
from tests.world import House

SENT: dict[str, tuple[str, str, str]] = {
    "er_patients": ("er_patients_list", "", "results"),
    "er_arrive": ("er_patients_create", "er_visit.arrived", "label"),
    "er_delayed": ("er_patients_delayed", "", "results"),
    "er_patient": ("er_patients_retrieve", "", "stages"),
    "er_status": ("er_care_set_status", "er_visit.bedded", "bed"),
    "er_bed": ("er_place_set_bed", "er_visit.bedded", "bed"),
    "er_best_bed": ("er_place_best_bed", "er_visit.bedded", "suggestions"),
    "er_eta": ("er_figures_eta", "", "range"),
    "er_beds": ("er_beds_list", "", "results"),
    "er_add_bed": ("er_beds_create", "bed.added", "status"),
    "er_one_bed": ("er_beds_retrieve", "", "visit"),
    "er_free_bed": ("er_beds_free", "bed.cleaned", "status"),
    "er_bed_status": ("er_beds_set_status", "bed.reserved", "reserved_for"),
}
"""Walk → route, the event it writes last, a field of its answer."""
for _name, (_route, _event, _shows) in SENT.items():
    WALKS[_name] = sends(_route, _event, shows=_shows)


def told(house: House, topic: str, since: int) -> list[dict[str, Any]]:
    """What a nurse is told on a topic since then."""
    with house.open():
        who = house.actor("nurse")
        subs = list(feed.subscriptions([topic], who).values())
        return [message.body for message in feed.missed(house.hospital.pk, subs, who.abilities, since).messages]


def status(house: House, visit: EmergencyVisit, word: str, **more: Any) -> str:
    answer = api(house, "nurse").patch(f"er/patients/{visit.pk}/status", {"status": word, **more})
    assert answer.status == 200, answer.content
    return str(answer.json["status"])


def listed(house: House, word: str) -> list[str]:
    answer = api(house, "nurse").get(f"er/patients?status={word}")
    return [row["id"] for row in answer.json["results"]]


@walk
def er_by_status(house: House) -> None:
    new, lies = made.arrived(house), made.bedded(house)
    assert listed(house, "REGISTERED") == [str(new.pk)]
    assert listed(house, "IN_BED") == [str(lies.pk)]


@walk
def er_discharge(house: House) -> None:
    visit = made.decided(house, "discharge")
    assert status(house, visit, "DISCHARGED") == "discharged"
    assert last(house) == "er_visit.discharged"


@walk
def er_snapshot(house: House) -> None:
    visit = made.bedded(house)
    bed = made.bed_of(visit, house)
    with house.open():
        who = house.actor("nurse")
        subs = list(feed.subscriptions(["er"], who).values())
        shown = feed.snapshot(house.hospital.pk, subs, who.abilities).body["snapshot"]
    assert (shown[visit.ref]["bed"]["id"], shown[bed.ref]["visit"]["id"]) == (str(bed.pk), str(visit.pk))


@walk
def er_patient_created(house: House) -> None:
    made.department(house)
    since = head(house)
    visit = made.arrived(house)
    message = next(each for each in told(house, "er", since) if each["ref"] == visit.ref)
    assert (message["event"], message["op"], message["doc"]["status"]) == ("er_visit.arrived", "insert", "arrived")


@walk
def er_patient_updated(house: House) -> None:
    visit = made.triaged(house)
    since = head(house)
    status(house, visit, "IN_TREATMENT")
    message = next(each for each in told(house, "er", since) if each["ref"] == visit.ref)
    assert (message["event"], message["op"], message["doc"]["status"]) == ("er_visit.seen", "update", "in_treatment")


@walk
def er_bed_created(house: House) -> None:
    made.section(house)
    since = head(house)
    bed = made.bed(house)
    message = next(each for each in told(house, "er", since) if each["ref"] == bed.ref)
    assert (message["event"], message["op"], message["doc"]["status"]) == ("bed.added", "insert", "available")


@walk
def er_bed_updated(house: House) -> None:
    bed = made.unclean(house)
    since = head(house)
    assert api(house, "nurse").patch(f"er/beds/{bed.pk}/status", {"status": "OPEN"}).status == 200
    message = next(each for each in told(house, "er", since) if each["ref"] == bed.ref)
    assert (message["event"], message["op"], message["doc"]["status"]) == ("bed.cleaned", "update", "available")


@walk
def er_command(house: House) -> None:
    visit = made.seen(house)
    with house.open():
        run = registry.commands()["patient:update_status"]
        run(actor=house.actor("nurse"), id=str(visit.pk), status="LWOT")
        visit.refresh_from_db()
    assert (visit.state, last(house)) == ("lwot", "er_visit.left_treatment")


@walk
def er_level_field(house: House) -> None:
    body = {"unknown": True, "age": {"amount": 45}, "complaint": "Chest pain", "reported_level": 2}
    made.department(house)
    answer = api(house, "receptionist").post("er/patients", body)
    assert (answer.status, answer.json["level"], answer.json["reported_level"]) == (201, None, 2), answer.content


@walk
def er_wait_fields(house: House) -> None:
    doc = api(house, "nurse").get(f"er/patients/{made.triaged(house).pk}").json
    assert doc["target"]["since"] == doc["arrived_at"]
    assert doc["delayed"] is False
    assert doc["status_since"]


@walk
def er_words_before(house: House) -> None:
    visit = made.arrived(house)
    assert {status(house, visit, word) for word in ("REGISTERED", "AWAITING_TRIAGE")} == {"arrived"}


@walk
def er_word_awaiting_bed(house: House) -> None:
    waits, lies = made.triaged(house), made.bedded(house)
    assert listed(house, "AWAITING_BED") == [str(waits.pk)]
    assert status(house, lies, "AWAITING_BED") == "triaged"


@walk
def er_word_in_bed(house: House) -> None:
    visit = made.triaged(house)
    assert status(house, visit, "IN_BED", bed=str(made.bed(house).pk)) == "bedded"
    assert status(house, visit, "IN_TREATMENT") == "in_treatment"
    assert listed(house, "IN_BED") == [str(visit.pk)]


@walk
def er_word_awaiting_disposition(house: House) -> None:
    assert status(house, made.bedded(house), "AWAITING_DISPOSITION") == "in_treatment"


@walk
def er_word_lwbs(house: House) -> None:
    assert status(house, made.arrived(house), "LWBS") == "lwbs"


@walk
def er_word_admitted(house: House) -> None:
    visit = made.decided(house)
    assert status(house, visit, "BOARDING") == "boarding"
    assert status(house, visit, "ADMITTED") == "admitted"


@walk
def er_bed_words(house: House) -> None:
    visit, bed = made.triaged(house), made.bed(house)
    for word, now in (("OPEN", "available"), ("HELD", "reserved"), ("OCCUPIED", "occupied")):
        body = {"status": word, **({} if word == "OPEN" else {"visit": str(visit.pk)})}
        answer = api(house, "nurse").patch(f"er/beds/{bed.pk}/status", body)
        assert (answer.status, answer.json["status"]) == (200, now), answer.content
