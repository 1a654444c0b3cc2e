"""Triage of many on one page: who is on it, what one act sets, and what stays (R4.13, R4.14, R4.44)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.live import render
from clinic.live.models import Event
from clinic.live.record import done
from er_flow.models import EmergencyVisit, Triage
from er_flow.operations import arrivals, moves, triage
from er_flow.quick_form import FINDINGS, KNOWN, Chosen, answers_of, chosen
from er_flow.regions.quick import QuickRow
from tests.er_flow.pages import opened, posted
from tests.er_flow.test_regions import load
from tests.er_flow.ward import ADULT, Ward, emergency, fresh, sheet
from tests.live.helpers import assert_live
from tests.queues.helpers import at, signed_in, toast
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("4.44")]
PATH = "er/triage/many/"


def many(ward: Ward, count: int) -> list[EmergencyVisit]:
    people = [arrivals.Arriving(f"Nr {n}", age=ADULT) for n in range(count)]
    return list(arrivals.arrive_all(ward.department, people, actor=ward.nurse))


def rows(ward: Ward) -> list[QuickRow]:
    return list(load("er-quick", ward).rows)


def level(visit: EmergencyVisit) -> int | None:
    return fresh(visit).level


# --- who is on it ----------------------------------------------------------------------------------------------------


def test_everybody_untriaged_is_listed_by_arrival_and_nobody_else(world: World, ward: Ward) -> None:
    with world.harbor.open():
        first, second, seen = ward.arrived("first"), ward.arrived("second", reported_level=2), ward.arrived("seen")
        ward.triaged(3)
        moves.see(seen, actor=ward.medic)
        moves.depart(ward.arrived("has gone"), "lwbs", actor=ward.nurse)
        assert [(row.key, row.reported) for row in rows(ward)] == [(str(first.pk), 0), (str(second.pk), 2)]
    page = opened(world.harbor, "nurse", PATH)
    assert page.count('class="quick"') == 2 and "has gone" not in page
    assert page.count(f'name="level-{first.pk}"') == 3, "1, 2 and none"


def test_rows_come_and_go_as_people_do(world: World, ward: Ward) -> None:
    with world.harbor.open():
        held = ward.arrived()
    name = f"er-quick:{ward.department.pk}"
    with world.harbor.open():
        assert_live(lambda: ward.arrived("Another"), name)
        assert_live(lambda: triage.assess(held, sheet(2), 2, actor=ward.nurse), name)


def test_who_may_not_triage_does_not_see_it(world: World, ward: Ward) -> None:
    for role in ("receptionist", "biller"):
        assert signed_in(world.harbor, role).get(at(world.harbor, PATH)).status_code in (403, 404)
        assert signed_in(world.harbor, role).post(at(world.harbor, PATH)).status_code in (403, 404)


def test_the_page_costs_as_many_queries_for_fifty_as_for_two(world: World, ward: Ward) -> None:
    counts = []
    client = signed_in(world.harbor, "nurse")
    client.get(at(world.harbor, PATH))
    for more in (2, 48):
        with world.harbor.open():
            many(ward, more)
        render.forget()
        with CaptureQueriesContext(connection) as told:
            assert client.get(at(world.harbor, PATH)).status_code == 200
        counts.append(len(told))
    assert counts[0] == counts[1]


# --- what one act sets -----------------------------------------------------------------------------------------------


@pytest.mark.rule("4.13")
def test_levels_one_and_two_are_set_without_vital_signs_by_what_is_seen(world: World, ward: Ward) -> None:
    with world.harbor.open():
        one, two, other = many(ward, 3)
    told = {
        f"level-{one.pk}": "1", f"finding-{one.pk}": "immediate:pulseless",
        f"level-{two.pk}": "2", f"finding-{two.pk}": "high_risk:stroke_signs",
        f"level-{other.pk}": "", f"finding-{other.pk}": "",
    }  # fmt: skip
    answer = posted(world.harbor, "nurse", PATH, told)
    assert answer.status_code == 204
    assert toast(answer) == {"text": "2 patients have a level"}, "no Undo: it would take back one of them"
    with world.harbor.open():
        assert [level(visit) for visit in (one, two, other)] == [1, 2, None]
        kept = Triage.objects.get(visit=one)
        assert (kept.suggested, kept.override_reason, kept.by_name) == (1, "", ward.nurse.name)
        assert kept.path == ["A", "pulseless"] and {"hr", "rr"} <= set(kept.missing), "the vital signs stay due"
        assert [row.key for row in rows(ward)] == [str(other.pk)]


@pytest.mark.rule("4.14")
def test_another_level_than_what_is_seen_needs_words_which_are_kept(world: World, ward: Ward) -> None:
    with world.harbor.open():
        bare, other = many(ward, 2)
    told = {f"level-{bare.pk}": "2", f"level-{other.pk}": "2", f"finding-{other.pk}": "immediate:seizing"}
    answer = posted(world.harbor, "nurse", PATH, told)
    assert answer.status_code == 422 and answer.content.decode().count("Say why another level") == 2
    answer = posted(world.harbor, "nurse", PATH, {**told, "why": "Walks and talks, burnt airway"})
    assert answer.status_code == 204
    with world.harbor.open():
        reasons = set(Triage.objects.values_list("level", "suggested", "override_reason"))
    assert reasons == {(2, 5, "Walks and talks, burnt airway"), (2, 1, "Walks and talks, burnt airway")}


@pytest.mark.rule("4.13")
def test_no_other_level_is_set_here_whatever_is_sent(world: World, ward: Ward) -> None:
    with world.harbor.open():
        (visit,) = many(ward, 1)
    for value in ("3", "4", "5"):
        answer = posted(world.harbor, "nurse", PATH, {f"level-{visit.pk}": value, "why": "Quick"})
        assert answer.status_code == 422 and "data-refused" in answer.content.decode()
    for value in ("0", "6", "x", "12", "²"):
        assert posted(world.harbor, "nurse", PATH, {f"level-{visit.pk}": value, "why": "Quick"}).status_code == 422
    with world.harbor.open():
        assert level(visit) is None and not Triage.objects.exists()


def test_one_refusal_stands_at_its_row_and_the_others_are_done(world: World, ward: Ward) -> None:
    with world.harbor.open():
        late, good = many(ward, 2)
        triage.assess(late, sheet(3), 3, actor=ward.nurse)
    told = {f"level-{late.pk}": "1", f"level-{good.pk}": "2", "why": "Grey and sweating"}
    page = posted(world.harbor, "nurse", PATH, told).content.decode()
    assert f'data-refused="{late.pk}"' in page and f'data-refused="{good.pk}"' not in page
    assert "has level 3 already" in page and "1 patient has a level" in page
    with world.harbor.open():
        assert (level(late), level(good)) == (3, 2)


def test_without_script_the_page_comes_back_with_what_was_chosen(world: World, ward: Ward) -> None:
    with world.harbor.open():
        bare, seen, third = many(ward, 3)
    told = {f"level-{bare.pk}": "2", f"level-{seen.pk}": "1", f"finding-{seen.pk}": "immediate:apnoeic"}
    answer = posted(world.harbor, "nurse", PATH, told, script=False)
    page = answer.content.decode()
    assert answer.status_code == 422 and page.count("Say why another level") == 2, "above, and at the row"
    assert f'name="level-{bare.pk}" value="2" checked' in page
    assert f'name="level-{third.pk}" value="" checked' in page
    assert f'id="quick-{seen.pk}"' not in page
    answer = posted(world.harbor, "nurse", PATH, {**told, "why": "Pale"}, script=False)
    assert answer.status_code == 422 and "has level 1 already" in answer.content.decode()
    answer = posted(world.harbor, "nurse", PATH, {f"level-{third.pk}": "2", "why": "Pale"}, script=False)
    assert answer.status_code == 303 and answer["Location"] == at(world.harbor, PATH)


@pytest.mark.parametrize("told", [{}, {"level-x": "1"}, {f"level-{UUID(int=1)}": ""}])
def test_nobody_chosen_is_told_so(world: World, ward: Ward, told: dict[str, Any]) -> None:
    answer = posted(world.harbor, "nurse", PATH, told)
    assert answer.status_code == 422 and "Choose a level for somebody first." in answer.content.decode()


def test_more_than_one_act_takes_are_refused_as_a_whole(world: World, ward: Ward) -> None:
    with world.harbor.open():
        visits = [*many(ward, 50), *many(ward, 1)]
    answer = posted(world.harbor, "nurse", PATH, {f"level-{visit.pk}": "2" for visit in visits} | {"why": "Bus crash"})
    assert answer.status_code == 422
    with world.harbor.open():
        assert not Triage.objects.exists()


def test_the_other_hospitals_patients_are_not_there(world: World, ward: Ward) -> None:
    with world.hilltop.open():
        theirs = emergency(world.hilltop).arrived()
    told = {f"level-{theirs.pk}": "1", f"level-{uuid4()}": "1", "why": "Quick"}
    page = posted(world.harbor, "nurse", PATH, told).content.decode()
    assert page.count("data-refused") == 2 and f"E-{theirs.number}" not in page
    with world.hilltop.open():
        assert level(theirs) is None


def test_each_is_an_act_of_its_own_in_the_log(world: World, ward: Ward) -> None:
    with world.harbor.open():
        one, two = many(ward, 2)
        before = done().seq or 0
    posted(world.harbor, "nurse", PATH, {f"level-{one.pk}": "1", f"level-{two.pk}": "1", "why": "Blast"})
    with world.harbor.open():
        events = list(Event.objects.filter(name="er_visit.triaged", seq__gt=before).values_list("seq", "op", "reason"))
    assert len({op for _seq, op, _reason in events}) == 2
    assert {reason for *_rest, reason in events} == {"Blast"}


# --- the findings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("finding", sorted(KNOWN))
def test_each_finding_says_the_level_of_its_group(world: World, ward: Ward, finding: str) -> None:
    group = next(n for n, (_title, some) in enumerate(FINDINGS, 1) if finding in dict(some))
    with world.harbor.open():
        told = triage.suggested(ward.arrived(), Chosen(UUID(int=1), group, finding).sheet)
    assert (told.level, told.missing[:2]) == (group, ("hr", "rr"))


def test_what_nobody_can_have_chosen_is_left_out() -> None:
    key = UUID(int=7)
    told = {f"level-{key}": "2", f"finding-{key}": "life_saving:nothing", "level-": "1", "csrfmiddlewaretoken": "x"}
    assert chosen(told) == [Chosen(key, 2, "")]
    assert answers_of("resources:labs") == answers_of("")
