"""Starting for real: one act makes a new, empty hospital with its owner, and the demo is gone."""

from __future__ import annotations

from clinic.core.access import Actor
from clinic.core.tenancy import require_hospital_id
from clinic.demo import stage
from clinic.demo.cast import CASTS, Cast
from clinic.demo.erase import erase
from clinic.live.record import operation
from clinic.tenants import operations
from clinic.tenants.models import Hospital, Membership
from clinic.tenants.passwords import Password


@operation("hospital.close")
def start_for_real(
    *, hospital: str, name: str, email: str, password: Password, time_zone: str = "UTC", language: str = "en",
    currency: str = "USD", actor: Actor,
) -> Membership:  # fmt: skip
    """A new hospital for this person, who is its owner; every demo hospital is erased. All of it, or nothing.

    Runs under the platform. Whoever looks at a screen of the demo is told that it is not there any more.
    """
    membership = operations.register(
        email=email, name=name, password=password, hospital=hospital, time_zone=time_zone, language=language,
        currency=currency, actor=actor,
    )  # fmt: skip
    for cast in CASTS:
        if stage.find(cast) is not None:
            erase(cast, actor=actor)
    return membership


def is_demo(here: Hospital) -> Cast | None:
    """The cast whose hospital this is, if it is one of the demo's."""
    cast = next((one for one in CASTS if one.slug == here.slug), None)
    found = stage.find(cast) if cast is not None else None
    return cast if found is not None and found.pk == here.pk else None


def for_its_owner(actor: Actor) -> bool:
    """Whether the open hospital is a demo: only there does the way to a real one stand in the rail."""
    here = Hospital.objects.filter(pk=require_hospital_id()).first()
    return here is not None and is_demo(here) is not None
