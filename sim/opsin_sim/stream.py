# SPDX-License-Identifier: MIT
"""Stream sources and sinks for Amaranth's simulator, with random stalls."""

import random
from collections.abc import Iterable
from typing import Any

from amaranth.lib import stream
from amaranth.sim._async import SimulatorContext  # absent from amaranth-stubs' amaranth.sim

__all__ = ["SimulatorContext", "receive", "send"]


async def send(
    ctx: SimulatorContext,
    to: stream.Interface,
    payloads: Iterable[Any],
    *,
    rng: random.Random | None = None,
) -> None:
    """Put every payload into ``to``; with ``rng``, idle a random number of cycles before each."""
    for payload in payloads:
        while rng is not None and rng.random() < 0.5:
            await ctx.tick()
        ctx.set(to.payload, payload)
        ctx.set(to.valid, 1)
        await ctx.tick().until(to.ready)
        ctx.set(to.valid, 0)


async def receive(
    ctx: SimulatorContext,
    source: stream.Interface,
    count: int,
    *,
    rng: random.Random | None = None,
    timeout: int = 100_000,
) -> list[Any]:
    """Take ``count`` payloads; with ``rng``, hold ``ready`` low a random number of cycles.

    Raises
    ------
    TimeoutError
        If nothing arrives for ``timeout`` cycles.
    """
    taken: list[Any] = []
    waited = 0
    while len(taken) < count:
        ctx.set(source.ready, rng is None or rng.random() < 0.5)
        _, _, valid, ready, payload = await ctx.tick().sample(
            source.valid, source.ready, source.payload
        )
        waited = 0 if valid else waited + 1
        if valid and ready:
            taken.append(payload)
        if waited > timeout:
            raise TimeoutError(
                f"{len(taken)} of {count} payloads came, then none for {timeout} cycles"
            )
    ctx.set(source.ready, 0)
    return taken
