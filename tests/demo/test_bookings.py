"""The demo's bookings and its past: for today and the next days, played on as time passes, and gone with the demo."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
import time_machine
from django.apps import apps
from django.utils import timezone

from clinic.core.tenancy import TenantModel, hospital
from clinic.demo import bookings, crowd, day, history, tasks
from clinic.demo.acts import DEMO
from clinic.demo.cast import HILLTOP
from clinic.demo.erase import erase
from clinic.live import ledger
from clinic.live.models import Event, Reaction
from clinic.tenants import days, people
from clinic.tenants.models import Hospital, User
from queues import jumps
from queues.models import COMPLETED, LEFT, NO_SHOW, Appointment, Leg, Series, SlotTick, Visit, WaitlistEntry
from tests.demo.conftest import MORNING

pytestmark = pytest.mark.django_db


def states(today: bool) -> Counter[str]:
    with time_machine.travel(MORNING, tick=False):
        date = days.service_day(days.current_hospital())
    rows = Appointment.objects.filter(service_day=date) if today else Appointment.objects.filter(service_day__gt=date)
    return Counter(rows.values_list("state", flat=True))


def test_people_are_booked_for_today_and_the_next_days(hilltop: Hospital) -> None:
    with hospital(hilltop):
        today, later = states(today=True), states(today=False)
        assert today["confirmed"] >= 4
        assert today["checked_in"] + today["completed"] >= 1, today
        assert today["no_show"] >= 1, "somebody did not come"
        assert later["confirmed"] >= 10
        assert later["requested"] >= 1, later
        late = Appointment.objects.filter(notes=bookings.OFTEN_LATE).first()
        assert late is not None
        assert bookings.comes_at(late) > late.starts_at + timedelta(minutes=15)
        assert set(Appointment.objects.values_list("mode", flat=True)) == {"slot", "token"}
        assert WaitlistEntry.objects.exists()
        assert Series.objects.exists()
        came = Visit.objects.filter(appointment__isnull=False)
        assert came.exists()
        assert Visit.objects.filter(appointment=None).count() > came.count(), "most walk in"
        moments = list(Event.objects.order_by("seq").values_list("at", flat=True))
        assert moments == sorted(moments)
        assert ledger.verify(hilltop.pk).fault == ""
    assert not User.objects.filter(email__endswith="@hilltop.example", email_confirmed_at=None).exists()


def test_visits_say_what_they_are_for(hilltop: Hospital) -> None:
    with hospital(hilltop):
        kinds = set(Visit.objects.values_list("type__name", flat=True))
        assert None not in kinds
        assert kinds <= {kind.name for kind in day.read().kinds["A"]}


def test_the_play_checks_people_in_books_and_answers(hilltop: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "is_live", lambda: True)
    busy = replace(day.read(), bookings={**day.read().bookings, "per_hour": 40.0})
    monkeypatch.setattr("clinic.demo.day.read", lambda: busy)
    with hospital(hilltop):
        before = Event.objects.order_by("-seq").values_list("seq", flat=True).first()
    with time_machine.travel(MORNING, tick=False) as now:
        for _step in range(140):
            now.shift(timedelta(seconds=30))
            tasks.tick()
    with hospital(hilltop):
        told = Counter(Event.objects.filter(seq__gt=before).values_list("name", flat=True))
        assert told["appointment.checked_in"] >= 1, told
        assert told["appointment.booked"] + told["appointment.requested"] >= 3, told
        assert told["appointment.accepted"] + told["appointment.rejected"] >= 1, told
        ended = Appointment.objects.filter(state__in=("completed", "no_show"))
        assert ended.exists()


def test_nothing_of_the_bookings_is_left_when_the_demo_goes(hilltop: Hospital) -> None:
    with hospital(hilltop):
        assert SlotTick.objects.exists()
    with people.platform():
        erase(HILLTOP, actor=DEMO)
    with hospital(hilltop):
        for model in apps.get_models():
            if issubclass(model, TenantModel):
                assert not model.objects.exists(), model.__name__


# --- the days before -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("brief", [True, False])
def test_a_past_day_is_whole_and_the_log_has_it(hilltop: Hospital, brief: bool) -> None:
    """As if it had been lived: tokens without a gap, everybody's visit ended, calls in the order of the house."""
    with time_machine.travel(MORNING, tick=False):
        now = timezone.now()
    date = now.date() + timedelta(days=3)  # the log goes forward: a Monday after this morning
    short = replace(day.read(), history={"days": 1, "minutes": 120})
    with pytest.MonkeyPatch.context() as patch, hospital(hilltop):
        patch.setattr("clinic.demo.day.read", lambda: short)
        reactions = Reaction.objects.count()
        Leg.objects.filter(ended_at=None).update(state=LEFT, ended_at=now, server=None, lane=None)
        Visit.objects.filter(ended_at=None).update(outcome=LEFT, ended_at=now)
        dice = Random(3)
        history.live_through(HILLTOP, dice, crowd.Crowd(HILLTOP, dice), date, brief=brief, actor=DEMO)
        lived = Visit.objects.filter(service_day=date).order_by("token_number")
        assert lived.count() >= 8
        numbers = [visit.token_number for visit in lived]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert not lived.filter(ended_at=None).exists()
        assert set(lived.values_list("outcome", flat=True)) <= {COMPLETED, LEFT, NO_SHOW}
        for leg in Leg.objects.filter(visit__service_day=date, state=COMPLETED):
            assert leg.entered_at <= leg.called_at <= leg.started_at <= leg.ended_at
        assert Reaction.objects.count() == reactions, "nothing follows from a past"
        assert ledger.verify(hilltop.pk).fault == ""
        names = Counter(Event.objects.filter(at__date=date).values_list("name", flat=True))
        assert names["visit.called"] >= 8
        assert bool(names["visit.arrived"]) is not brief
        assert jumps.calls_of_day(date).total == names["visit.called"]
        row = lived.filter(outcome=COMPLETED).first()
        told = [event for event in Event.objects.order_by("seq") if row.ref in event.changes]
        assert told[0].changes[row.ref]["op"] == "insert"
        assert told[-1].changes[row.ref]["fields"]["outcome"][1] == COMPLETED
        assert row.version == 2, "made, and ended"
