"""The model by itself: who is taken when, by whom, and how sure that is (R3.30)."""

from __future__ import annotations

from typing import Any

import pytest

from queues.estimates.expected import gap_of, odds_of, pace_of, shape_of
from queues.estimates.model import Begun, Odds, Pace, Person, Server, forecast
from queues.estimates.shape import SCENARIOS, lognormal, measured, paces, shuffled

USUAL = lognormal(0.6)


def server(*lines: str, minutes: float = 10, lanes: int = 1, seed: int = 1, **more: Any) -> Server:
    busy = [Begun(0.0, None)] * lanes
    return Server(frozenset(lines), {None: Pace(minutes)}, busy, lanes, seed=seed, **more)


def people(*lines: str) -> list[Person]:
    return [Person(n, line, seed=n * 101) for n, line in enumerate(lines)]


@pytest.mark.rule("3.30")
def test_each_of_the_line_waits_for_those_before_and_for_what_is_left_of_the_one_inside() -> None:
    told = forecast(["a"], [server("a")], people(*"aaaa"), USUAL)
    middles = [told.waits[n][0] for n in range(4)]
    assert middles == pytest.approx([10, 20, 30, 40], rel=0.25)
    spans = [told.waits[n][1] - told.waits[n][0] for n in range(4)]
    assert spans == sorted(spans)  # further away is less sure
    assert told.joining["a"][0] == pytest.approx(50, rel=0.15)


@pytest.mark.rule("3.30")
def test_three_servers_take_the_first_who_waits_when_the_first_of_them_is_free() -> None:
    """Not after a whole service: the first of three ends earlier. By the means alone it would be ten minutes."""
    told = forecast(["a"], [server("a", seed=n) for n in (1, 2, 3)], people(*"aaaaaa"), USUAL)
    assert told.waits[0][0] < 7
    assert told.waits[5][0] == pytest.approx(20, abs=4)
    assert told.servers == {"a": 3}


@pytest.mark.rule("3.30")
def test_a_doctor_takes_the_best_of_the_own_line_and_of_the_pool() -> None:
    """The order is the order of calls: a pool of two doctors, of whom one has a line of the own."""
    both = [server("own", "pool", seed=1), server("pool", seed=2)]
    told = forecast(["own", "pool"], both, people("own", "pool", "own", "pool"), USUAL)
    assert told.waits[0][0] > told.waits[1][0] - 10  # only one doctor takes the first
    assert told.waits[2][0] > told.waits[3][0]
    alone = forecast(["own"], both, [one for one in people("own", "pool", "own") if one.line == "own"], USUAL)
    assert told.waits[2][0] > alone.waits[2][0]  # people of the pool stand before


@pytest.mark.rule("3.30")
def test_lines_that_share_nobody_do_not_touch_each_other() -> None:
    servers = [server("a", seed=1), server("b", seed=2)]
    both = forecast(["a", "b"], servers, people("a", "b", "b", "a"), USUAL)
    one = forecast(["a"], servers[:1], [each for each in people("a", "b", "b", "a") if each.line == "a"], USUAL)
    assert {key: both.waits[key] for key in one.waits} == one.waits


@pytest.mark.rule("3.21")
def test_late_minutes_are_added_and_whoever_is_away_takes_part_from_then_on() -> None:
    usual = forecast(["a"], [server("a")], people("a"), USUAL)
    late = forecast(["a"], [server("a", late=20)], people("a"), USUAL)
    assert late.waits[0][0] == pytest.approx(usual.waits[0][0] + 20)
    away = forecast(["a"], [server("a", away=30)], people("a"), USUAL)
    assert away.paused == {"a"} and away.waits == {} and away.joining == {}
    pool = [server("p", seed=1), server("p", seed=2, away=30)]
    shared = forecast(["p"], pool, people(*"pppppppp"), USUAL)
    alone = forecast(["p"], pool[:1], people(*"pppppppp"), USUAL)
    assert shared.waits[0] == alone.waits[0]
    assert shared.waits[7][0] < alone.waits[7][0] - 15


