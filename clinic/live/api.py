"""REST: the log for pullers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_input import Query
from clinic.core.api_told import answers
from clinic.core.errors import NotFound
from clinic.core.tenancy import require_hospital_id
from clinic.live import feed


class EventsQuery(Query):
    """``since`` is the seq of the last answer; without it the answer begins with a snapshot."""

    since = serializers.IntegerField(min_value=0, max_value=(1 << 53) - 1, required=False)
    topics = serializers.CharField(max_length=4000, help_text="Comma-separated: queue:<id>, reception, me, …")


class EventsDoc(serializers.Serializer[Any]):
    messages = serializers.ListField(child=serializers.DictField(), help_text="As the stream sends them.")
    seq = serializers.IntegerField(help_text="What to ask for as `since` next time.")
    head = serializers.IntegerField(help_text="The last event of the log.")


class EventsViewSet(HouseViewSet):
    """The same messages as the stream, for who asks now and then."""

    tag = "live"

    @needs("hospital.view")
    @answers(EventsDoc, query=EventsQuery)
    def list(self, request: Request) -> Response:
        """Missed events of these topics, or their snapshot where ``since`` is absent or no longer held."""
        names = [name for name in self.query["topics"].split(",") if name]
        if not names:
            raise NotFound("live.no_topic", topic="")
        subs = feed.subscriptions(names, self.actor).values()
        hospital_id, since = require_hospital_id(), self.query.get("since")
        if since is not None and feed.is_held(hospital_id, since):
            batch = feed.missed(hospital_id, subs, self.actor.abilities, since, self.actor.departments)
            if batch.messages or not batch.resync:
                if batch.messages or self.actor.departments:  # who asks in vain was shown nothing
                    feed.opened(hospital_id, subs, self.actor)
                return self._told([message.body for message in batch.messages], batch.upto, batch.head)
        feed.opened(hospital_id, subs, self.actor)
        shown = feed.snapshot(hospital_id, subs, self.actor.abilities, self.actor.departments)
        return self._told([shown.body], shown.seq or 0, shown.seq or 0)

    def _told(self, messages: Any, seq: int, head: int) -> Response:
        return Response({"messages": messages, "seq": seq, "head": head})
