# SPDX-License-Identifier: MIT
"""Line window against NumPy's mirrored windows."""

import random

import numpy as np
import pytest
from amaranth.back import rtlil
from amaranth.hdl import Value, unsigned
from amaranth.lib import data
from amaranth.sim import Simulator
from numpy.typing import NDArray

from opsin.common.line_window import LineWindow
from opsin.common.shift import Shift
from opsin.isp.conveyor import Conveyor
from opsin_sim.blocks import PAUSES, conveyor_cycles
from opsin_sim.devices.ecp5 import PLATFORM
from opsin_sim.golden import isp
from opsin_sim.harness import Model, pack, unpack
from opsin_sim.stream import SimulatorContext
from opsin_sim.video import to_beats


def alone(window: LineWindow) -> Conveyor:
    """Put a window on a conveyor, for slots that come and go at will."""
    return Conveyor(window, max_width=window.max_width)


def frames(rows: int, columns: int, ppc: int) -> list[NDArray[np.uint16]]:
    """Noise in several sizes, the smallest possible first."""
    rng = np.random.default_rng(rows * columns)
    narrowest = max(3 if ppc == 1 else 2, -(-(columns // 2 + 1) // ppc))
    sizes = [(rows // 2 + 1, narrowest), (9, 2), (4, 3), (7, 5), (5, 20 // ppc), (9, 17 // ppc)]
    return [
        rng.integers(0, 256, (height, line * ppc)).astype(np.uint16)
        for height, line in sizes
        if line >= narrowest
    ]


@pytest.mark.parametrize("pauses", ["full rate", "both"])
@pytest.mark.parametrize(
    ("ppc", "size"),
    [
        *((1, size) for size in ((5, 5), (3, 3), (3, 7), (7, 5))),
        *((2, size) for size in ((5, 5), (3, 3), (3, 11))),
        *((4, size) for size in ((5, 5), (7, 3), (3, 11))),
    ],
)
def test_windows(size: tuple[int, int], ppc: int, pauses: str) -> None:
    """Frame after frame, each of another size."""
    rows, columns = size
    dut = alone(LineWindow(8, rows=rows, columns=columns, max_width=20, ppc=ppc))
    sent = frames(rows, columns, ppc)
    rng = random.Random(1)
    received: list[int] = []
    count = sum(frame.size for frame in sent) // ppc

    async def source(ctx: SimulatorContext) -> None:
        for frame in sent:
            for beat in to_beats(frame, 8, ppc):
                while rng.random() < PAUSES[pauses]["idle"]:
                    await ctx.tick()
                ctx.set(dut.width, frame.shape[1])
                ctx.set(dut.height, frame.shape[0])
                ctx.set(Value.cast(dut.i.payload), int(beat))
                ctx.set(dut.i.valid, 1)
                await ctx.tick().until(dut.i.ready)
                ctx.set(dut.i.valid, 0)

    async def sink(ctx: SimulatorContext) -> None:
        for _ in range(40 * count):
            ready = rng.random() >= PAUSES[pauses]["stall"]
            ctx.set(dut.o.ready, ready)
            sampled = ctx.tick().sample(dut.o.valid, Value.cast(dut.o.payload))
            _, _, valid, payload = await sampled
            if valid and ready:
                received.append(payload)
            if len(received) == count:
                return

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source, background=True)
    simulator.add_testbench(sink)
    simulator.run()

    pixels = [isp.windows(frame, rows, columns).reshape(-1, rows * columns) for frame in sent]
    beats = isp.frames_to_beats([frame[:, ::ppc] for frame in sent])
    wanted = np.concatenate(pixels)
    size_of_beat = rows * columns * ppc
    got = [
        list((p & (1 << 8 * size_of_beat) - 1).to_bytes(size_of_beat, "little")) for p in received
    ]
    assert np.array_equal(np.reshape(got, (-1, rows * columns)), wanted)
    assert [p >> 8 * size_of_beat for p in received] == (beats.sof + 2 * beats.eol).tolist()


@pytest.mark.parametrize(("ppc", "lines"), [(1, [31, 4]), (2, [15, 4]), (4, [8, 3, 2])])
def test_model_and_cycles(ppc: int, lines: list[int]) -> None:
    """One beat per cycle; a frame waits for 2 lines, the overhang, and the conveyor's length.

    Beats of lines with less than 4 of them take 2 cycles.
    """
    window = LineWindow(12, rows=5, columns=5, max_width=32, ppc=ppc)
    with Model(alone(window)) as model:
        for line in lines:
            width, overhang = line * ppc, 2 if ppc == 1 else 1
            frame = np.random.default_rng(1).integers(0, 4096, (11, width)).astype(np.uint16)
            model.set("width", width)
            model.set("height", 11)
            beats = np.tile(to_beats(frame, 12, ppc), 3)
            model.run(cycles=100, sinks={"o": None})
            run = model.run({"i": beats}, {"o": len(beats)})
            slots = line * (11 + 2) + overhang
            if line >= 4:
                assert run.cycles == conveyor_cycles(slots, window.latency, frames=3)
            fields = unpack(model.boundary.sinks["o"], run.outputs["o"])
            wanted = np.concatenate([isp.windows(frame, 5, 5).reshape(-1, ppc, 5, 5)] * 3)
            assert np.array_equal(fields["pixel"], wanted)


@pytest.mark.parametrize(("rows", "ppc"), [(5, 1), (3, 2), (7, 4)])
def test_carried_fields(rows: int, ppc: int) -> None:
    """Fields beside the one that is wanted all around come with the middle pixel."""
    shape = data.StructLayout({"a": unsigned(5), "b": unsigned(8), "c": unsigned(3)})
    window = LineWindow(shape, rows=rows, columns=5, max_width=32, ppc=ppc, near="b")
    rng = np.random.default_rng(rows)
    with Model(alone(window)) as model:
        for width, height in ((4 * ppc, rows // 2 + 1), (20, 9)):
            fields = {name: rng.integers(0, 1 << size, (height, width), dtype=np.uint16)
                      for name, size in (("a", 5), ("b", 8), ("c", 3))}  # fmt: skip
            model.set("width", width)
            model.set("height", height)
            marks = isp.frames_to_beats([fields["a"][:, ::ppc]])
            pixel = {name: field.reshape(-1, ppc) for name, field in fields.items()}
            beats = pack(
                model.boundary.sources["i"], {"pixel": pixel, "sof": marks.sof, "eol": marks.eol}
            )
            run = model.run({"i": beats}, {"o": len(beats)}, idle=0.3, stall=0.3)
            got = unpack(model.boundary.sinks["o"], run.outputs["o"])
            around = isp.windows(fields["b"], rows, 5).reshape(-1, ppc, rows, 5)
            assert np.array_equal(got["pixel"]["window"], around)
            for name in fields:
                assert np.array_equal(got["pixel"]["pixel"][name], pixel[name])
            assert np.array_equal(got["eol"], marks.eol)


def test_enables_of_their_own() -> None:
    """At most 64 registers share an enable, which is an instance, so that none is merged."""
    text = rtlil.convert(Shift(100, 5), platform=PLATFORM)
    assert text.count("cell \\TRELLIS_FF") == 9


@pytest.mark.parametrize(
    ("rows", "columns", "max_width", "ppc", "message"),
    [
        (4, 5, 64, 1, "rows must be odd and at least 3, not 4"),
        (5, 1, 64, 1, "columns must be odd and at least 3, not 1"),
        (5, 5, 4, 1, "max_width must be at least 5, not 4"),
        (5, 5, 4, 4, "max_width must be at least 8, not 4"),
        (5, 5, 66, 4, "max_width must be a multiple of ppc = 4, not 66"),
        (5, 5, 64, 3, "ppc must be 1, 2 or 4, not 3"),
    ],
)
def test_rejects(rows: int, columns: int, max_width: int, ppc: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LineWindow(8, rows=rows, columns=columns, max_width=max_width, ppc=ppc)
