"""The demo's model on paper: a believable day, the same for the same seed, begun anew at any moment."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import mean, median

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from clinic.demo import day, parts
from clinic.demo.model import Model
from clinic.demo.parts import CALLED, IN_ROOM, WAITING, Bounds, Clinic, Intent, Person
from tests.demo.paper import START, Paper, clinic

DAY = day.read()
HOUR = 3600


def model(paper: Paper, stands: Clinic, seed: int = 7, begin: float = START.timestamp(), **more: object) -> Model:
    return Model(
        DAY, stands, paper, begin=begin, dice=Random(seed), local=lambda at: datetime.fromtimestamp(at, UTC), **more
    )


def played(seed: int = 7, hours: float = 9) -> Paper:
    stands = clinic()
    paper = Paper(stands)
    model(paper, stands, seed).run(START.timestamp() + hours * HOUR)
    return paper


def test_the_same_seed_gives_the_same_day() -> None:
    assert played(3).told == played(3).told
    assert played(3).told != played(4).told


def test_a_day_has_everything_that_happens_in_a_clinic() -> None:
    verbs: Counter[str] = Counter()
    for seed in range(4):
        verbs.update(intent.verb for intent in played(seed).told)
    assert {
        parts.ARRIVE, parts.CALL, parts.START, parts.COMPLETE, parts.COMPLETE_AND_CALL, parts.ABSENT, parts.SKIP,
        parts.HOLD, parts.BACK, parts.SEND_ON, parts.LEAVE, parts.DELAY, parts.REJOIN, parts.TAKE_BREAK, parts.BE_BACK,
    } <= set(verbs)  # fmt: skip
    whys = Counter(intent.why for intent in played(1).told if intent.verb == parts.ARRIVE)
    assert whys["normal"] > 10 * whys["vip"] > 0
    assert whys["urgent"]
    assert whys["family"]


def test_intents_come_in_the_order_of_time_and_nobody_is_in_two_places() -> None:
    """The paper refuses by assertion what a house would: two with one doctor, a start without a call."""
    told = played().told
    assert [intent.at for intent in told] == sorted(intent.at for intent in told)


def test_monday_mornings_have_more_people_than_fridays() -> None:
    monday = datetime(2026, 11, 16, 9, 15, tzinfo=UTC)
    assert DAY.per_hour(monday) > 1.2 * DAY.per_hour(monday + timedelta(days=4))
    assert DAY.per_hour(monday + timedelta(days=5)) == 0
    assert DAY.per_hour(monday.replace(hour=3)) == 0
    week = [START.replace(hour=0, minute=0) + timedelta(minutes=10 * n) for n in range(7 * 144)]
    assert max(map(DAY.per_hour, week)) <= DAY.most_per_hour


def test_arrivals_follow_the_rate_of_the_hour() -> None:
    """Over many mornings as many come as the file says, within four standard deviations of a Poisson number."""
    came, expected = 0, 0.0
    calm = replace(DAY, odds={**DAY.odds, "family": 0.0}, arrivals={**DAY.arrivals, "full_at": 10_000})
    for seed in range(30):
        stands = clinic(2)
        paper = Paper(stands)
        one = Model(
            calm, stands, paper, begin=START.timestamp(), dice=Random(seed),
            local=lambda at: datetime.fromtimestamp(at, UTC),
        )  # fmt: skip
        for server in stands.servers:
            server.left_alone = True
        one.env = one.env  # the doctors' processes have begun; that they call does not matter here
        one.run(START.timestamp() + HOUR)
        came += sum(intent.verb == parts.ARRIVE for intent in paper.told)
        expected += sum(2 * calm.per_hour(START + timedelta(minutes=n)) / 60 for n in range(60))
    assert abs(came - expected) < 4 * math.sqrt(expected)


def test_service_times_are_log_normal_about_the_median_of_the_file() -> None:
    fates = [DAY.fate(f"p{n}", "A") for n in range(4000)]
    long = [fate.service / 60 for fate in fates if fate.kind == "Check-up"]
    assert median(long) == pytest.approx(17, rel=0.1)
    assert mean(map(math.log, long)) == pytest.approx(math.log(17), abs=0.05)
    assert sum(not fate.comes for fate in fates) / 4000 == pytest.approx(DAY.odds["no_show"], abs=0.015)


def test_nobody_is_sent_on_from_a_counter() -> None:
    assert {DAY.fate(f"p{n}", day.COUNTER).goes_on_to for n in range(300)} == {""}
    assert {DAY.fate(f"p{n}", "A").goes_on_to for n in range(300)} == {"", "laboratory", "cashier"}


def test_a_model_begun_again_from_a_look_goes_on_where_it_was() -> None:
    """Somebody who has been in the room for a while stays only the rest of their time."""
    stands = clinic(1)
    doctor = next(server for server in stands.servers if server.key == "doctor 0")
    doctor.person = Person("p0", "p0", "pool", IN_ROOM, since=START.timestamp() - 120, server="doctor 0")
    stands.people.append(doctor.person)
    calm = replace(DAY, odds=dict.fromkeys(DAY.odds, 0.0))
    paper = Paper(stands)
    paper.state["p0"], paper.line_of["p0"], paper.at["p0"] = IN_ROOM, "pool", "doctor 0"
    one = Model(
        calm, stands, paper, begin=START.timestamp(), dice=Random(1), local=lambda at: datetime.fromtimestamp(at, UTC)
    )
    one.run(START.timestamp() + 2 * HOUR)
    done = next(intent for intent in paper.told if intent.verb == parts.COMPLETE)
    expected = START.timestamp() - 120 + calm.fate("p0", "A").service * calm.pace_of("doctor 0")
    assert done.at == pytest.approx(max(START.timestamp(), expected))


def test_every_few_seconds_anew_is_the_same_kind_of_day() -> None:
    """A model that is thrown away every 20 s, as in the live demo, sees as many people as one that lasts."""
    lasting = [sum(intent.verb == parts.ARRIVE for intent in played(seed, 3).told) for seed in range(3)]
    anew = []
    for seed in range(3):
        stands, dice = clinic(), Random(seed)
        paper = Paper(stands)
        now, end = START.timestamp(), START.timestamp() + 3 * HOUR
        people: list[Person] = []
        while now < end:
            fresh = clinic()
            fresh.people = people
            for server in fresh.servers:
                server.person = next((one for one in people if one.server == server.key and _is_with(one)), None)
            one = Model(DAY, fresh, paper, begin=now, dice=dice, local=lambda at: datetime.fromtimestamp(at, UTC))
            now += 20
            one.run(now)
            people = list(one.people.values())
        anew.append(sum(intent.verb == parts.ARRIVE for intent in paper.told))
    assert mean(anew) == pytest.approx(mean(lasting), rel=0.3)


def _is_with(one: Person) -> bool:
    return one.state in (CALLED, IN_ROOM)


def test_a_doctor_left_alone_does_nothing() -> None:
    stands = clinic(2)
    for server in stands.servers:
        server.left_alone = server.key == "doctor 0"
    paper = Paper(stands)
    model(paper, stands).run(START.timestamp() + 3 * HOUR)
    assert "doctor 1" in {intent.who for intent in paper.told}
    assert "doctor 0" not in {intent.who for intent in paper.told}


def test_the_live_waiting_room_stays_between_its_bounds() -> None:
    stands = clinic(4)
    paper = Paper(stands)
    one = model(paper, stands, bounds=lambda at: Bounds(5, 14))
    one.run(START.timestamp() + 1800)
    for n in range(60):
        one.run(START.timestamp() + 1800 + 60 * (n + 1))
        waiting = sum(state == WAITING for state in paper.state.values())
        assert 5 <= waiting <= 14


def test_a_house_that_refuses_everything_for_a_while_does_no_harm() -> None:
    stands = clinic()
    paper = Paper(stands)
    one = model(paper, stands)
    one.run(START.timestamp() + HOUR)
    paper.down = True
    one.run(START.timestamp() + 1.25 * HOUR)
    before = len(paper.told)
    paper.down = False
    one.run(START.timestamp() + 3 * HOUR)
    assert one.refused
    assert len(paper.told) > before + 50


@pytest.mark.parametrize(
    "wrong",
    ["seed = 1", "[odds]\nurgent = 2.0", "[arrivals]\nhours = [1]"],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, wrong: str) -> None:
    text = day.FILE.read_text()
    file = tmp_path / "day.toml"
    if wrong.startswith("seed"):
        text = wrong
    elif "odds" in wrong:
        text = text.replace("urgent = 0.07", "urgent = 2.0")
    else:
        text = text.replace("weekdays = [1.25, ", "weekdays = [")
    file.write_text(text)
    with pytest.raises(day.WrongDay):
        day.read(file)


def test_the_day_of_ones_own_is_played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "day.toml"
    file.write_text(day.FILE.read_text().replace("days = 28\n", "days = 3\n"))
    monkeypatch.setenv("DEMO_DAY", str(file))
    assert day.read().history["days"] == 3
    monkeypatch.setenv("DEMO_DAY", str(tmp_path / "none.toml"))
    with pytest.raises(CommandError, match=r"none\.toml cannot be read"):
        call_command("demo")
    monkeypatch.delenv("DEMO_DAY")
    assert day.read().history["days"] == 28


def test_what_an_intent_says_is_complete() -> None:
    for intent in played(1, 2).told:
        assert isinstance(intent, Intent)
        assert intent.who or intent.where
