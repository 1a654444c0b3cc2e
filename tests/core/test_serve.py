"""The one command: it comes up, keeps its worker, and leaves nobody behind, however it ends."""

import json
import os
import re
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clinic.demo.day import FILE as DAY
from tests.core.starting import Served, ends, environment, is_running, manage

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.real_clock]


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static files are collected once for all tests here."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture
def serve(tmp_path: Path, collected: Path, tables: Path) -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(*words: str, empty: bool = False) -> Served:
        if not empty:
            shutil.copy(tables, tmp_path)
        day = tmp_path / "day.toml"
        told = DAY.read_text()
        quick = (("days = 28\n", "days = 1\n"), ("minutes = 570\n", "minutes = 30\n"), ("days = 5\n", "days = 1\n"))
        for long, short in quick:  # weeks take half a minute
            assert long in told
            told = told.replace(long, short)
        day.write_text(told)
        started.append(Served(tmp_path, *words, STATIC_DIR=str(collected), DEMO_DAY=str(day)))
        return started[-1]

    yield start
    for served in started:
        child = served.child()
        served.kill()
        if child is not None and not ends(child, 10):
            os.kill(child, signal.SIGKILL)


def child_of(served: Served) -> int:
    served.wait_for(served.child)
    child = served.child()
    assert child is not None
    return child


def opened(served: Served, path: str) -> socket.socket:
    """A line on which this was asked, and which stays open."""
    line = socket.create_connection(("127.0.0.1", served.port), timeout=20)
    line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode())
    return line


def test_it_comes_up_with_its_worker_and_ctrl_c_ends_both(serve: Callable[..., Served]) -> None:
    served = serve("--demo")
    served.wait_until_up(120)  # it makes the demo first
    child = child_of(served)
    served.wait_for(lambda: json.loads(served.get("/ready"))["parts"]["worker"] == "ok")
    assert f"http://127.0.0.1:{served.port}" in served.log.read_text()

    same_data = manage("serve", env={**served.env, "PORT": str(served.port + 1 if served.port < 65535 else 1025)})
    assert "A server is running on" in same_data.stderr

    screen = re.search(r"/d/(\S+)/", served.log.read_text())
    assert screen is not None
    with opened(served, "/health") as idle, opened(served, f"/api/v1/sse/waiting-room/{screen[1]}") as stream:
        assert b"text/event-stream" in stream.recv(4000)
        begun = time.monotonic()
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(20) == 0
        assert idle.recv(4000).startswith(b"HTTP/1.1 200")
    assert time.monotonic() - begun < 10
    assert not is_running(child)
    assert "Traceback" not in served.log.read_text()


def test_kill_9_of_the_parent_takes_the_worker_with_it(serve: Callable[..., Served]) -> None:
    served = serve()
    served.wait_until_up()
    child = child_of(served)
    served.wait_for(lambda: json.loads(served.get("/ready"))["parts"]["worker"] == "ok")
    served.process.kill()
    served.process.wait(5)
    assert ends(child, within=8)


def test_a_worker_that_dies_is_started_again_and_sigterm_ends_both(serve: Callable[..., Served]) -> None:
    served = serve()
    served.wait_until_up()
    first = child_of(served)
    os.kill(first, signal.SIGKILL)
    served.wait_for(lambda: served.child() not in (None, first))
    second = child_of(served)  # still starting: it ends all the same
    served.process.terminate()
    assert served.process.wait(20) == 0, served.log.read_text()
    assert not is_running(second)


def test_ctrl_c_while_starting_is_no_error(serve: Callable[..., Served]) -> None:
    served = serve(empty=True)
    served.wait_for((Path(served.env["DATA_DIR"]) / "serve.lock").exists)
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(12) == 0
    assert "Traceback" not in served.log.read_text()


def test_a_used_port_is_one_sentence(serve: Callable[..., Served], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = manage("serve", env=environment(tmp_path, PORT=str(port)))
    assert done.returncode != 0
    assert f"127.0.0.1:{port} cannot be listened on" in done.stderr
    assert "Traceback" not in done.stderr
