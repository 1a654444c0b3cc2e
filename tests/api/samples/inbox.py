"""Samples of messages to patients."""

from __future__ import annotations

from tests.api.samples.base import Request, get, sample
from tests.house.calls import inbox
from tests.world import House


def _patient(house: House) -> str:
    with house.open():
        return str(inbox.queued(house).patient_id)


get("messages_list", lambda house: f"patients/{_patient(house)}/messages", "receptionist")


@sample("messages_resend")
def resend(house: House) -> Request:
    with house.open():
        row = inbox.failed(house)
    return Request("POST", f"messages/{row.pk}/resend", {}, 201, "receptionist")
