"""Video visits: the link from the hospital's template, an unguessable room, joining and leaving in the log."""

from __future__ import annotations

from typing import Any

import pytest

from clinic.core.errors import Forbidden, NotAllowed, NotFound
from clinic.live.models import Event, EventDetail
from clinic.tenants.models import HospitalConfig
from queues.models import Queue
from queues.operations import appointments, video
from tests.api.client import api
from tests.house.calls.book import LINK, booked, by_video, free, holder
from tests.ledger import recorded
from tests.queues.helpers import HTMX, at, signed_in, toast
from tests.world import World

pytestmark = pytest.mark.django_db


def test_the_room_is_unguessable_and_the_link_is_the_hospitals(world: World) -> None:
    with world.harbor.open():
        first, second = by_video(world.harbor), by_video(world.harbor)
        assert first.video_room != second.video_room and len(first.video_room) >= 20
        assert video.url_of(first) == LINK.replace("{room}", first.video_room)
        assert video.url_of(booked(world.harbor)) == ""
        HospitalConfig.objects.update(video_link="")
        assert video.url_of(first) == ""
        with pytest.raises(NotAllowed):
            video.join(first, actor=world.harbor.medic)


def test_the_rooms_name_is_in_no_log_and_no_document(world: World) -> None:
    """Whoever may read the log or follow the stream could sit in the consultation."""
    house = world.harbor
    with house.open():
        row = by_video(house)
        start = free(house, count=2)[1]
    with recorded(house) as told:
        moved = appointments.reschedule(row, starts_at=start, actor=house.desk).appointment
    rooms = (row.video_room, moved.video_room)
    assert all(rooms)
    with house.open():
        for room in rooms:
            assert room not in str(list(Event.objects.values())) + str(list(EventDetail.objects.values()))
    assert told.events[0].changes[moved.ref]["fields"]["video_room"] == [None, "•"]
    desk = api(house, "receptionist")
    for path in (f"events?topics=book:{house.own.pk}&since=0", f"appointments/{moved.pk}", "appointments"):
        answer = desk.get(path)
        assert answer.status == 200
        assert not any(room in answer.content.decode() for room in rooms)


def test_the_doctor_starts_and_leaves_and_the_log_tells(world: World) -> None:
    house = world.harbor
    client: Any = signed_in(house, "doctor")
    with house.open():
        row = by_video(house)
        link = video.url_of(row)
    told = client.post(at(house, f"appointments/{row.pk}/video/"), headers=HTMX)
    assert told.status_code == 204
    assert toast(told)["link"] == link
    assert client.post(at(house, f"appointments/{row.pk}/video/left/"), headers=HTMX).status_code == 204
    with house.open():
        names = list(Event.objects.filter(name__startswith="video.").order_by("seq").values_list("name", flat=True))
        assert names == ["video.joined", "video.left"]


def test_no_doctor_goes_into_anothers_room(world: World) -> None:
    house = world.harbor
    with house.open():
        line = Queue.objects.get(doctor=house.colleague)
        row = by_video(house, line)
        for verb in (video.join, video.leave):
            with pytest.raises(Forbidden):
                verb(row, actor=house.medic)
        assert not Event.objects.filter(name__startswith="video.").exists()


def test_the_patient_joins_the_own_room_only(world: World) -> None:
    house = world.harbor
    with house.open():
        row, other = by_video(house), by_video(house)
        assert video.join_by_link(row, actor=holder(row)) == video.url_of(row)
        video.leave_by_link(row, actor=holder(row))
        with pytest.raises(NotFound):
            video.join_by_link(other, actor=holder(row))
        appointments.cancel(row, reason="ill", actor=house.desk)
        with pytest.raises(NotAllowed):
            video.join_by_link(row, actor=holder(row))
