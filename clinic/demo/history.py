"""Days behind the demo: four weeks of full days, and the last hours before now, played as fast as possible.

The last hours come from the real operations with the clock set back (clinic/core/clock.py), the days before from the
same model on rows in memory (past.py); all in the order of time, so the log, its chain and every statistic are what
they would be had the days been lived.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from clinic.core import clock
from clinic.core.access import Actor
from clinic.demo import crowd, day, rows
from clinic.demo.acts import DEMO, Acts, when
from clinic.demo.cast import Cast
from clinic.demo.model import Model
from clinic.demo.parts import CALLED, HELD, IN_ROOM, WAITING, Bounds
from clinic.demo.past import Past
from clinic.demo.play import local_time
from clinic.live.record import operation
from clinic.tenants import days

LAST_WEEK = 7
"""Days of which the log has every step."""
LONGEST_END = 3 * 3600
"""Seconds after its last arrival until a day's doors are shut at the latest."""


def begin(cast: Cast, dice: Random, moment: datetime, bounds: Callable[[datetime], Bounds] | None = None) -> Model:
    """A model of the open hospital from this moment on, on the real clock's time."""
    with clock.at(moment):
        clinic = rows.look(lambda at: at.timestamp())
    acts = Acts(cast, dice, moment=when)
    return Model(
        day.read(), clinic, acts, begin=moment.timestamp(), local=local_time(when), dice=dice, bounds=bounds
    )  # fmt: skip


def past_days(cast: Cast, dice: Random, now: datetime) -> int:
    """Four weeks of days before the service day of ``now``; returns how many were lived."""
    here = days.current_hospital()
    today, told = days.service_day(here, now), day.read()
    people = crowd.Crowd(cast, dice)
    lived = 0
    for back in range(told.history["days"], 0, -1):
        date = today - timedelta(days=back)
        if told.arrivals["weekdays"][date.weekday()]:
            live_through(cast, dice, people, date, brief=back > LAST_WEEK, actor=DEMO)
            lived += 1
    return lived


@operation("queues.manage")
def live_through(
    cast: Cast, dice: Random, people: crowd.Crowd, date: date, *, brief: bool = False, actor: Actor
) -> None:  # fmt: skip
    """One past day from the opening to the last patient: the doctors come in, everybody is seen, and all go home.

    Nobody is told of it: who looks at the log reads what happened, by whom and when; of a day in ``brief`` the calls
    and the ends.
    """
    told, here = day.read(), days.current_hospital()
    opens = round(60 * told.arrivals["opens"])
    start = datetime.combine(date, time(opens // 60, opens % 60), tzinfo=here.zone).astimezone(UTC)
    with clock.at(start):
        clinic = rows.look(lambda at: at.timestamp())
    past = Past(cast, dice, people, clinic, date, brief=brief)
    model = Model(told, clinic, past, begin=start.timestamp(), local=local_time(when), dice=dice)
    model.last_arrival = start.timestamp() + 60 * told.history["minutes"]
    model.come_in(key for key, server in model.servers.items() if server.away_until == float("inf"))
    model.run(model.last_arrival)
    end = model.now + LONGEST_END
    while model.now < end and any(one.state in (WAITING, CALLED, IN_ROOM, HELD) for one in model.people.values()):
        model.run(model.now + 120)
    past.shut(model.now)
    past.write_down()
