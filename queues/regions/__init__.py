"""The regions of the lines, and what a display's and a patient's link open. ``install`` runs in ``ready()``."""

from __future__ import annotations

from clinic.core.nouns import split_ref
from clinic.live import doors, regions
from clinic.live.regions import Region
from queues.regions import displays, doctor, lines, patient, status

LINE = frozenset({"queues.call", "queues.call_for_any", "queues.desk", "doctor.set_any_status"})
ROOM = frozenset({"queues.call", "queues.call_for_any"})

KINDS = (
    Region("line", "queues.view", "queues/_line.html", lines.load_lines, "queues/_wait.html", LINE),
    Region("queue-head", "queues.view", "queues/_queue_head.html", lines.load_heads, audience=LINE),
    Region("line-label", "queues.view", "queues/_line_label.html", lines.load_labels),
    Region("reception-sub", "queues.view", "queues/_reception_sub.html", lines.load_sub),
    Region("doctor-bar", "queues.view", "queues/_doctor_bar.html", doctor.load_bars),
    Region("doctor-room", "queues.view", "queues/_doctor_room.html", doctor.load_rooms, audience=ROOM),
    Region("doctor-next", "queues.view", "queues/_doctor_next.html", doctor.load_next, audience=ROOM),
    Region(
        "patient-visits", "queues.view", "queues/_patient_visits.html", patient.load_visits,
        "queues/_patient_visit.html",
    ),
    Region("display-now", "displays.manage", "queues/_display_now.html", displays.load_now, public=True),
    Region(
        "display-lines", "displays.manage", "queues/_display_lines.html", displays.load_display_lines,
        "queues/_display_line.html", public=True,
    ),
    Region("status", "queues.view", "queues/_status.html", status.load_places, "queues/_place.html", public=True),
)  # fmt: skip


def install() -> None:
    """Register the regions, and what public links open."""
    for region in KINDS:
        regions.register(region)
    doors.opens("status", status.opened_by)
    doors.opens("display", _opened_by_display)


def _opened_by_display(target: str) -> list[str]:
    key = split_ref(target)[1]
    return [f"display-now:{key}", f"display-lines:{key}"]
