"""Verbs of the lines. Doors call them through their module: ``calls.call_next(server, actor=…)``."""

from django.utils.translation import gettext_lazy as _

from clinic.core.errors import constraints, say
from queues.operations import calls, displays, ends, intake, lines, undo, walk_in

__all__ = ["calls", "displays", "ends", "intake", "lines", "undo", "walk_in"]

say({
    "visit.wrong_state": _("%(token)s is %(state_text)s, so this cannot be done now."),
    "visit.already_in_line": _("This patient already waits here as %(token)s. Say why a second visit is needed."),
    "visit.token_taken": _("Two visits were about to get one token. Nothing was saved: try again."),
    "visit.other_server": _("%(token)s is with %(server)s."),
    "visit.skip_limit": _("%(token)s was skipped %(skips)s times already. Did the patient not come?"),
    "visit.calls_needed": _(
        "A no-show needs %(min_calls)s calls at least %(gap)s s apart and %(total)s s since the first."
    ),
    "visit.reason_needed": _("Say why this patient goes first."),
    "visit.bad_class": _("No such class."),
    "call.who": _("Choose who calls."),
    "queue.closed": _("%(queue)s takes nobody in now."),
    "queue.one_pool": _("This department already has a pool."),
    "queue.one_per_doctor": _("This doctor already has a line."),
    "doctor.busy": _("%(server)s is with %(token)s: start, skip or complete first."),
    "doctor.paused": _("%(server)s is away. Resume first."),
    "doctor.not_yours": _("Only the desk can call for another doctor."),
    "undo.nothing": _("There is nothing to undo here."),
    "undo.too_late": _("Too late to undo: %(seconds)s s have passed."),
    "undo.touched": _("Something happened since, so this can no longer be undone."),
    "undo.not_yours": _("Only the desk can undo what somebody else did."),
    "link.unknown": _("This link is not valid, or no longer valid."),
    "display.unknown_code": _("No screen shows this code."),
    "display.too_many": _("Too many new screens at once. Try again in a minute."),
    "display.no_lines": _("Choose at least one line."),
    "display.bad_names": _("No such way to show names."),
    "display.bad_language": _("No such language."),
})  # fmt: skip

constraints({
    "queue_one_pool": "queue.one_pool",
    "queues_queue_doctor_id_key": "queue.one_per_doctor",
    "queue_doctor_has_doctor": "row.invalid",
    "counter_scope_unique": "row.changed",
    "visit_token_unique": "visit.token_taken",
    "visit_end_has_outcome": "row.invalid",
    "leg_one_open_per_visit": "visit.wrong_state",
    "leg_one_per_server_lane": "doctor.busy",
    "leg_called_has_server": "row.invalid",
    "leg_end_has_time": "row.invalid",
    "displayline_unique": "row.duplicate",
})  # fmt: skip
