"""/health answers while the process lives; /ready names what does not work and what this way of running lacks."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import Client
from pytest_django import Settings

from clinic.core import health, heartbeat, tasks


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.DATA_DIR = tmp_path
    cache.delete(heartbeat.KEY)
    return tmp_path


def ready(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get("/ready")
    return answer.status_code, answer.json()


def test_health_asks_nothing_of_anybody(client: Client) -> None:
    answer = client.get("/health")  # without the `db` fixture: a query would fail
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}
    assert "no-store" in answer["Cache-Control"]
    assert client.post("/health").status_code == 405


def test_ready_says_what_works(client: Client, db: None, folder: Path) -> None:
    tasks.beat()
    status, said = ready(client)
    assert status == 200
    assert said["parts"]["database"] == "ok"
    assert said["parts"]["worker"] == "ok"
    assert not any("worker has not shown" in sentence for sentence in said["degraded"])


def test_a_worker_that_fell_silent_degrades_but_does_not_stop(client: Client, db: None, folder: Path) -> None:
    status, said = ready(client)
    assert (status, said["status"], said["parts"]["worker"]) == (200, "degraded", "silent")
    assert any("worker has not shown" in sentence for sentence in said["degraded"])


def test_an_old_sign_of_life_is_none(folder: Path, settings: Settings) -> None:
    heartbeat.beat()
    assert heartbeat.is_alive()
    then = time.time() - heartbeat.DEAD_AFTER - 1
    if settings.REDIS_URL:
        cache.set(heartbeat.KEY, then, 60)
    else:
        os.utime(folder / "worker.heartbeat", (then, then))
    assert not heartbeat.is_alive()


def test_a_database_that_is_down_is_503(client: Client, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    def fail(*_: Any) -> None:
        raise DatabaseError("password=hunter2 is wrong")

    monkeypatch.setattr(health, "MigrationRecorder", fail)
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["parts"]["database"] == "down"
    assert b"hunter2" not in answer.content


def test_a_redis_that_is_down_is_503(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch, settings: Settings, folder: Path
) -> None:
    class Gone:
        def get(self, key: str) -> None:
            raise ConnectionError("redis://:hunter2@10.0.0.1")

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr("clinic.core.health.cache", Gone())
    monkeypatch.setattr("clinic.core.heartbeat.cache", Gone())
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["parts"]["channels"] == "down"
    assert answer.json()["parts"]["worker"] == "unknown"
    assert b"hunter2" not in answer.content


def test_what_is_degraded_follows_from_how_it_runs(settings: Settings) -> None:
    sentences = " ".join(health.degraded())
    assert ("SQLite" in sentences) == (connection.vendor == "sqlite")
    assert ("No Redis" in sentences) == (not settings.REDIS_URL)
    assert ("EMAIL_URL" in sentences) == settings.MAIL_TO_FILES
    settings.CELERY_BROKER_URL, settings.REDIS_URL = "redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"
    assert "Redis" not in " ".join(health.degraded())


def test_a_probe_by_address_is_answered_and_a_page_is_not(client: Client) -> None:
    assert client.get("/health", headers={"host": "10.1.2.3:8000"}).status_code == 200
    assert client.get("/sign-in/", headers={"host": "10.1.2.3:8000"}).status_code == 400
