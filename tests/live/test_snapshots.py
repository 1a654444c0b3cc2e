"""Frames between any two states of a list region lead from the one to the other."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from clinic.live.snapshots import Piece, Shell, Snapshot, moves_between
from tests.live.helpers import Reducer, split

KEYS = st.lists(st.sampled_from("abcdefghijkl"), unique=True, max_size=12)
ROWS = KEYS.flatmap(lambda keys: st.fixed_dictionaries({key: st.integers(0, 2) for key in keys}))


def snapshot(rows: dict[str, int], seq: int = 1, label: str = "Line") -> Snapshot:
    pieces = {key: Piece.of(f'<li data-row="{key}" id="r-{key}">{label[0]}{n}<br></li>') for key, n in rows.items()}
    return Snapshot("line:7", seq, Shell.of(("<ol ", f' aria-label="{label}">', "</ol>")), pieces)


@given(ROWS, ROWS)
def test_the_frame_between_two_states_leads_from_one_to_the_other(old: dict[str, int], new: dict[str, int]) -> None:
    before, after = snapshot(old), snapshot(new, 2)
    page = Reducer(before.html)
    assert page.apply(json.loads(after.frame_from(before)))
    page.shows(after.html)


@given(KEYS, KEYS)
def test_no_more_rows_move_than_must(old: list[str], new: list[str]) -> None:
    stay = len(new) - len(moves_between(old, new))
    common = [key for key in old if key in new]
    longest = 0
    best: list[int] = []
    for n, key in enumerate(common):
        fits = [best[m] for m in range(n) if new.index(common[m]) < new.index(key)]
        best.append(1 + max(fits, default=0))
        longest = max(longest, best[n])
    assert stay == longest


def test_one_changed_row_is_one_row_in_the_frame() -> None:
    before, after = snapshot({"a": 0, "b": 0}), snapshot({"a": 0, "b": 1}, 2)
    frame = json.loads(after.frame_from(before))
    assert frame["rows"] == {"b": '<li data-row="b" id="r-b">L1<br></li>'}
    assert not frame.keys() & {"moves", "gone", "html"}


def test_a_frame_for_another_state_is_not_applied() -> None:
    page = Reducer(snapshot({"a": 0}).html)
    frame = json.loads(snapshot({"b": 1}, 3).frame_from(snapshot({"a": 1}, 2)))
    assert not page.apply(frame)
    assert list(page.rows) == ["a"]


def test_what_stands_around_the_rows_changes_with_the_whole_region() -> None:
    before, after = snapshot({"a": 0}), snapshot({"a": 0}, 2, label="Pool")
    assert "html" in json.loads(after.frame_from(before))


def test_a_watcher_of_one_row_gets_that_row() -> None:
    now = snapshot({"a": 0, "b": 1})
    frame = json.loads(now.row_frame("b"))
    assert frame["region"] == "line:7#b"
    assert list(split(frame["html"])[1]) == ["b"]
    assert frame["digest"] != snapshot({"a": 0, "b": 2}).row_digest("b")
    assert frame["digest"] == snapshot({"a": 5, "b": 1}).row_digest("b"), "another row's change is not this one's"
    assert split(json.loads(now.row_frame("zz"))["html"])[1] == {}


def test_digest_is_of_the_html_and_not_of_the_seq() -> None:
    assert snapshot({"a": 0}, 1).digest == snapshot({"a": 0}, 9).digest
    assert snapshot({"a": 0, "b": 0}).digest != snapshot({"b": 0, "a": 0}).digest


def test_only_so_many_frames_are_kept() -> None:
    now = snapshot({"z": 1})
    for n in range(50):
        now.frame_from(snapshot({"z": 0, "a": n}))
    assert len(now.frames) <= 9
