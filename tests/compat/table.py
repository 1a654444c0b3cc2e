"""What the five earlier systems could be asked, and how the same is asked here.

``python -m tests.compat.table`` writes docs/compat.md from it. ``test_compat.py`` walks it: each row that names a call
of ours is really sent, in our form, and its effect is looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "compat.md"
CALL, EVENT, FIELD, WORD = "call", "event", "field", "word"
KINDS = {CALL: "Calls", EVENT: "Events and messages", FIELD: "Fields of bodies and answers", WORD: "Words for states"}


@dataclass(frozen=True, slots=True)
class Row:
    """Theirs, ours, and what differs. ``ours`` is empty for what was left out or comes later: then ``remark`` says
    why or with what.
    """

    kind: str
    theirs: str
    ours: str
    remark: str = ""
    walk: str = ""
    """The name of the walk in ``walks.py``; every row with ``ours`` has one."""


def call(theirs: str, ours: str, walk: str, remark: str = "") -> Row:
    return Row(CALL, theirs, ours, remark, walk)


def missing(kind: str, theirs: str, why: str) -> Row:
    return Row(kind, theirs, "", why)


ROWS: tuple[Row, ...] = (
    # --- signing in, people
    call("POST /api/auth/register", "POST auth/register", "register", "a hospital with its owner, or a join code"),
    call("POST /api/auth/login", "POST auth/login", "login", "tokens last 15 minutes; refresh with auth/refresh"),
    call("POST /api/auth/refresh", "POST auth/refresh", "refresh", "a refresh token is good once"),
    call("POST /api/auth/logout", "POST auth/logout", "logout"),
    call("GET /api/auth/me", "GET auth/me", "me"),
    call("POST /api/v1/receptionists", "POST receptionists", "receptionist", "answers a join code, not an account"),
    missing(CALL, "Firebase sign-in",
            "left out, because a hospital's sign-in must not depend on somebody else's cloud"),
    missing(CALL, "POST /api/auth/register with a role of one's own choice",
            "left out, because nobody chooses an own role"),
    missing(CALL, "passwords of patients",
            "left out, because a link in the hand is enough and a password is one more to lose"),
    # --- the directory
    call("GET /api/v1/doctors/search", "GET public/doctors/search", "find_doctors", "nearest first with the distance"),
    call("GET /api/v1/doctors/analytics", "GET doctors/analytics?period=", "analytics", "day, week, month, and so on"),
    call("PATCH /doctors/:id/status", "PATCH doctors/{id}/status", "doctor_status", "also the waiting patients see it"),
    call("PUT /api/v1/doctors/:id", "PATCH doctors/{id}", "change_doctor", "with If-Match"),
    call("GET /api/v1/departments", "GET departments", "departments"),
    # --- patients
    call("GET /api/patients?search=", "GET patients?q=", "search_patients", "typing errors are forgiven"),
    call("POST /api/patients", "POST patients", "add_patient", "somebody alike answers 409 PATIENT_KNOWN"),
    call("PUT /api/patients/:id", "PATCH patients/{id}", "change_patient", "with If-Match"),
    call("POST /api/patients/:id/merge", "POST patients/{id}/merge", "merge_patients", "can be taken back"),
    # --- the desk and the lines
    call("POST /api/v1/visits (walk-in)", "POST reception/intake", "intake", "registers and takes in, in one act"),
    call("POST /api/v1/visits", "POST visits", "take_in"),
    call("GET /api/v1/visits/:id", "GET visits/{id}", "visit"),
    call("GET /api/v1/queue/doctor/:id", "GET queue/doctor/{id}", "queue_of_doctor"),
    call("GET /api/v1/queue/department/:id", "GET queue/department/{id}", "queue_of_department"),
    call("POST /api/v1/queue/doctor/:id/next", "POST queue/doctor/{id}/next", "next",
            "nobody waiting is an empty answer"),
    call("next, then complete without start", "POST queue/doctor/{id}/complete", "complete_without_start",
         "the start is stamped from the call"),
    call("POST /api/v1/queue/doctor/:id/skip", "POST queue/doctor/{id}/skip", "skip",
            "three places back, twice at most"),
    call("POST /api/v1/queue/doctor/:id/recall", "POST queue/doctor/{id}/recall", "recall"),
    call("POST /api/v1/queue/doctor/:id/no-show", "POST queue/doctor/{id}/no-show", "no_show", "only after two calls"),
    call("PATCH /:id/status", "PATCH visits/{id}/status", "status_word", "upper-case words are taken"),
    call("POST /api/v1/visits/:id/reassign", "POST visits/{id}/reassign", "reassign"),
    call("POST /api/v1/visits/:id/transfer", "POST visits/{id}/send-on", "send_on", "one token for the whole visit"),
    call("POST /api/v1/visits/:id/hold", "POST visits/{id}/hold", "hold", "with its reason"),
    call("POST /api/v1/visits/:id/resume", "POST visits/{id}/resume", "resume"),
    call("POST /api/v1/visits/:id/rejoin", "POST visits/{id}/rejoin", "rejoin", "behind the next two"),
    call("POST /api/v1/visits/:id/priority", "POST visits/{id}/priority", "priority", "with a reason"),
    call("POST /api/v1/visits/:id/cancel", "POST visits/{id}/cancel", "cancel", "with a reason"),
    call("GET /api/v1/receptionists/stats", "GET receptionists/stats", "stats"),
    call("GET /api/v1/receptionists/queue", "GET receptionists/queue", "reception_queue"),
    # --- appointments
    call("GET /api/v1/appointments", "GET appointments?date=&doctor=&patient=&status=", "appointments"),
    call("POST /api/v1/appointments", "POST appointments", "book", "a taken place is 409 SLOT_TAKEN with free ones"),
    call("GET /api/v1/appointments/:id", "GET appointments/{id}", "appointment"),
    call("PUT /api/v1/appointments/:id (accept, reject)", "PUT appointments/{id}", "decide_by_put", "PATCH as well"),
    call("PATCH /api/v1/appointments/:id/status", "PATCH appointments/{id}/status", "appointment_status"),
    call("PATCH /api/v1/appointments/:id/reschedule", "PATCH appointments/{id}/reschedule", "reschedule",
         "a new one; the old one names it as successor"),
    call("DELETE /api/v1/appointments/:id", "DELETE appointments/{id}?reason=", "cancel_appointment", "with a reason"),
    call("POST /api/v1/appointments/:id/check-in", "POST appointments/{id}/check-in", "check_in",
         "answers the visit as well"),
    call("GET /api/v1/availability?doctorId=&date=", "GET doctors/{id}/availability?date=&type=", "availability",
         "up to 60 days at a glance"),
    call("GET /api/dashboard/appointments?date=today", "GET dashboard/appointments?date=today", "dashboard"),
    call("POST /api/v1/waitlist", "POST waitlist", "waitlist", "what becomes free is offered by itself"),
    # --- the emergency department
    call("GET /api/patients (ER)", "GET er/patients", "er_patients", "untriaged on top, then by level and arrival"),
    call("POST /api/patients (ER)", "POST er/patients", "er_arrive", "a level that comes with it is kept as reported"),
    call("GET /api/patients/delayed", "GET er/patients/delayed", "er_delayed", "both clocks and the target"),
    call("GET /api/patients/status/:s", "GET er/patients?status=", "er_by_status", "their words are taken"),
    call("GET /api/patients/:id (ER)", "GET er/patients/{id}", "er_patient", "with all it went through"),
    call("PATCH /api/patients/:id/status", "PATCH er/patients/{id}/status", "er_status", "their words are taken"),
    call("PATCH /api/patients/:id/bed", "PATCH er/patients/{id}/bed", "er_bed", "null: out of the bed"),
    call("POST assign_best", "POST er/patients/{id}/best-bed", "er_best_bed", "with assign: true; else it suggests"),
    call("POST discharge", "PATCH er/patients/{id}/status", "er_discharge",
         "after the disposition; the bed goes to cleaning in the same act"),
    call("GET eta", "GET er/patients/{id}/eta", "er_eta", "a range, and that sicker people go first"),
    call("GET /api/beds", "GET er/beds?status=", "er_beds"),
    call("POST /api/beds", "POST er/beds", "er_add_bed"),
    call("GET /api/beds/:id", "GET er/beds/{id}", "er_one_bed"),
    call("PATCH /api/beds/:id/free", "PATCH er/beds/{id}/free", "er_free_bed",
         "an occupied bed is to be cleaned first"),
    call("PATCH /api/beds/:id/status", "PATCH er/beds/{id}/status", "er_bed_status", "their words are taken"),
    # --- public
    call("POST /api/appointments (no sign-in)", "POST public/appointments", "public_book",
         "answers a token; the same for known and unknown people"),
    call("POST /:id/cancel (no sign-in)", "POST public/appointments/{token}/cancel", "public_cancel"),
    call("GET /:id/status (no sign-in)", "GET public/appointments/{token}/status", "public_status",
         "the address holds 192 unguessable bits instead of an id"),
    call("POST /:id/delay (no sign-in)", "POST public/appointments/{token}/delay", "public_delay", "three times"),
    call("GET waiting room by department", "GET public/waiting-room/{token}", "waiting_room",
         "by a screen's token; tokens and rooms only"),
    call("GET /health", "GET /health", "health"),
    # --- live
    call("GET /api/v1/sse/reception/:hospital", "GET sse/reception/{hospital}", "sse", "with Last-Event-ID"),
    Row(EVENT, "queueUpdate, visit:updated", "events visit.* on topic queue:<id>", "with the whole document",
            "event_of_queue"),
    Row(EVENT, "statusUpdate", "event visit.called and the others on topic visit:<id>", "", "event_of_visit"),
    Row(EVENT, "doctorStatusUpdate", "event doctor.status_changed on topic doctor:<id>", "", "event_of_doctor"),
    Row(EVENT, "ws/tenant/{id} with {type, op, doc}", "WS /ws/v1/stream: type, op (insert, update, delete), doc", "",
        "shape_of_delta"),
    Row(EVENT, "turnAlert", "the patient's own page: state called, with the room", "", "public_called"),
    missing(EVENT, "the Socket.IO and GraphQL wires",
            "left out, because one socket with plain JSON does the same without a library"),
    Row(EVENT, "state:snapshot", "snapshot of topic er", "everybody here, and every bed, section and surge flag",
        "er_snapshot"),
    Row(EVENT, "patient:created", "event er_visit.arrived on topic er, op insert", "", "er_patient_created"),
    Row(EVENT, "patient:updated", "events er_visit.* on topics er and er_visit:<id>",
        "with the whole document; who has left comes with op delete", "er_patient_updated"),
    Row(EVENT, "bed:created", "event bed.added on topic er, op insert", "", "er_bed_created"),
    Row(EVENT, "bed:updated", "events bed.* and er_visit.* on topics er and bed:<id>", "with the whole document",
        "er_bed_updated"),
    Row(EVENT, "patient:update_status (from the client)", "command patient:update_status: id, status",
        "on the same socket; er_visit.set_status is the same", "er_command"),
    Row(EVENT, "appointment:new", "notification appointment:new on topic me of the doctor",
            "id, patient, start, reason, status", "notice_new"),
    Row(EVENT, "appointment:update", "notification appointment:update on topic me of the doctor",
            "the same shape; the patient's page is told by its own link", "notice_update"),
    Row(EVENT, "appointment created, changed, deleted", "events appointment.* on topics book and appointments:<doctor>",
            "with the whole document", "event_of_book"),
    Row(EVENT, "doctor:new", "doctor:new on GET public/feed?city= (SSE)", "the words of the public search",
            "doctor_new"),
    missing(EVENT, "payment:update", "comes with billing"),
    # --- fields
    Row(FIELD, "error as text", '{"error": {"code", "message", "details"}}', "decide by code", "error_shape"),
    Row(FIELD, "tenantId in bodies", "header X-Tenant-Id", "an id in a body is refused", "tenant_header"),
    Row(FIELD, "queueNumber, tokenNumber", "token", "A-001: the department's prefix and a number", "token_field"),
    Row(FIELD, "estimatedWaitTime", "wait: {low, high, text}", "a range, never one number; paused is a word",
            "wait_field"),
    Row(FIELD, "position", "position, ahead", "of the patient's own status", "position_field"),
    Row(FIELD, "slot_taken without a way out", "details.alternatives of 409 SLOT_TAKEN", "really free when answered",
            "alternatives_field"),
    Row(FIELD, "stats: booked, appointments", "the same names", "appointments by what became of them", "stats_booked"),
    Row(FIELD, "stats: completed, waiting, in_progress, cancelled, no_show", "the same names", "", "stats_fields"),
    Row(FIELD, "esi, triageLevel of a registration", "reported_level", "level is what a triage decided",
        "er_level_field"),
    Row(FIELD, "waitTime, delayed", "target: {since, minutes, due_at}, status_since, delayed",
        "moments; the client counts", "er_wait_fields"),
    # --- words
    Row(WORD, "WAITING, CALLED, IN_PROGRESS, COMPLETED, NO_SHOW, CANCELLED", "the same in lower snake case",
        "upper case is taken as input", "upper_case"),
    Row(WORD, "CHECKED_IN", "waiting", "taken as input", "checked_in"),
    Row(WORD, "ACCEPTED, REJECTED of an appointment", "confirmed, rejected", "taken as input", "decision_words"),
    Row(WORD, "CONFIRMED of an appointment, which meant checked in", "checked_in",
            "CONFIRMED here is a booking that stands; CHECKED_IN is taken as input", "checked_in_word"),
    Row(WORD, "SKIPPED", "event visit.skipped; the state is waiting again", "taken as input", "skipped"),
    Row(WORD, "ON_HOLD", "on_hold, with hold.reason", "", "on_hold"),
    Row(WORD, "CARRYOVER", "class carried_over", "the visit of the day before ends as carried_over", "carried_over"),
    Row(WORD, "AVAILABLE, LATE, BREAK, OFFLINE of a doctor", "on_time, running_late, on_break, off_duty", "",
            "doctor_words"),
    Row(WORD, "REGISTERED, AWAITING_TRIAGE", "arrived", "taken as input", "er_words_before"),
    Row(WORD, "AWAITING_BED", "triaged", "taken as input: back to the waiting room; a first level needs a triage",
        "er_word_awaiting_bed"),
    Row(WORD, "IN_BED", "bedded, or in_treatment with a bed", "taken as input, with the bed", "er_word_in_bed"),
    Row(WORD, "AWAITING_DISPOSITION", "in_treatment", "taken as input", "er_word_awaiting_disposition"),
    Row(WORD, "LWBS", "lwbs", "taken as input; who left after provider contact is lwot, ama or eloped", "er_word_lwbs"),
    Row(WORD, "ADMITTED", "admitted", "taken as input, after boarding", "er_word_admitted"),
    Row(WORD, "OPEN, HELD, OCCUPIED of a bed", "available, reserved, occupied",
        "taken as input; cleaning, contaminated and blocked are beside them", "er_bed_words"),
    missing(CALL, "/api/claims, claims/{id}/events, /api/v1/payments", "come with billing"),
    missing(CALL, "/api/documents, /api/tasks, copilot", "come with records and the inbox"),
    missing(CALL, "prescriptions and refills, subscription plans, custom domains",
            "left out, because they are other products"),
    missing(CALL, "tokens that last a week", "left out, because a stolen one would be good for a week"),
)  # fmt: skip


def page() -> str:
    """docs/compat.md."""
    parts = [
        "# What the earlier systems called, and what it is here\n",
        "Generated by `python -m tests.compat.table`. Paths of ours are below `/api/v1/`.\n",
        "Every row with a word of ours is walked by `tests/compat`: really sent, and its effect is seen.\n",
    ]
    for kind, title in KINDS.items():
        parts.append(f"## {title}\n\n| theirs | ours | remark |\n|---|---|---|")
        parts += [f"| `{row.theirs}` | {_ours(row)} | {row.remark} |" for row in ROWS if row.kind == kind]
        parts.append("")
    return "\n".join(parts)


def _ours(row: Row) -> str:
    return f"`{row.ours}`" if row.ours else "–"


Walk = Callable[..., None]

if __name__ == "__main__":
    PAGE.write_text(page())