@pytest.mark.rule("3.30")
def test_whoever_is_away_is_passed_over_and_taken_at_the_kept_place_when_back() -> None:
    line = [Person(0, "a", ready=15, seed=1), *people("a", "a", "a", "a")[1:]]
    told = forecast(["a"], [server("a")], line, USUAL)
    without = forecast(["a"], [server("a")], line[1:], USUAL)
    assert 0 not in told.waits
    assert told.waits[1][0] == pytest.approx(without.waits[1][0])
    assert told.waits[3][0] == pytest.approx(without.waits[3][0] + 10, abs=3)
    alone = forecast(["a"], [server("a")], line[:1], USUAL)
    assert alone.joining["a"][0] > 20  # waits until back, then takes a service


@pytest.mark.rule("3.30")
@pytest.mark.parametrize("doctors", [1, 2])
def test_a_break_that_stands_in_the_hours_is_counted_before_it_begins(doctors: int) -> None:
    seeds = range(1, doctors + 1)
    usual = forecast(["a"], [server("a", seed=n) for n in seeds], people(*"aaaaaaaa"), USUAL)
    lunch = [server("a", seed=n, breaks=((20.0, 40.0),)) for n in seeds]
    told = forecast(["a"], lunch, people(*"aaaaaaaa"), USUAL)
    assert told.waits[0][0] == pytest.approx(usual.waits[0][0], abs=2)
    assert told.waits[7][0] == pytest.approx(usual.waits[7][0] + 40 - 3, abs=7)  # begun a little late, not all made up
    gone_by = forecast(["a"], [server("a", seed=n, breaks=((-30.0, 40.0),)) for n in seeds], people(*"aaaaaaaa"), USUAL)
    assert gone_by.waits[7][0] == pytest.approx(usual.waits[7][0] + 20, abs=5)  # put off: half of it at least


@pytest.mark.rule("3.30")
@pytest.mark.parametrize("doctors", [1, 3])
def test_some_go_and_some_come_urgent(doctors: int) -> None:
    line, who = people(*"a" * 12), [server("a", seed=n) for n in range(1, doctors + 1)]
    usual = forecast(["a"], who, line, USUAL).waits[11][0]
    gone = forecast(["a"], who, line, USUAL, Odds(left=0.25)).waits[11][0]
    assert gone == pytest.approx(0.75 * usual, rel=0.12)
    missed = forecast(["a"], who, line, USUAL, Odds(missed=0.25)).waits[11][0]
    assert gone < missed < usual  # each takes three minutes
    urgent = forecast(["a"], who, line, USUAL, Odds(urgent=0.25)).waits[11][0]
    assert urgent == pytest.approx(1.25 * usual, rel=0.12)


@pytest.mark.rule("3.30")
def test_times_between_two_people_are_spread_too() -> None:
    def told(odds: Odds) -> tuple[float, float]:
        spaced = Server(frozenset("a"), {None: Pace(1.0, gap=10.0)}, [Begun(0.0, None)], seed=1)
        return forecast(["a"], [spaced], people(*"aaaa"), measured([1.0] * 60), odds).waits[3]

    even, spread = told(Odds()), told(Odds(gap=lognormal(1.0)))
    assert even[0] == pytest.approx(even[1]) == pytest.approx(44)
    assert spread[0] < 44 < spread[1] - 10


@pytest.mark.rule("3.30")
def test_the_longer_nobody_was_called_the_longer_it_may_still_be() -> None:
    def told(idle: float) -> float:
        silent = Server(frozenset("a"), {None: Pace(10.0, gap=2.0)}, seed=1, idle=idle)
        return forecast(["a"], [silent], people("a"), USUAL).waits[0][0]

    assert told(0) == told(4) < 3  # a usual pause
    assert 5 < told(6) < 9
    assert told(40) == pytest.approx(40 * 0.69, rel=0.05)


@pytest.mark.rule("3.30")
def test_it_says_the_same_every_time() -> None:
    told = [forecast(["a"], [server("a", lanes=2)], people(*"aaaaa"), USUAL) for _ in range(2)]
    assert told[0].waits == told[1].waits


