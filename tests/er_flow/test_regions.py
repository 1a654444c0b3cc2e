"""What the boards of the emergency department show, and that live equals reload."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from clinic.core import clock
from clinic.core.access import SYSTEM
from clinic.directory.models import Department, Doctor
from clinic.live import letters, regions, render
from clinic.live.record import done
from clinic.records.operations import correct
from clinic.tenants.models import HospitalConfig
from clinic.tenants.operations.hospitals import change_policies
from er_flow.esi import Age
from er_flow.models import EmergencyVisit
from er_flow.models.words import ADMIT
from er_flow.operations import arrivals, beds, delays, moves, places, team, triage, undo
from er_flow.regions import beds as beds_region
from er_flow.regions import facts
from er_flow.regions.rows import BoardRow, Heading, Strip
from tests.er_flow.ward import Plan, Ward, emergency, fresh, sheet
from tests.live.helpers import assert_live
from tests.world import World

pytestmark = pytest.mark.django_db

LISTS = ("er-board", "er-wall", "er-strip", "er-beds", "er-needs")
SURGES = ("er-surge", "er-wall-surge")


@pytest.fixture(autouse=True)
def no_old_rows() -> None:
    render.forget()


def load(kind: str, ward: Ward) -> Any:
    key = str(ward.department.pk)
    return render.within(
        ward.house.hospital.pk, render.Scope("/h/harbor/", "Europe/Paris", "en"),
        lambda: render.kinds()[kind].load([key])[key],
    )  # fmt: skip


def rows(ward: Ward) -> list[BoardRow]:
    return [row for row in load("er-board", ward).rows if isinstance(row, BoardRow)]


def strip(ward: Ward) -> Strip:
    told: Strip = load("er-strip", ward).context
    return told


def names(ward: Ward, *kinds: str) -> list[str]:
    return [f"{kind}:{ward.department.pk}" for kind in kinds or LISTS]


# --- order and content -----------------------------------------------------------------------------------------------


def test_the_untriaged_stand_on_top_then_level_then_arrival_and_a_delay_lifts_nobody(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        now = timezone.now()
        for ago, level, complaint in ((300, 4, "four"), (50, 2, "two"), (90, 3, "three"), (95, 3, "longest three")):
            with clock.at(now - timedelta(minutes=ago)):
                ward.triaged(level, complaint=complaint)
        with clock.at(now - timedelta(minutes=5)):
            ward.arrived("second")
        with clock.at(now - timedelta(minutes=200)):
            ward.arrived("first")
        for visit in EmergencyVisit.objects.unseen():
            delays.cross(visit, actor=SYSTEM)
        shown = load("er-board", ward).rows
        headings = [(row.group, row.count, row.minutes) for row in shown if isinstance(row, Heading)]
    assert [row.complaint for row in shown if isinstance(row, BoardRow)] == [
        "first", "second", "two", "longest three", "three", "four",
    ]  # fmt: skip
    assert headings == [("0", 2, 10), ("2", 1, 10), ("3", 2, 30), ("4", 1, 60)]


def test_a_reported_level_colours_the_row_and_leaves_it_to_triage(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit = ward.arrived(reported_level=2)
        (row,) = rows(ward)
        assert (row.level, row.reported, row.group, row.act.route) == (0, 2, "0", "er:triage")
        triage.assess(visit, sheet(3), 3, actor=ward.nurse)
        (row,) = rows(ward)
        assert (row.level, row.reported, row.group) == (3, 0, "3")


@pytest.mark.parametrize(
    ("state", "word"),
    [("arrived", "Triage"), ("triaged", "Assign bed"), ("bedded", "Seen now"), ("in_treatment", "Decide"),
     ("disposition", "Discharge"), ("boarding", "To ward")],
)  # fmt: skip
def test_the_next_act_stands_in_the_row(world: World, state: str, word: str) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        ward.into(state)
        (row,) = rows(ward)
    assert row.act.word == word


@pytest.mark.parametrize(
    ("age", "told"),
    [(Age.said(40, "years"), "~40"), (Age.said(5, "months"), "5 months"), (Age.said(9, "days"), "9 days"),
     (Age.said(1, "days"), "1 day")],
)  # fmt: skip
def test_a_said_age_is_told_as_said(world: World, age: Age, told: str) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        ward.arrived(age=age)
        (row,) = rows(ward)
    assert row.age == told


def test_figures_are_of_who_is_here(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        change_policies(HospitalConfig.objects.get(), hospital_beds=300, actor=world.harbor.actor("owner"))
        ward.arrived()
        late = timezone.now() - timedelta(minutes=40)
        with clock.at(late):
            delayed = ward.triaged(3)
        delays.cross(delayed, actor=SYSTEM)
        ward.boarding("R1")
        ward.gone("lwbs", "A1")
        told = strip(ward)
    assert (told.here, told.waiting, told.delayed, told.boarders) == (3, 2, 1, 1)
    assert (told.free, told.cleaning, told.beds) == (4, 1, 6)
    assert told.longest_since == late
    assert [(one.level, one.n) for one in told.mix] == [(1, 0), (2, 0), (3, 2), (4, 0), (5, 0), (0, 1)]
    assert told.nedocs is not None and told.terms


def test_without_the_hospitals_beds_nedocs_is_not_zero_but_not_computable(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        ward.arrived()
        assert strip(ward).nedocs is None


def test_the_wall_names_nobody(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        ward.arrived("Overdose", patient=world.harbor.patient("Grace", "Okafor", birth_date="1980-01-01"))
        key = str(ward.department.pk)
        want = render.Want("er-wall", key, frozenset())
        html = render.render(world.harbor.hospital.pk, "en", [want])[want].html
    assert "E-1" in html
    assert "Okafor" not in html and "Overdose" not in html


def test_a_free_bed_is_offered_to_the_most_urgent_who_fits(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor, (("Acute", "A1", "ed", []), ("Acute", "A2", "ed", ["negative_pressure"])))
        mild, urgent = ward.triaged(4), ward.triaged(2, precautions="airborne")
        offered = {row.name: row.offer_visit for row in load("er-beds", ward).rows if not row.is_heading}
        first, second = load("er-needs", ward).rows
    assert offered == {"A1": str(mild.pk), "A2": str(urgent.pk)}
    assert first.offer.name == "A2" and "Negative pressure" in first.offer.why
    assert second.offer.name == "A1" and second.suits


def test_a_row_says_whether_a_bed_suits_and_all_of_them_come_when_asked_for(world: World) -> None:
    plan = tuple(("Acute", f"A{n}", "ed", ["cardiac_monitor"] if n == 9 else []) for n in range(1, 10))
    with world.harbor.open():
        ward = emergency(world.harbor, plan)
        for n in range(beds_region.NEXT):
            ward.triaged(2, complaint=f"Nr {n}")
        later, held = ward.triaged(3, complaint="Later"), ward.triaged(4, needs=["ventilator"])
        shown = {row.key: row for row in load("er-needs", ward).rows}
        told = {row.pk: row for row in facts.wards()[ward.department.pk].visits}
        fits = beds_region.fits(told[later.pk], facts.wards()[ward.department.pk])
    assert sum(row.offer is not None for row in shown.values()) == beds_region.NEXT
    assert shown[str(later.pk)].offer is None and shown[str(later.pk)].suits
    assert not shown[str(held.pk)].suits
    assert [fit.name for fit in fits] == [f"A{n}" for n in range(1, 10)]
    assert fits[0].is_best and fits[0].why == "Has nothing that others may need"
    assert fits[-1].why == "Has Monitor to spare"


# --- live equals reload ----------------------------------------------------------------------------------------------

Act = Callable[[Ward], Any]
ACTS: dict[str, tuple[Act, tuple[str, ...]]] = {
    "arrive": (lambda ward: ward.arrived, ("er-board", "er-wall", "er-strip", "er-needs")),
    "many": (
        lambda ward: lambda: arrivals.arrive_all(
            ward.department, [arrivals.Arriving("Bus crash", age=Age.said(30, "years"))] * 3, actor=ward.nurse
        ), ("er-board", "er-strip"),
    ),
    "see": (lambda ward: _then(ward.bedded(), lambda one: moves.see(one, actor=ward.medic)), ("er-board", "er-strip")),
    "assign": (
        lambda ward: _then(ward.triaged(), lambda one: beds.assign(one, ward.beds["A1"], actor=ward.nurse)), LISTS,
    ),
    "reserve": (
        lambda ward: _then(ward.triaged(), lambda one: beds.reserve(ward.beds["A1"], one, actor=ward.nurse)),
        ("er-board", "er-beds", "er-needs"),
    ),
    "admit": (
        lambda ward: _then(ward.seen(), lambda one: moves.decide(one, ADMIT, actor=ward.medic)),
        ("er-board", "er-strip", "er-beds"),
    ),
    "leave": (lambda ward: _then(ward.bedded(), lambda one: moves.depart(one, "lwbs", actor=ward.nurse)), LISTS[:4]),
    "block": (
        lambda ward: lambda: beds.block(ward.beds["F1"], reason="broken", actor=ward.by("charge_nurse")),
        ("er-beds", "er-strip"),
    ),
    "team": (
        lambda ward: _then(
            ward.triaged(), lambda one: team.set_team(one, nurse=ward.person("nurse", "Ruiz"), actor=ward.nurse)
        ), ("er-board",),
    ),
    "surge": (
        lambda ward: lambda: places.set_surge(
            ward.department, True, reason="bus crash", actor=ward.by("charge_nurse")
        ), SURGES,
    ),
}  # fmt: skip


def _then(visit: EmergencyVisit, act: Callable[[EmergencyVisit], Any]) -> Callable[[], Any]:
    return lambda: act(fresh(visit))


@pytest.mark.parametrize("name", ACTS)
def test_live_equals_reload(world: World, name: str) -> None:
    arrange, kinds = ACTS[name]
    with world.harbor.open():
        ward = emergency(world.harbor)
        ward.triaged(2)
        act = arrange(ward)
        for kind in kinds:
            assert kind in render.kinds()
        assert_live(act, *names(ward, *kinds), languages=("en",))


def test_an_undo_and_a_new_name_reach_the_board_and_the_visit(world: World) -> None:
    house = world.harbor
    with house.open():
        ward = emergency(house)
        patient = house.patient("Grace", "Okafor", birth_date="1980-01-01")
        visit = ward.triaged(patient=patient)
        beds.assign(visit, ward.beds["A1"], actor=ward.nurse)
        seq = done().seq or 0
        assert_live(lambda: undo.undo(seq, actor=ward.nurse), *names(ward), f"er-visit:{visit.pk}")
        rename = lambda: correct(patient, family_name="Adeyemi", actor=house.desk)  # noqa: E731
        assert_live(rename, *names(ward, "er-board", "er-needs"), f"er-visit:{visit.pk}")
        assert rows(ward)[0].name == "Grace Adeyemi"


def test_a_target_that_changes_reaches_the_board(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        ward.triaged(2)
        owner, config = world.harbor.actor("owner"), HospitalConfig.objects.get()
        assert_live(
            lambda: change_policies(config, er_targets="ctas", actor=owner), *names(ward, "er-board", "er-strip")
        )
        assert rows(ward)[0].target == 15


def test_a_correction_is_struck_through_on_the_visit(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit = ward.triaged(3)
        wrong = visit.triages.get()
        act = lambda: triage.correct(wrong, sheet(2), 2, reason="wrong patient", actor=ward.nurse)  # noqa: E731
        assert_live(act, f"er-visit:{visit.pk}", *names(ward, "er-board"))
        key = str(visit.pk)
        entries = render.within(
            world.harbor.hospital.pk, render.Scope("/h/harbor/", "Europe/Paris", "en"),
            lambda: render.kinds()["er-visit"].load([key])[key],
        ).context.history  # fmt: skip
    struck = [entry for entry in entries if entry.struck]
    assert [entry.why_struck for entry in struck] == ["wrong patient"]
    assert [entry.level for entry in entries if entry.triage] == [2]


# --- what a load costs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*LISTS, *SURGES])
def test_a_load_asks_the_same_however_many_are_here(
    world: World, django_assert_max_num_queries: Any, kind: str
) -> None:  # fmt: skip
    with world.harbor.open():
        ward = emergency(world.harbor)
        for most in (24, 200):
            people = [arrivals.Arriving(f"Nr {n}", age=Age.said(30, "years")) for n in range(50)]
            while (missing := most - EmergencyVisit.objects.open().count()) > 0:
                arrivals.arrive_all(ward.department, people[:missing], actor=ward.nurse)
            with django_assert_max_num_queries(5):
                told = load(kind, ward)
        assert kind not in ("er-board", "er-wall") or len(told.rows) >= 200


class Screen:
    """A process that shows the page and the map of beds of a department."""

    def __init__(self, ward: Ward) -> None:
        key = str(ward.department.pk)
        kinds = (*LISTS, *SURGES)
        wants = [render.Want(kind, key, regions.audience_of(ward.nurse, kind)) for kind in kinds]
        self.which = ward.house.hospital.pk
        self.shown: dict[letters.Key, Any] = {("en", want): None for want in wants}
        self.head: int | None = None
        self.look()

    def look(self) -> dict[str, dict[str, Any]]:
        """Read the log and show what it brought; the frames by kind."""
        flushed = letters.flush(self.which, self.head, self.shown)
        frames = {
            key[1].kind: json.loads(new.frame_from(old))
            for key, new in flushed.drawn.items()
            if new and (old := self.shown[key]) and old.digest != new.digest
        }
        self.head, self.shown = flushed.news.head, self.shown | flushed.drawn
        return frames


def test_a_change_of_one_row_asks_six_times_at_most(world: World, django_assert_max_num_queries: Any) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit = ward.bedded()
        screen = Screen(ward)
        moves.see(fresh(visit), actor=ward.medic)
        with django_assert_max_num_queries(6):
            frames = screen.look()
    assert set(frames) == {"er-board", "er-wall", "er-strip"}


def test_a_bed_that_is_taken_changes_the_rows_whose_offer_changed_and_no_other(world: World) -> None:
    plan: Plan = tuple(("Acute", f"A{n:02}", "ed", []) for n in range(40))
    with world.harbor.open():
        ward = emergency(world.harbor, plan)
        people = [ward.triaged(3, complaint=f"Nr {n}") for n in range(30)]
        screen = Screen(ward)
        beds.assign(people[20], ward.beds["A30"], actor=ward.nurse)
        far = screen.look()
        beds.assign(people[0], ward.beds["A00"], actor=ward.nurse)
        offered = screen.look()
    section = f"section:{ward.sections['Acute'].pk}"
    assert set(far["er-beds"]["rows"]) == {section, str(ward.beds["A30"].pk)}, "nobody was offered that bed"
    assert far["er-needs"]["gone"] == [str(people[20].pk)] and "rows" not in far["er-needs"]
    now, following = str(people[beds_region.NEXT].pk), str(ward.beds[f"A{beds_region.NEXT:02}"].pk)
    assert set(offered["er-beds"]["rows"]) == {section, str(ward.beds["A00"].pk), following}
    assert set(offered["er-needs"]["rows"]) == {now}, "who comes next now is offered a bed, and nothing else changed"


def test_departments_without_a_board_and_foreign_ones_are_left_out(world: World) -> None:
    with world.hilltop.open():
        foreign = emergency(world.hilltop).department.pk
    with world.harbor.open():
        other = Department.objects.exclude(sort=Department.EMERGENCY).first()
        assert other is not None
        for kind in LISTS:
            assert render.kinds()[kind].load([str(foreign), str(other.pk), "no-id"]) == {}


def test_a_row_has_room_for_provider_and_nurse_and_no_praise_for_a_target_that_was_missed(world: World) -> None:
    with world.harbor.open():
        ward = emergency(world.harbor)
        visit = ward.bedded(level=2)
        who = {"provider": ward.person(Doctor.DOCTOR, "Dr. Ingrid Aalto"), "nurse": ward.person(Doctor.NURSE, "Ruiz")}
        team.set_team(visit, actor=ward.nurse, **who)
        (row,) = rows(ward)
        late, timely = replace(row, seen_after=43), replace(row, seen_after=10)
        shown = [render_to_string("er_flow/_target.html", {"row": one}) for one in (late, timely)]
    assert row.team_short == ("Aalto", "Ruiz") and row.provider == "Dr. Ingrid Aalto"
    assert ["data-past" in one for one in shown] == [True, False]
