"""Which event takes a leg from which state to which (domain/3). It imports nothing of the product."""

from __future__ import annotations

OPEN = {"waiting", "called", "in_progress", "on_hold"}
WITH_SERVER = {"called", "in_progress"}

ENDED = {"completed", "no_show", "left", "cancelled", "carried_over"}
EVERY = OPEN | ENDED
RENUMBERS = {"visit.skipped", "visit.resumed", "visit.delayed", "visit.rejoined"}
"""Events that may give a fresh number to somebody else who waits: whoever stands behind."""
STAYS = {"visit.rejoin_asked", "visit.rejoin_declined", "visit.class_changed", "visit.patient_corrected"}
"""Events that leave the state as it is, whichever of theirs it was."""

STEPS: dict[str, tuple[set[str], set[str]]] = {
    "visit.called": ({"waiting"}, {"called"}),
    "visit.called_out_of_order": ({"waiting"}, {"called"}),
    "visit.recalled": ({"called"}, {"called"}),
    "visit.started": ({"called"}, {"in_progress"}),
    "visit.skipped": ({"called"}, {"waiting"}),
    "visit.completed": ({"called", "in_progress"}, {"completed"}),
    "visit.no_showed": ({"called"}, {"no_show"}),
    "visit.held": ({"waiting", "called", "in_progress"}, {"on_hold"}),
    "visit.resumed": ({"on_hold"}, {"waiting"}),
    "visit.delayed": ({"waiting"}, {"waiting"}),
    "visit.rejoined": ({"no_show", "left"}, {"waiting"}),
    "visit.rejoin_asked": ({"no_show", "left"}, {"no_show", "left"}),
    "visit.rejoin_declined": (EVERY, EVERY),
    "visit.asked_still_there": ({"in_progress"}, {"in_progress"}),
    "visit.answered_still_there": ({"in_progress"}, {"in_progress"}),
    "visit.overran": ({"in_progress"}, {"in_progress"}),
    "visit.reassigned": ({"waiting", "on_hold", "called"}, {"waiting"}),
    "visit.sent_on": ({"called", "in_progress"}, {"completed"}),
    "visit.class_changed": ({"waiting", "on_hold"}, {"waiting", "on_hold"}),
    "visit.patient_corrected": (OPEN, OPEN),
    "visit.uncalled": ({"called"}, {"waiting"}),
    "visit.carried_over": ({"waiting", "on_hold"}, {"carried_over"}),
    "visit.left": ({"waiting", "on_hold"}, {"left"}),
    "visit.cancelled": (OPEN, {"cancelled"}),
    "visit.arrival_undone": (OPEN, {"cancelled"}),
}
"""Event → the states its leg may come from and go to (domain/3). An undo goes back where the last step came from."""
