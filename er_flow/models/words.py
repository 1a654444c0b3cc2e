"""The words of the emergency department: care stages and their moves, ends, beds (domain/4)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# --- care stages -----------------------------------------------------------------------------------------------------

ARRIVED, TRIAGED, BEDDED, IN_TREATMENT = "arrived", "triaged", "bedded", "in_treatment"
DISPOSITION, BOARDING = "disposition", "boarding"
OPEN = (ARRIVED, TRIAGED, BEDDED, IN_TREATMENT, DISPOSITION, BOARDING)
UNSEEN = (ARRIVED, TRIAGED, BEDDED)
"""Before provider contact, wherever the patient is."""

DISCHARGED, ADMITTED, TRANSFERRED, EXPIRED = "discharged", "admitted", "transferred", "expired"
LWBS, LWOT, AMA, ELOPED = "lwbs", "lwot", "ama", "eloped"
ENDS = (DISCHARGED, ADMITTED, TRANSFERRED, EXPIRED, LWBS, LWOT, AMA, ELOPED)
"""Kept apart: gone before provider contact (lwbs); said so and left before disposition (lwot); after the risks were
explained (ama); gone unnoticed after contact (eloped)."""

STATES = (
    (ARRIVED, _("to triage")), (TRIAGED, _("triaged")), (BEDDED, _("in a bed")), (IN_TREATMENT, _("in treatment")),
    (DISPOSITION, _("disposition decided")), (BOARDING, _("boarding")), (DISCHARGED, _("discharged")),
    (ADMITTED, _("admitted")), (TRANSFERRED, _("transferred")), (EXPIRED, _("died")),
    (LWBS, _("left before being seen")), (LWOT, _("left before treatment was complete")),
    (AMA, _("left against medical advice")), (ELOPED, _("left unnoticed")),
)  # fmt: skip

DISCHARGE, ADMIT, OBSERVE, TRANSFER = "discharge", "admit", "observe", "transfer"
DISPOSITIONS = (
    (DISCHARGE, _("Discharge")), (ADMIT, _("Admit")), (OBSERVE, _("Observe")), (TRANSFER, _("Transfer")),
)  # fmt: skip
WARD = (ADMIT, OBSERVE)
"""Dispositions that wait for a bed elsewhere in the hospital."""

MOVES: dict[str, tuple[str, ...]] = {
    ARRIVED: (TRIAGED, BEDDED, IN_TREATMENT, LWBS, EXPIRED),
    TRIAGED: (BEDDED, IN_TREATMENT, LWBS, EXPIRED),
    BEDDED: (IN_TREATMENT, TRIAGED, LWBS, EXPIRED),
    IN_TREATMENT: (DISPOSITION, LWOT, AMA, ELOPED, EXPIRED),
    DISPOSITION: (DISCHARGED, BOARDING, TRANSFERRED, AMA, ELOPED, IN_TREATMENT, EXPIRED),
    BOARDING: (ADMITTED, TRANSFERRED, DISCHARGED, AMA, DISPOSITION, EXPIRED),
    **dict.fromkeys(ENDS, ()),
}
"""Every move of a care stage that there is; the others answer 409 ``er.wrong_state``."""

BY_DISPOSITION: dict[str, tuple[str, ...]] = {
    DISCHARGE: (DISCHARGED,), ADMIT: (BOARDING,), OBSERVE: (BOARDING,), TRANSFER: (TRANSFERRED,),
}  # fmt: skip
"""Where a decided disposition leads; the others may withdraw it, or the patient leaves."""

# --- what a visit has ------------------------------------------------------------------------------------------------

WALK_IN, AMBULANCE, POLICE, BY_TRANSFER = "walk_in", "ambulance", "police", "transfer"
ARRIVALS = (
    (WALK_IN, _("Walked in")), (AMBULANCE, _("Ambulance")), (POLICE, _("Police")), (BY_TRANSFER, _("Transferred here")),
)  # fmt: skip

NO_PRECAUTIONS, CONTACT, DROPLET, AIRBORNE = "none", "contact", "droplet", "airborne"
PRECAUTIONS = (
    (NO_PRECAUTIONS, _("None")), (CONTACT, pgettext_lazy("isolation", "Contact")), (DROPLET, _("Droplet")),
    (AIRBORNE, _("Airborne")),
)  # fmt: skip

FALL, ALLERGY, BEHAVIOUR = "fall", "allergy", "behaviour"
ALERTS = ((FALL, _("Fall risk")), (ALLERGY, _("Allergy")), (BEHAVIOUR, _("Behaviour")))

PROVIDER, RESULTS, CONSULT = "provider", "results", "consult"
TRANSPORT, WARD_BED, RIDE = "transport", "ward_bed", "ride"
WAITS = (
    (PROVIDER, _("Provider")), (RESULTS, _("Results")), (CONSULT, _("Consult")), (TRANSPORT, _("Transport")),
    (WARD_BED, _("Ward bed")), (RIDE, _("Ride home")),
)  # fmt: skip

# --- beds ------------------------------------------------------------------------------------------------------------

AVAILABLE, RESERVED, OCCUPIED, CLEANING, CONTAMINATED, BLOCKED = (
    "available", "reserved", "occupied", "cleaning", "contaminated", "blocked",
)  # fmt: skip
BED_STATES = (
    (AVAILABLE, pgettext_lazy("bed", "free")), (RESERVED, pgettext_lazy("bed", "reserved")),
    (OCCUPIED, pgettext_lazy("bed", "occupied")), (CLEANING, pgettext_lazy("bed", "cleaning")),
    (CONTAMINATED, pgettext_lazy("bed", "contaminated")), (BLOCKED, pgettext_lazy("bed", "blocked")),
)  # fmt: skip
UNCLEAN = (CLEANING, CONTAMINATED)

BED_TYPES = (
    ("ed", _("Emergency")), ("icu", _("Intensive care")), ("step_down", _("Step-down")), ("med_surg", _("Ward")),
    ("peds", _("Children")), ("ld", _("Labour and delivery")), ("psych", _("Psychiatry")), ("or", _("Operating room")),
    ("pacu", _("Recovery")), ("obs", _("Observation")), ("hallway", _("Hallway")), ("chair", _("Chair")),
)  # fmt: skip

NEGATIVE_PRESSURE = "negative_pressure"
FEATURES = (
    ("cardiac_monitor", _("Monitor")), ("telemetry", _("Telemetry")), ("ventilator", _("Ventilator")),
    ("isolation", _("Isolation")), (NEGATIVE_PRESSURE, _("Negative pressure")), ("trauma_bay", _("Trauma bay")),
    ("pediatric", _("Children")), ("fetal_monitor", _("Fetal monitor")), ("secure", _("Secure")),
    ("surgical", _("Surgical")), ("post_op", _("Post-op")),
)  # fmt: skip
"""What is shipped; a hospital may use words of its own beside these."""
