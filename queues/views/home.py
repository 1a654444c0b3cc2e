"""The first page of the hospital: today, what just happened, and the ways on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinic.core import screens
from clinic.core.access import needs
from clinic.live.regions import prefetch
from clinic.tenants.pages import actor_of, staff
from queues.views.first_steps import first_steps


@require_GET
@needs("hospital.view")
def home(request: HttpRequest) -> HttpResponse:
    """Today in figures and the log in words, live; links by role."""
    actor = actor_of(request)
    prefetch(request, [("home-day", "today"), ("home-log", "today")])
    ways = [
        {"icon": one.icon, "title": one.label, "url": screens.address(one.route)}
        for one in screens.screens_of(actor)
        if one.key != "home"
    ]
    if actor.can("log.view"):
        ways.append({"icon": "arrows-shuffle", "title": _("Order of calls"), "url": screens.address("queues:jumps")})
        ways.append({"icon": "hourglass", "title": _("Promised waits"), "url": screens.address("queues:calibration")})
    steps = first_steps(actor)
    return staff(request, "queues/home.html", here="home", page=_("Home"), ways=ways, steps=steps)
