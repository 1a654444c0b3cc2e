"""Where the fuzz takes place: both hospitals, busy and full of markers, and put back as they were every so often."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import quote

from django.core.cache import cache
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from clinic.core.errors import DomainError
from clinic.core.nouns import Noun
from clinic.directory.models import Doctor
from clinic.live import registry
from clinic.tenants import auth, days, links, operations
from clinic.tenants.models import Hospital, Membership, PublicToken, User
from queues.models import CALLED, Leg, Queue
from queues.operations import appointments, ends
from tests.api.client import Api, token_of
from tests.api.samples import SAMPLES, Request, called, display_token, screen_code
from tests.api.samples.appointments import booking_token, start_of, today
from tests.house.calls.tenants import code, invited, mailed
from tests.world import ROLES, House, World

PLAIN = {"slug", "prefix", "token", "language", "time_zone", "currency", "hash", "password", "code", "scope", "email",
         "phone", "phone_key", "name_key", "mrn", "source", "outcome", "names", "rule", "about", "digest", "endpoint",
         "p256dh", "auth", "hold_hash", "ended_by"}  # fmt: skip
"""Text columns with a form of their own: no marker fits in."""
STAGED = (
    "doctor_visit_types_retrieve", "closures_retrieve", "doctor_departments_destroy", "displays_retrieve",
    "invitations_retrieve", "join_codes_destroy", "api_keys_revoke", "messages_resend", "patients_unmerge",
    "appointments_retrieve", "appointments_accept", "appointments_release", "appointments_check_in",
    "appointments_no_show", "waitlist_retrieve", "waitlist_take", "series_retrieve", "visits_resume", "visits_rejoin",
    "day_arrive", "visits_still_there", "er_patients_retrieve", "er_triage_correct", "er_beds_release",
    "er_beds_unblock", "er_beds_free", "er_care_withdraw",
)  # fmt: skip
"""Samples whose making leaves a row that something can be done to: somebody booked, held, asked, expected, offered."""
CALLING = {
    "queue_doctor_call", "queue_doctor_call_next", "queue_department_call_next", "queue_line_call",
    "queue_line_call_next",
}  # fmt: skip
"""For these the doctor must have a room free; for the others somebody is always called."""
BACK_AFTER = 60
"""So many cases pile up their doings; then everything is as at the beginning, or the book and the lines run full."""
NOT_NOW = (DomainError, AssertionError, IndexError, StopIteration, IntegrityError, ObjectDoesNotExist)
"""What a sample meets where the cases before it left no room for it: it is made again on the stage put back."""

T = TypeVar("T")


def mark(house: House) -> str:
    """Put this hospital's marker into every text there is of it; returns the marker."""
    marker = f"canary{house.hospital.slug}"
    rows: list[Any] = [
        Hospital.objects.get(pk=house.hospital.pk),
        *User.objects.filter(memberships__hospital=house.hospital),
    ]
    with house.open():
        for model in registry.kinds().values():
            if issubclass(model, Noun):
                rows += list(model.objects.all())
        for row in rows:
            texts = {
                column.attname: f"{marker} {row.pk.hex[-8:]}"[: column.max_length or 200]
                for column in row._meta.concrete_fields
                if isinstance(column, models.CharField | models.TextField)
                and not isinstance(column, models.SlugField)
                and not column.choices
                and column.attname not in PLAIN
                and marker not in str(getattr(row, column.attname))
            }
            if texts:
                type(row)._base_manager.filter(pk=row.pk).update(**texts)
    return marker


def invited_again(house: House) -> str:
    """For the doctor, who is a member no more until the answer is there."""
    with house.open():
        operations.revoke_member(house.memberships["doctor"], actor=house.actor("owner"))
        row = operations.invite(house.users["doctor"].email, roles=["doctor"], actor=house.actor("owner"))
    return links.sent_once(PublicToken.INVITE, row.ref) or ""


def in_days(house: House, most: int) -> str:
    return (days.service_day(house.hospital) + timedelta(days=secrets.randbelow(most))).isoformat()


FILLERS: dict[str, Callable[[House], str]] = {
    "{code}": lambda _: screen_code(), "{refresh}": lambda house: str(auth.tokens_for(house.users["nurse"])),
    "{new}": lambda _: secrets.token_hex(4), "{display}": display_token, "{booking}": booking_token, "{join}": code,
    "{coming}": lambda house: appointments.booking_link(today(house)),
    "{start}": lambda house: start_of(house, secrets.randbelow(9)),
    "{today}": lambda house: in_days(house, 1), "{soon}": lambda house: in_days(house, 12),
    "{invite}": lambda house: invited(house, f"{secrets.token_hex(4)}@new.example"), "{own_invite}": invited_again,
    "{confirm}": lambda house: mailed(house, PublicToken.CONFIRM),
    "{reset}": lambda house: mailed(house, PublicToken.RESET),
}  # fmt: skip
"""What only exists when a case is sent: its name in the case → how it is made."""


