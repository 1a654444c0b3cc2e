"""What was rendered is kept while it is shown, and no longer."""

from __future__ import annotations

import pytest

from clinic.live import kept


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("clinic.live.kept.time.monotonic", lambda: now[0])
    return now


def doubled(made: list[int]) -> kept.Recent[str]:
    def make(number: int) -> str:
        made.append(number)
        return str(2 * number)

    return kept.Recent(make, most=3)


def test_an_answer_is_made_once_while_it_is_asked_for(clock: list[float]) -> None:
    made: list[int] = []
    ask = doubled(made)
    for _ in range(20):
        assert ask(4) == "8"
        clock[0] += kept.GENERATION_SECONDS - 1
    assert made == [4] and ask.misses == 1


def test_what_nobody_asks_for_is_let_go(clock: list[float]) -> None:
    made: list[int] = []
    ask = doubled(made)
    ask(4)
    for number in (5, 6, 7):
        clock[0] += kept.GENERATION_SECONDS + 1
        ask(number)
    ask(4)
    assert made == [4, 5, 6, 7, 4]


def test_many_at_once_are_not_kept_for_ever(clock: list[float]) -> None:
    made: list[int] = []
    ask = doubled(made)
    for number in range(100):
        ask(number)
    assert len(ask._young) + len(ask._old) <= 7
    ask(99)
    assert made.count(99) == 1


def test_emptied_it_makes_everything_anew(clock: list[float]) -> None:
    made: list[int] = []
    ask = doubled(made)
    ask(1)
    ask.cache_clear()
    assert ask(1) == "2" and made == [1, 1] and ask.misses == 1
