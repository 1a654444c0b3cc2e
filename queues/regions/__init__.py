"""The regions of the lines, and what a display's and a patient's link open. ``install`` runs in ``ready()``."""

from __future__ import annotations

from clinic.core.nouns import split_ref
from clinic.live import doors, regions
from clinic.live.regions import Region
from queues.regions import (
    away,
    book,
    book_lists,
    booking,
    displays,
    doctor,
    expected,
    heads,
    home,
    left,
    lines,
    patient,
    seen,
    status,
)

HEAD = frozenset({"queues.call", "queues.call_for_any", "queues.sign_on"})
ROOM = frozenset({"queues.call", "queues.call_for_any", "queues.move", "queues.hold"})
AWAY = frozenset({"queues.desk", "queues.hold"})
BOOKING = frozenset({"appointments.book", "appointments.decide", "appointments.check_in"})

KINDS = (
    Region("line", "queues.view", "queues/_line.html", lines.load_lines, "queues/_wait.html"),
    Region("queue-head", "queues.view", "queues/_queue_head.html", heads.load_heads, audience=HEAD),
    Region("line-away", "queues.view", "queues/_aways.html", away.load_away, "queues/_away.html", AWAY),
    Region(
        "lines-nav", "queues.view", "queues/_lines_nav.html", heads.load_nav, "queues/_line_chip.html", personal=True,
    ),
    Region("line-label", "queues.view", "queues/_line_label.html", lines.load_labels),
    Region("reception-sub", "queues.view", "queues/_reception_sub.html", lines.load_sub, personal=True),
    Region("doctor-bar", "queues.view", "queues/_doctor_bar.html", doctor.load_bars),
    Region("doctor-room", "queues.view", "queues/_doctor_room.html", doctor.load_rooms, audience=ROOM),
    Region("doctor-next", "queues.view", "queues/_doctor_next.html", doctor.load_next, audience=ROOM),
    Region(
        "doctor-lines", "queues.view", "queues/_doctor_lines.html", doctor.load_doctor_lines, "queues/_line_key.html",
    ),
    Region("doctor-seen", "queues.view", "queues/_seen.html", seen.load_seen, "queues/_seen_row.html"),
    Region(
        "expected", "queues.view", "queues/_expected.html", expected.load_expected, "queues/_expected_row.html",
        frozenset({"queues.intake"}), personal=True,
    ),
    Region(
        "book", "appointments.view", "queues/_book_column.html", book.load_columns, "queues/_book_row.html", BOOKING
    ),
    Region("book-day", "appointments.view", "queues/_book_day.html", book.load_days, personal=True),
    Region(
        "book-requests", "appointments.view", "queues/_book_requests.html", book_lists.load_requests,
        "queues/_book_request.html", BOOKING, personal=True,
    ),
    Region(
        "book-waiters", "appointments.view", "queues/_book_waiters.html", book_lists.load_waiters,
        "queues/_book_waiter.html", BOOKING, personal=True,
    ),
    Region(
        "bookings", "appointments.view", "queues/_book_today.html", book_lists.load_today,
        "queues/_book_today_row.html", BOOKING, personal=True,
    ),
    Region(
        "doctor-bookings", "appointments.view", "queues/_book_own.html", book_lists.load_own,
        "queues/_book_own_row.html", BOOKING | {"queues.call"},
    ),
    Region(
        "patient-bookings", "appointments.view", "queues/_book_patient.html", book_lists.load_of_patient,
        "queues/_book_patient_row.html", BOOKING, personal=True,
    ),
    Region("home-day", "hospital.view", "queues/_home_day.html", home.load_day, personal=True),
    Region(
        "home-log", "hospital.view", "queues/_home_log.html", home.load_log, "queues/_home_event.html", personal=True
    ),
    Region(
        "left-lines", "queues.view", "queues/_left.html", left.load_left, "queues/_left_line.html",
        frozenset({"queues.desk"}), personal=True,
    ),
    Region(
        "patient-visits", "queues.view", "queues/_patient_visits.html", patient.load_visits,
        "queues/_patient_visit.html", personal=True,
    ),
    Region("display-now", "displays.manage", "queues/_display_now.html", displays.load_now, public=True),
    Region(
        "display-lines", "displays.manage", "queues/_display_lines.html", displays.load_display_lines,
        "queues/_display_line.html", public=True,
    ),
    Region("status", "queues.view", "queues/_status.html", status.load_places, "queues/_place.html", public=True),
    Region(
        "booking", "appointments.view", "booking/_booking.html", booking.load_bookings, "booking/_part.html",
        public=True,
    ),
)  # fmt: skip


def install() -> None:
    """Register the regions, and what public links open."""
    for region in KINDS:
        regions.register(region)
    doors.opens("status", status.opened_by)
    doors.opens("booking", booking.opened_by)
    doors.opens("display", _opened_by_display)


def _opened_by_display(target: str) -> list[str]:
    key = split_ref(target)[1]
    return [f"display-now:{key}", f"display-lines:{key}"]
