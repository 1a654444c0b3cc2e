"""Freed memory goes back to the system, where the C library can."""

from __future__ import annotations

import ctypes

import pytest

from clinic.core import memory


def test_giving_back_is_asked_of_the_allocator(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(memory, "_trim", lambda: asked.append)
    memory.give_back()
    assert asked == [0]


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        def __getattr__(self, name: str) -> object:
            raise AttributeError(name)

    memory._trim.cache_clear()
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: Other())
    try:
        assert memory._trim() is None
        memory.give_back()
    finally:
        memory._trim.cache_clear()
