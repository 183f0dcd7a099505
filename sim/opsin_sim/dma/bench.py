# SPDX-License-Identifier: MIT
"""A unit that copies, with all that it needs."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from amaranth.sim import Simulator
from numpy.typing import NDArray

from opsin.npu.scratchpad import READ_LATENCY

from ..stream import SimulatorContext
from .bursts import Conduct, serve_reads, serve_writes

__all__ = ["Log", "copy"]

TIMEOUT = 20_000


@dataclass
class Log:
    """What happened, by cycles: commands taken and finished, local words, errors."""

    taken: list[int] = field(default_factory=list)
    finished: list[int] = field(default_factory=list)
    local: list[int] = field(default_factory=list)
    errors: list[tuple[int, int]] = field(default_factory=list)
    idle: int = 0
    time: int = 0


async def _serve_local(
    ctx: SimulatorContext, dut: Any, scratchpad: NDArray[np.uint8], conduct: Conduct, log: Log
) -> None:
    """Be the scratchpad, to be written or to be read."""
    port, width = dut.local, scratchpad.shape[1]
    rng = conduct.pauses()
    reads = hasattr(port, "response")
    coming: deque[bytes | None] = deque([None] * (READ_LATENCY - 1))
    while True:
        ctx.set(port.request.ready, rng.random() >= conduct.stall)
        _, _, valid, ready, request = await ctx.tick().sample(
            port.request.valid, port.request.ready, port.request.payload
        )
        log.time += 1
        taken = valid and ready
        if taken:
            log.local.append(log.time)
        if reads:
            coming.append(scratchpad[request].tobytes() if taken else None)
            word = coming.popleft()
            bits = {"valid": word is not None, "data": int.from_bytes(word or b"", "little")}
            ctx.set(port.response, bits)
        elif taken:
            row = int(request.data).to_bytes(width, "little")
            scratchpad[request.address] = np.frombuffer(row, np.uint8)


async def _watch(ctx: SimulatorContext, dut: Any, log: Log) -> None:
    while True:
        _, _, finished, error, address = await ctx.tick().sample(
            dut.finished, dut.error, dut.error_address
        )
        if finished:
            log.finished.append(log.time)
        if error:
            assert not finished, "error must not come with finished"
            log.errors.append((address, len(log.finished)))


def copy(
    dut: Any,
    commands: Sequence[bytes],
    memory: NDArray[np.uint8],
    scratchpad: NDArray[np.uint8],
    conduct: Conduct,
    *,
    stop_after: int | None = None,
    then: Sequence[bytes] = (),
    mend: Callable[[], None] | None = None,
) -> Log:
    """Carry out ``commands``, given as fast as they are taken; arrays are changed in place.

    ``stop_after`` so many cycles, or when memory has refused something, they are given up for a
    time; ``mend`` is called when the unit is not busy any more, and ``then`` carried out.

    Raises
    ------
    TimeoutError
        If that takes too long.
    """
    log = Log()
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    async def remote(ctx: SimulatorContext) -> None:
        serve = serve_writes if hasattr(dut.memory, "words") else serve_reads
        await serve(ctx, dut.memory, memory, conduct)

    async def local(ctx: SimulatorContext) -> None:
        await _serve_local(ctx, dut, scratchpad, conduct, log)

    async def watch(ctx: SimulatorContext) -> None:
        await _watch(ctx, dut, log)

    for part in remote, local, watch:
        sim.add_testbench(part, background=True)

    told = 0

    async def give(ctx: SimulatorContext, wanted: Sequence[bytes], end: int | None) -> bool:
        left = deque(wanted)
        done = len(log.finished) + len(wanted)
        while len(log.finished) < done or ctx.get(dut.busy):
            if len(log.errors) > told or (end is not None and log.time >= end):
                return False
            ctx.set(dut.command.valid, bool(left))
            if left:
                ctx.set(dut.command.payload, int.from_bytes(left[0], "little"))
            _, _, ready = await ctx.tick().sample(dut.command.ready)
            if left and ready:
                left.popleft()
                log.taken.append(log.time)
            if log.time > TIMEOUT:
                raise TimeoutError(f"{len(log.finished)} of {done} commands finished")
        return True

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        nonlocal told
        complete = await give(ctx, commands, stop_after)
        if not complete or then:
            ctx.set(dut.stop, 1)
            ctx.set(dut.command.valid, 0)
            await ctx.tick()
            while True:
                await ctx.tick()
                ctx.set(dut.stop, conduct.seed % 2)  # a pulse, or as long as it takes
                if not ctx.get(dut.busy):
                    break
                assert log.time < TIMEOUT, "busy must fall"
            log.idle = conduct.owed
            assert conduct.owed == 0, "not busy, yet something is owed"
            ctx.set(dut.stop, 0)
            await ctx.tick().repeat(2)
            if mend is not None:
                mend()
            told = len(log.errors)
            assert await give(ctx, then, None)
        await ctx.tick().repeat(8)
        assert not ctx.get(dut.busy)

    sim.run()
    return log
