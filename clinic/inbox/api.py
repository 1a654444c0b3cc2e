"""REST: what a patient was told, and sending again what did not arrive."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_fields import ById
from clinic.core.api_told import answers
from clinic.inbox import operations
from clinic.inbox.faces import message_doc
from clinic.inbox.models import PatientMessage
from clinic.inbox.serializers import MessageDoc
from clinic.records.models import Patient
from clinic.records.operations import note_access


class MessageViewSet(HouseViewSet):
    """Messages to patients."""

    tag = "messages"

    @needs("messages.view")
    @answers(MessageDoc, query=ById, paged=True)
    def list(self, request: Request, pk: UUID) -> Response:
        """What this patient was told, with the outcome of each; who looked is written down."""
        patient = self.row(Patient.objects.all(), pk)
        note_access(patient, page="api", why="messages", actor=self.actor)
        rows = PatientMessage.objects.filter(patient=patient)
        return self.page(rows, self.query["ordering"], lambda held: [message_doc(row) for row in held])

    @needs("messages.send")
    @answers(MessageDoc, 201, refusals=["MESSAGE_NOT_TO_RESEND"])
    def resend(self, request: Request, pk: UUID) -> Response:
        """Send a message again that failed, or of which nobody knows whether it was sent. Twice is once."""
        row = self.row(PatientMessage.objects.all(), pk)
        return self.act(partial(operations.resend, row, actor=self.actor), message_doc, status=201)
