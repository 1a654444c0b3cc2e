"""What a hub hears by, and that it ends when its loop does."""

from __future__ import annotations

import asyncio

import pytest

from clinic.live import hub as hubs


@pytest.mark.redis
@pytest.mark.slow
@pytest.mark.parametrize("moment", range(20))
def test_a_loop_ends_whatever_its_hub_was_doing_with_redis(moment: int) -> None:
    """Redis' client swallows a cancelling while it connects: at some of these moments the loop once waited for ever."""

    async def brief() -> None:
        hubs.current()
        await asyncio.sleep(moment * 0.0004)

    async def ended() -> None:
        await asyncio.wait_for(asyncio.to_thread(asyncio.run, brief()), 10)

    asyncio.run(ended())
