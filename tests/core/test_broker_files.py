"""The embedded broker while many write and one reads: every message is whole, and none is lost."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection
from kombu.transport import filesystem

from clinic import celery
from clinic.core import broker_files


@pytest.fixture
def link(tmp_path: Path) -> Connection:
    folders = {name: tmp_path / name for name in ("queue", "control")}
    for folder in folders.values():
        folder.mkdir()
    options: dict[str, Any] = {
        "data_folder_in": str(folders["queue"]), "data_folder_out": str(folders["queue"]),
        "control_folder": str(folders["control"]), "store_processed": False,
    }  # fmt: skip
    return Connection("filesystem://", transport_options=options)


def channel_of(link: Connection) -> Any:
    return link.channel()


def test_it_is_the_applications(link: Connection) -> None:
    assert celery.app is not None
    assert isinstance(link.transport, broker_files.Transport)
    assert isinstance(channel_of(link), broker_files.Channel)


def test_nobody_reads_half_a_message(link: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The moment between the making of the file and its filling, held still."""
    writer, reader = channel_of(link), channel_of(link)
    seen = list[Any]()
    real = Path.write_text

    def slowly(self: Path, text: str, *args: Any, **more: Any) -> int:
        self.touch()
        try:
            seen.append(reader._get("celery"))
        except Empty:
            seen.append(None)
        return real(self, text, *args, **more)

    monkeypatch.setattr(Path, "write_text", slowly)
    writer._put("celery", {"n": 1})
    assert seen == [None]
    assert reader._get("celery") == {"n": 1}
    with pytest.raises(Empty):
        reader._get("celery")
    assert list((tmp_path / "queue").iterdir()) == []


def test_many_write_and_one_reads(link: Connection) -> None:
    channels = [channel_of(link) for _ in range(5)]
    reader, found = channels.pop(), list[tuple[int, int]]()

    def write(n: int) -> None:
        for number in range(100):
            channels[n]._put("celery", {"from": n, "number": number})

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or reader._size("celery"):
        with suppress(Empty):
            told = reader._get("celery")
            found.append((told["from"], told["number"]))
    assert sorted(found) == [(n, number) for n in range(4) for number in range(100)]
    for n in range(4):
        assert [number for who, number in found if who == n] == list(range(100)), "in the order they were written"


def test_a_list_of_exchanges_that_is_being_made_names_nobody(link: Connection, tmp_path: Path) -> None:
    (tmp_path / "control" / "celery.exchange").touch()
    assert channel_of(link).get_table("celery") == []
    with pytest.raises(ValueError):
        filesystem.Channel.get_table(channel_of(link), "celery")
