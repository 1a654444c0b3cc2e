"""The demo's own clock: keeps the demo hospitals alive while the product runs on one computer."""

from __future__ import annotations

import os
from datetime import timedelta
from random import Random
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from clinic.core import schedule
from clinic.core.tenancy import hospital
from clinic.demo import day, play, stage
from clinic.demo.cast import CASTS, Cast
from clinic.live.models import Event
from clinic.tenants import people
from clinic.tenants.models import Hospital

EVERY = 5.0  # seconds
AT_ONCE = 2  # acts in one step, so that a board moves and does not jump
WATCHED = timedelta(minutes=30)
"""So long after a person's last act or sign-in the play is faster than life; then it goes at a clinic's own pace."""
PLAYERS = ("system", "patient")
"""The kinds of actors of the play: its staff, and the phones of its patients."""
TAKEN_OVER = timedelta(minutes=5)
"""So long a doctor for whom a person acted is left to that person."""
FASTEST = 60.0
LOCK = "demo:tick"


def is_live() -> bool:
    """Only embedded, never in production, and not when ``DEMO_LIVE=0`` says so."""
    return bool(settings.ENVIRONMENT.kind == "embedded") and os.environ.get("DEMO_LIVE", "1") != "0"


@shared_task(name="demo.tick")
def tick() -> int:
    """Play the next step in each demo hospital; returns the acts."""
    if not is_live() or not cache.add(LOCK, 1, timeout=60):
        return 0
    try:
        return sum(_play(cast, here) for cast in CASTS if (here := stage.find(cast)) is not None)
    finally:
        cache.delete(LOCK)


def _play(cast: Cast, here: Hospital) -> int:
    before = cache.get(f"{LOCK}:{cast.slug}")
    now = timezone.now().timestamp()
    cache.set(f"{LOCK}:{cast.slug}", now, timeout=600)
    with hospital(here):
        return play.step(
            cast, Random(), speed=speed(), elapsed=EVERY if before is None else now - before,  # noqa: S311 (a play)
            left_alone=_taken_over(), most_acts=AT_ONCE,
        )  # fmt: skip


def speed() -> float:
    """How many times faster than the clock people are: DEMO_SPEED (1, 10, 60), else as ``day.toml`` says."""
    told = day.read().live
    said = os.environ.get("DEMO_SPEED", "")
    if said.replace(".", "", 1).isdigit() and 0 < float(said) <= FASTEST:
        return float(said)
    return told["speed"] if _is_watched() else told["speed_unwatched"]


def _is_watched() -> bool:
    """Somebody acted here or signed in lately, or the demo is fresh."""
    since = timezone.now() - WATCHED
    acted = Event.objects.filter(at__gte=since).exclude(actor__kind__in=PLAYERS)
    if acted.exists() or Event.objects.filter(seq=1, at__gte=since - stage.BEFORE).exists():
        return True
    with people.platform():
        return bool(Event.objects.filter(at__gte=since, name="user.signed_in").exists())


def _taken_over() -> frozenset[UUID]:
    acts = Event.objects.filter(at__gte=timezone.now() - TAKEN_OVER).exclude(actor__kind__in=PLAYERS)
    refs = {ref for subjects in acts.values_list("subjects", flat=True) for ref in subjects}
    return frozenset(UUID(ref.removeprefix("doctor:")) for ref in refs if ref.startswith("doctor:"))


if is_live():
    schedule.every(EVERY, tick)
