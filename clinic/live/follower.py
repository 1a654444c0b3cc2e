"""Somebody who follows topics: takes the messages in order, at their own pace, straight from the log.

Nothing is queued for them: a slow one only reads later, so nothing is lost and nothing grows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from clinic.core.errors import DomainError
from clinic.live import feed
from clinic.live.doors import Guest
from clinic.live.feed import Message, Subscription
from clinic.live.hub import Hub


class Follower:
    """Topics, and the place in the log up to which everything about them has been taken."""

    __slots__ = ("_hub", "at", "guest", "subs")

    def __init__(self, hub: Hub, guest: Guest) -> None:
        self._hub = hub
        self.guest = guest
        self.subs: dict[str, Subscription] = {}
        self.at: int | None = None

    async def subscribe(self, names: Sequence[object], since: int | None = None) -> Message | None:
        """Add topics: from ``since`` if that is still held, else by the snapshot that comes back.

        Raises the DomainError of the first topic that may not be followed; then none is added.
        """
        new = feed.subscriptions(names, self.guest.actor)
        hospital_id = self.guest.hospital_id
        await self._hub.look(feed.opened, hospital_id, new.values(), self.guest.actor)
        if since is not None and await self._hub.look(feed.is_held, hospital_id, since):
            self.subs |= new
            self.at = since if self.at is None else min(self.at, since)  # told twice is told once
            return None
        who = self.guest.actor
        shown = await self._hub.look(feed.snapshot, hospital_id, new.values(), who.abilities, who.departments)
        self.subs |= new
        self.at = shown.seq if self.at is None else self.at
        return shown

    @property
    def is_following(self) -> bool:
        return bool(self.subs)

    async def read(self) -> tuple[list[Message], bool]:
        """The next messages, and whether there are more already."""
        if self.at is None or not self.subs:
            return [], False
        hospital_id, can, limits = self.guest.hospital_id, self.guest.actor.abilities, self.guest.actor.departments
        batch = await self._hub.look(feed.missed, hospital_id, list(self.subs.values()), can, self.at, limits)
        self.at = batch.upto
        if not batch.resync:
            return batch.messages, batch.upto < batch.head
        shown = await self._hub.look(feed.snapshot, hospital_id, list(self.subs.values()), can, limits)
        self.at = shown.seq
        return [*batch.messages, shown], True

    def trim(self, guest: Guest) -> list[str]:
        """Go on with other rights; returns the topics that fell away.

        With other departments (R1.2) all of them do: what is in each is asked again by whoever subscribes again.
        """
        elsewhere = guest.actor.departments != self.guest.actor.departments
        self.guest = guest
        lost = [name for name in self.subs if elsewhere or not _may(name, guest)]
        for name in lost:
            del self.subs[name]
        return lost


class BoardFollower:
    """Somebody who follows what a public link shows: told anew whenever it shows something else."""

    PAUSE = 0.5
    """Seconds between two looks: a board is read whole, and most events do not change it."""

    def __init__(self, hub: Hub, guest: Guest, purpose: str) -> None:
        self._hub = hub
        self._purpose = purpose
        self._shown: object = None
        self._looked = -self.PAUSE
        self.guest = guest

    @property
    def is_following(self) -> bool:
        return True

    async def read(self) -> tuple[list[Message], bool]:
        await asyncio.sleep(max(0.0, self._looked + self.PAUSE - self._hub.loop.time()))
        self._looked = self._hub.loop.time()
        message = await self._hub.look(feed.board, self.guest.hospital_id, self._purpose, self.guest.actor.id)
        if message.body["doc"] == self._shown:
            return [], False
        self._shown = message.body["doc"]
        return [message], False

    def trim(self, guest: Guest) -> list[str]:
        self.guest = guest
        return []


def _may(name: str, guest: Guest) -> bool:
    try:
        feed.subscription(name, guest.actor)
    except DomainError:
        return False
    return True