@dataclass
class Stage:
    """Both hospitals, busy and marked, and what has been sent to them."""

    world: World
    ids: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    markers: dict[str, str] = field(default_factory=dict)
    status_links: dict[str, str] = field(default_factory=dict)
    seen: Counter[tuple[str, int]] = field(default_factory=Counter)
    varied: set[str] = field(default_factory=set)
    """Operations that worked in cases that drew them, not only when they were brought on as never tried."""
    as_set_up: str = ""
    """The savepoint to go back to, and the rows at hand as they were then."""
    known: World = field(init=False)

    def __post_init__(self) -> None:
        for house in self.world.both():
            for name in STAGED:
                SAMPLES[name].make(house)
            house.waiting(2, house.pool)
            display_token(house)
            owner = Api(f"Bearer {token_of(house, 'owner')}")
            owner.post("absences", SAMPLES["absences_create"].make(house).body)
            told = owner.post("reception/intake", {"person": {"family_name": "Link"}, "queue": str(house.own.pk)})
            self.status_links[house.hospital.slug] = told.json["status_token"]
        self.refresh_ids()
        self.known = deepcopy(self.world)
        self.as_set_up = transaction.savepoint()

    def back(self) -> None:
        """Everything as it was set up."""
        self.world = deepcopy(self.known)  # what operations have written into the rows at hand goes too
        transaction.savepoint_rollback(self.as_set_up)
        transaction.savepoint_commit(self.as_set_up)
        self.as_set_up = transaction.savepoint()
        cache.clear()
        self.refresh_ids()

    def refresh_ids(self) -> None:
        """What exists now: cases make rows, and later ones may act on them. Somebody always waits and is called."""
        for house in self.world.both():
            with house.open():
                Doctor.objects.filter(pk=house.doctor.pk).update(
                    status=Doctor.ON_TIME, is_active=True, parallel_rooms=1
                )
                Queue.objects.update(is_open=True)
                for row in (house.doctor, house.own, house.pool):  # samples use the rows at hand, as they are now
                    row.refresh_from_db(
                        fields=[each.name for each in row._meta.concrete_fields if not each.is_relation]
                    )
            called(house)
            self.markers[house.hospital.slug] = mark(house)
            found: dict[str, list[str]] = {}
            with house.open():
                for kind, model in registry.kinds().items():
                    rows = model._base_manager.order_by("id")
                    if not issubclass(model, Noun):
                        known = {"membership", "join_code", "api_key", "invitation"}
                        rows = rows.filter(hospital=house.hospital) if kind in known else rows.none()
                    newest_first = reversed(rows.values_list("pk", flat=True).order_by("-id")[:40])
                    found[kind] = [str(pk) for pk in newest_first][-8 if kind == "visit" else -40 :]
            self.ids[house.hospital.slug] = found

    def heal(self) -> None:
        """Undo what would keep later cases out: revoked members, other roles, closed accounts, used-up limits."""
        for house in self.world.both():
            keys = {house.memberships[role].pk: [role] for role in ROLES}
            for row in Membership.objects.filter(pk__in=keys):
                if not row.is_active or row.roles != keys[row.pk]:
                    Membership.objects.filter(pk=row.pk).update(roles=keys[row.pk], is_active=True)
            with house.open():  # the calls that R3.12 asks for before somebody counts as not come
                long_ago = timezone.now() - timedelta(minutes=5)
                Leg.objects.filter(state=CALLED).update(spaced_calls=2, first_called_at=long_ago)
        cache.clear()

    def sample(self, name: str, slug: str) -> Request:
        """A request of this operation that works here, now."""
        if name in CALLING:
            self._leave_nobody_called(self.house(slug))
        return self.made(lambda: SAMPLES[name].make(self.house(slug)))

    def made(self, make: Callable[[], T]) -> T:
        """Made here, or on the stage put back if the cases before have left no room for it."""
        try:
            return make()
        except NOT_NOW:
            self.back()
            return make()

    def filled_in(self, slug: str, path: str, body: bytes) -> tuple[str, bytes]:
        """Path and body with what only exists when the case is sent in place of its ``{name}``."""
        text = body.decode("utf-8", "surrogateescape")
        makers = {"{status}": lambda house: self.status_links[house.hospital.slug], **FILLERS}
        for name, make in makers.items():
            if name in text:
                text = text.replace(name, self.made(lambda make=make: make(self.house(slug))))  # type: ignore[misc]
            if quote(name, safe="") in path:
                token = self.made(lambda make=make: make(self.house(slug)))  # type: ignore[misc]
                path = path.replace(quote(name, safe=""), quote(token, safe=""))
        return path, text.encode("utf-8", "surrogateescape")

    @staticmethod
    def _leave_nobody_called(house: House) -> None:
        with house.open():
            for leg in Leg.objects.with_server().filter(server=house.doctor).select_related("visit"):
                ends.cancel(leg.visit, reason="test", actor=house.desk)

    def done(self) -> set[str]:
        """Operations that have worked."""
        return {name for name, status in self.seen if status < 300}

    def house(self, slug: str) -> House:
        return self.world.harbor if slug == "harbor" else self.world.hilltop
