"""The sockets' addresses. A script prefix means nothing here: a socket names its hospital itself."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from clinic.live import consumers
from clinic.live.sockets import Closed, Line, Receive, Scope, Send
from clinic.live.stream import stream


async def nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    """Whatever else is asked for: refused, instead of an error in the server's log."""
    line = Line(scope, receive, send)
    try:
        await line.connect()
        await line.refuse()
    except Closed:
        return


websocket_urlpatterns: list[URLPattern] = [
    path("ws/h/<slug:slug>/live", consumers.staff_page),  # type: ignore[arg-type]  # an ASGI application, not a view
    path("ws/d/<str:token>/live", consumers.display_page),  # type: ignore[arg-type]
    path("ws/s/<str:token>/live", consumers.status_page),  # type: ignore[arg-type]
    path("ws/b/<str:token>/live", consumers.booking_page),  # type: ignore[arg-type]
    path("ws/v1/stream", stream),  # type: ignore[arg-type]
    path("ws/tenant/<str:tenant>", stream),  # type: ignore[arg-type]
    re_path("", nothing_here),  # type: ignore[arg-type]
]
