"""Every page, API action, socket, stream command and admin view names its ability, or is on the closed public list."""

from __future__ import annotations

import inspect
import pkgutil

from clinic.core.access import ABILITIES, PATIENT, PUBLIC
from clinic.live import regions, registry
from clinic.live.routing import websocket_urlpatterns
from clinic.tenants.middleware import ability_of
from er_flow import commands as er_commands
from er_flow import operations as er_operations
from queues import commands, operations
from tests.house.entrances import MISSING, entrances

PUBLIC_LIST = {
    "clinic.core.health.health", "clinic.core.health.ready",
    "clinic.core.api_docs.schema", "clinic.core.api_docs.docs", "clinic.core.api_docs.nothing_here",
    "clinic.live.views.display_regions", "clinic.live.views.status_regions", "clinic.live.views.booking_regions",
    "clinic.live.sse.topics", "clinic.live.sse.reception", "clinic.live.sse.doctor", "clinic.live.sse.waiting_room",
    "clinic.tenants.views.door.start", "clinic.tenants.views.door.sign_in", "clinic.tenants.views.door.sign_out",
    "clinic.tenants.views.door.register", "clinic.tenants.views.door.join", "clinic.tenants.views.door.choose",
    "clinic.tenants.views.door.language",
    "clinic.tenants.views.links.forgot", "clinic.tenants.views.links.reset", "clinic.tenants.views.links.confirm",
    "clinic.tenants.views.links.invited",
    "clinic.tenants.api_auth.AuthViewSet.register", "clinic.tenants.api_auth.AuthViewSet.login",
    "clinic.tenants.api_auth.AuthViewSet.refresh", "clinic.tenants.api_auth.AuthViewSet.ask_reset",
    "clinic.tenants.api_auth.AuthViewSet.reset", "clinic.tenants.api_auth.AuthViewSet.confirm",
    "clinic.inbox.views.stop",
    "clinic.inbox.push_views.push", "clinic.inbox.push_views.push_stop", "clinic.inbox.push_views.push_worker",
    "queues.views.displays.display_new", "queues.views.displays.display",
    "queues.views.status.status", "queues.views.status.status_leave", "queues.views.status.status_delay",
    "queues.views.status.status_back", "queues.views.status.status_rejoin",
    "queues.views.booking.online_doctors", "queues.views.booking.online_time", "queues.views.booking.online_details",
    "queues.views.waiting_list.online_wait", "queues.views.bookings.online_mine",
    "queues.views.bookings.booking", "queues.views.bookings.booking_move", "queues.views.bookings.booking_ics",
    "queues.views.bookings.booking_place",
    "queues.views.bookings.booking_cancel", "queues.views.bookings.booking_late",
    "queues.views.bookings.booking_check_in", "queues.views.bookings.booking_join",
    "queues.views.bookings.booking_leave_video", "queues.views.waiting_list.booking_take",
    "queues.views.waiting_list.booking_decline", "queues.views.kiosk.kiosk", "queues.views.calendar.calendar_feed",
    "queues.api.public.PublicViewSet.waiting_room", "queues.api.public.PublicViewSet.visit_status",
    "queues.api.public.PublicViewSet.appointment_status",
    "queues.api.phone.PhoneViewSet.delay", "queues.api.phone.PhoneViewSet.come_back",
    "queues.api.booking.BookingViewSet.create", "queues.api.booking.BookingViewSet.cancel",
    "queues.api.booking.BookingViewSet.reschedule", "queues.api.booking.BookingViewSet.check_in",
    "queues.api.phone.PhoneViewSet.rejoin", "clinic.directory.api.public.FindViewSet.search",
    "clinic.directory.api.public.FindViewSet.find", "clinic.directory.find_views.find_doctor",
    "clinic.directory.find_feed.feed", "queues.api.hospitals.PublicHospitalViewSet.retrieve",
    "queues.api.hospitals.PublicHospitalViewSet.doctors", "queues.api.hospitals.PublicHospitalViewSet.availability",
}  # fmt: skip
"""Whoever comes without a hospital's ability comes in here; another line is a decision."""
SOCKETS = {
    "ws/h/<slug:slug>/live": "the session's membership there; each region its own ability",
    "ws/d/<str:token>/live": "the display's token names what it shows",
    "ws/s/<str:token>/live": "the visit's token names what it shows",
    "ws/b/<str:token>/live": "the booking's token names what it shows",
    "ws/v1/stream": "token, key or session; each topic its ability, each command its operation's",
    "ws/tenant/<str:tenant>": "as the stream, the hospital in the address",
    "": "refused",
}


def test_every_entrance_names_an_ability_or_is_public() -> None:
    assert [f"{each} ({each.view})" for each in entrances() if each.ability == MISSING] == []


def test_every_ability_that_is_named_exists() -> None:
    named = {each.ability for each in entrances() if each.ability not in (None, MISSING)}
    assert sorted(str(ability) for ability in named - ABILITIES) == []


def test_the_public_list_is_closed() -> None:
    open_to_all = {each.view for each in entrances() if each.public}
    assert sorted(open_to_all - PUBLIC_LIST) == [], "public without being on the list"
    assert sorted(PUBLIC_LIST - open_to_all) == [], "no longer public"
    assert all(len(why) >= 8 for why in PUBLIC.values()), "say why"


def test_what_is_neither_is_not_answered() -> None:
    """The middleware reads the same marks as this test, and knows neither an ability nor a reason."""

    def forgotten(request: object) -> None: ...

    assert ability_of(forgotten) not in {None, *ABILITIES}


def test_every_socket_is_on_the_list() -> None:
    assert {str(each.pattern) for each in websocket_urlpatterns} == set(SOCKETS)


def test_every_region_face_and_topic_names_an_ability() -> None:
    for kind, region in regions.kinds().items():
        assert region.ability in ABILITIES, kind
        assert region.audience <= ABILITIES, kind
    for kind, (ability, _build) in registry.faces().items():
        assert ability in ABILITIES, kind
    for kind, topic in registry.topics().items():
        assert topic.ability in ABILITIES, kind


def test_every_command_of_the_stream_calls_an_operation() -> None:
    """The operation asks the ability; a command that called none would ask nobody."""
    known = {**commands.COMMANDS, **er_commands.COMMANDS}
    assert registry.commands().keys() == known.keys()
    modules = [info.name for room in (operations, er_operations) for info in pkgutil.iter_modules(room.__path__)]
    words = ("directory.", "actor.require(", *(f"{module}." for module in modules))
    for name, (_takes, run) in known.items():
        closed = inspect.getclosurevars(run).nonlocals
        text = inspect.getsource(inspect.unwrap(closed.get("act", run)))
        assert any(word in text for word in words) or hasattr(closed.get("verb"), "ability"), name


def test_a_patients_link_opens_nothing_of_the_staff() -> None:
    staff = {each.ability for each in entrances() if each.ability}
    assert not PATIENT & staff
