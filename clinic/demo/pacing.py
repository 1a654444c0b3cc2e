"""How fast a model goes: as fast as possible, or so many times faster than the clock; and the clock's tasks in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from clinic.core import clock
from clinic.demo.acts import when
from clinic.demo.model import Model

MINUTE = 60.0


def drive(
    model: Model, until: float, *, speed: float | None = None, sleep: Callable[[float], Any] = time.sleep
) -> None:
    """Let the model go to ``until``: at ``speed`` seconds of its time in one of ours, or as fast as it can."""
    if speed is None:
        model.run(until)
        return
    begun, start = time.monotonic(), model.now

    def wait_for(moment: float) -> None:
        rest = begun + (moment - start) / speed - time.monotonic()
        if rest > 0:
            sleep(rest)

    while (following := model.env.peek()) < until:
        wait_for(following)
        model.env.step()
    wait_for(until)
    model.run(until)


def tick(model: Model, task: Callable[[], Any], every: float = MINUTE) -> None:
    """Run a task of the product's clock in the model's time, as beat does in ours."""

    def beat() -> Any:
        while True:
            yield model.env.timeout(every)
            with clock.at(when(model.now)):
                task()

    model.env.process(beat())