@pytest.mark.rule("3.30")
def test_the_expected_service_is_the_cut_mean_of_the_last_kept_to_its_limits() -> None:
    steady = pace_of([10.0] * 20, 20, measured([1.0] * 60))
    assert steady.minutes == pytest.approx(10)
    shape = shape_of([[8.0, 9, 10, 11, 12] * 4])
    wild = pace_of([*[8.0, 9, 10, 11, 12] * 3, 10, 10, 10, 1, 119], 20, shape)
    assert wild.minutes == pytest.approx(10, rel=0.1)  # the shortest and the longest are cut
    assert pace_of([1.0] * 20, 20, measured([1.0] * 60)).minutes == 3
    assert pace_of([500.0] * 20, 20, measured([1.0] * 60)).minutes == 120


@pytest.mark.rule("3.30")
def test_below_five_services_the_configured_minutes_count_too() -> None:
    flat = measured([1.0] * 60)
    assert [pace_of([10.0] * n, 20, flat).minutes for n in range(6)] == pytest.approx([20, 18, 16, 14, 12, 10])
    doubts = [pace_of([10.0] * n, 20, USUAL).doubt for n in (0, 20)]
    assert doubts[0] > doubts[1] > 0
    assert [gap_of([0.0] * n, 5) for n in (0, 5)] == [5, 0]


@pytest.mark.rule("3.30")
def test_the_mean_is_not_bent_by_the_cut() -> None:
    """Of skewed lengths the cut takes more above than below; what it takes of the mean is put back."""
    lengths = [point * 15 for point in lognormal(0.8).points]
    samples = [lengths[n] for n in range(2, SCENARIOS, 5)][:20]
    plain = sum(samples) / len(samples)
    assert pace_of(samples, 20, lognormal(0.8)).minutes == pytest.approx(plain, rel=0.08)


@pytest.mark.rule("3.30")
def test_what_is_left_of_a_begun_service_follows_its_shape() -> None:
    def rest(elapsed: float) -> float:
        left = USUAL.left_of(elapsed)
        assert len(left) == SCENARIOS and all(value >= 0 for value in left)
        return sum(left) / len(left)

    assert rest(0) == pytest.approx(1)
    assert rest(0) > rest(0.5) > 0.4
    assert rest(10) > rest(4) > rest(2.5) > 0.5  # longer than any known: no promise that it ends now
    even = measured([0.9, 1.0, 1.1] * 20)
    assert sum(even.left_of(0.8)) / SCENARIOS == pytest.approx(0.2, abs=0.05)


@pytest.mark.rule("3.30")
def test_what_else_happens_to_a_line_is_counted_and_little_says_little() -> None:
    none = odds_of([], [])
    assert 0 < none.left < 0.05 and 0 < none.missed < 0.05 and 0 < none.urgent < 0.05
    rows = [
        ("completed", "normal", 700),
        ("completed", "urgent", 100),
        ("left", "normal", 100),
        ("no_show", "vip", 100),
    ]
    told = odds_of(rows, [])
    left, missed = told.left, told.missed
    assert left == pytest.approx(0.1, abs=0.01)
    assert missed == pytest.approx(0.1, abs=0.01)
    assert told.urgent == pytest.approx(1 / 9, abs=0.01)  # of ten seen one was urgent: one for nine others
    few = odds_of([("left", "normal", 1)], [])
    assert few.left < 0.06


def test_draws_are_each_used_once_in_an_order_of_their_own() -> None:
    assert sorted(shuffled(USUAL.points, 5)) == list(USUAL.points)
    assert shuffled(USUAL.points, 5) == shuffled(USUAL.points, 5) != shuffled(USUAL.points, 6)
    assert sum(paces(0.2)) / SCENARIOS == pytest.approx(1, abs=0.01)
    assert set(paces(0.0)) == {1.0}
    assert lognormal(0.6).spread == pytest.approx(0.6, abs=0.05)
