# SPDX-License-Identifier: MIT
"""Row window against NumPy's mirrored windows."""

import random

import numpy as np
import pytest
from amaranth.hdl import Value
from amaranth.sim import Simulator
from numpy.typing import NDArray

from opsin.common.row_window import RowWindow
from opsin.isp.conveyor import Conveyor
from opsin_sim.blocks import PAUSES
from opsin_sim.golden import isp
from opsin_sim.stream import SimulatorContext
from opsin_sim.video import to_beats


def frames(columns: int, ppc: int) -> list[NDArray[np.uint16]]:
    """Noise in several sizes, the narrowest possible first."""
    rng = np.random.default_rng(columns)
    narrowest = max(2, -(-(columns // 2 + 1) // ppc)) * ppc
    return [
        rng.integers(0, 256, (height, width)).astype(np.uint16)
        for height, width in ((1, narrowest), (4, narrowest), (3, narrowest + ppc), (2, 20))
    ]


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
@pytest.mark.parametrize(("columns", "ppc"), [(9, 1), (3, 1), (9, 2), (5, 2), (9, 4), (3, 4)])
def test_windows(columns: int, ppc: int, pauses: dict[str, float]) -> None:
    """Every line leaves, also the last, which none follows."""
    dut = Conveyor(RowWindow(8, columns=columns, ppc=ppc), max_width=20)
    sent = frames(columns, ppc)
    rng = random.Random(1)
    received: list[int] = []

    async def source(ctx: SimulatorContext) -> None:
        for frame in sent:
            for beat in to_beats(frame, 8, ppc):
                ctx.set(dut.width, frame.shape[1])
                ctx.set(dut.height, frame.shape[0])
                while rng.random() < pauses["idle"]:
                    await ctx.tick()
                ctx.set(Value.cast(dut.i.payload), int(beat))
                ctx.set(dut.i.valid, 1)
                await ctx.tick().until(dut.i.ready)
                ctx.set(dut.i.valid, 0)

    async def sink(ctx: SimulatorContext) -> None:
        for _ in range(2000):
            ready = rng.random() >= pauses["stall"]
            ctx.set(dut.o.ready, ready)
            sampled = ctx.tick().sample(dut.o.valid, Value.cast(dut.o.payload))
            _, _, valid, payload = await sampled
            if valid and ready:
                received.append(payload)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source)
    simulator.add_testbench(sink)
    simulator.run()

    wanted = [beat for frame in sent for beat in expected(frame, columns, ppc)]
    assert received == wanted


def expected(frame: NDArray[np.uint16], columns: int, ppc: int) -> list[int]:
    """Windows of a frame as payloads, ``ppc`` a beat."""
    height, width = frame.shape
    line = np.pad(frame, ((0, 0), (columns // 2, columns // 2)), mode="reflect")
    beats = []
    for y in range(height):
        for x in range(0, width, ppc):
            windows = b"".join(
                line[y, x + k : x + k + columns].astype(np.uint8).tobytes() for k in range(ppc)
            )
            sof, eol = (x == 0 and y == 0), x + ppc == width
            beats.append(int.from_bytes(windows, "little") | (sof | eol << 1) << 8 * len(windows))
    return beats


def test_golden_windows_of_one_row() -> None:
    (frame, *_) = frames(9, 1)
    assert (
        isp.windows(frame, 1, 9)[0, 0, 0].tolist() == frame[0, [4, 3, 2, 1, 0, 1, 2, 3, 4]].tolist()
    )


def test_rejects() -> None:
    with pytest.raises(ValueError, match="columns must be odd and at least 3, not 4"):
        RowWindow(8, columns=4)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 3"):
        RowWindow(8, columns=5, ppc=3)
