# SPDX-License-Identifier: MIT
"""Both ends of a conveyor: where streams of video get on it, and where they leave."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.hdl import ShapeLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .flow import FlowSignature
from .line_memory import LineMemory
from .stream import Queue
from .video import VideoSignature

__all__ = ["Feed", "Unload"]

_SETTLE = 3  # cycles from settings to the first beat
_LAG = 8  # slots that come after there is no more room, beside those on the way
_SMALL = 64  # beats that are not worth a block RAM
_AHEAD = 8  # beats between the queue's memory and the output


class Feed(wiring.Component):
    """Put frames on a conveyor, one after the other.

    A frame begins with a beat with ``sof``; others before it are dropped. When its last beat is on
    the conveyor, empty slots push it on until all beats have left at the other end, and only then
    the next frame begins. So settings of the blocks between hold for one frame.

    Where a line has less than 4 beats, every other slot is left out: line memories need 4 cycles
    from one line to the next.

    Parameters
    ----------
    pixel : ShapeLike
        Shape of a pixel.
    max_width : int
        Pixels of the longest line.
    ppc : int
        Pixels per beat.

    Members
    -------
    i : In(VideoSignature(pixel, ppc=ppc))
        Well-formed frames (see :class:`~opsin.isp.frame_guard.FrameGuard`).
    o : Out(FlowSignature(pixel, ppc=ppc))
        The conveyor.
    width : In(range(max_width + 1))
        Pixels per line.
    height : In(16)
        Lines. As all settings of the conveyor's blocks, both must be right from the cycle after
        ``begin`` until the next one.
    begin : Out(1)
        A frame begins: settings are to be sampled at the end of this cycle.
    busy : Out(1)
        A frame is on the conveyor.
    room : In(1)
        The end of the conveyor can take whatever is on it, and four slots more.
    left : In(1)
        The frame's last beat leaves.

    Timing
    ------
    Latency 1 cycle; the first beat of a frame waits 4 cycles. ``i.ready`` comes from registers.
    """

    i: stream.Interface
    o: Any
    width: Value
    height: Value
    begin: Value
    busy: Value
    room: Value
    left: Value

    def __init__(self, pixel: ShapeLike, *, max_width: int, ppc: int = 1) -> None:
        self.ppc = ppc
        super().__init__(
            {
                "i": In(VideoSignature(pixel, ppc=ppc)),
                "o": Out(FlowSignature(pixel, ppc=ppc)),
                "width": In(range(max_width + 1)),
                "height": In(16),
                "begin": Out(1),
                "busy": Out(1),
                "room": In(1),
                "left": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        go = Signal()  # a slot may pass
        wait = Signal(range(_SETTLE + 1))
        slow = Signal()
        lines = Signal(16)  # left to come, this one included
        m.d.sync += slow.eq(self.width < 4 * self.ppc)
        step, live = Signal(), Signal()
        m.d.sync += [
            self.o.step.eq(step),
            self.o.live.eq(live),
            self.o.p.eq(self.i.p),
            go.eq(self.room & ~(slow & go)),
        ]

        with m.FSM() as states:
            m.d.comb += self.busy.eq(~states.ongoing("idle"))
            with m.State("idle"):
                m.d.comb += [
                    self.begin.eq(self.i.valid & self.i.p.sof),
                    self.i.ready.eq(~self.i.p.sof),
                ]
                m.d.sync += wait.eq(_SETTLE)
                with m.If(self.begin):
                    m.next = "settle"
            with m.State("settle"):
                m.d.sync += [wait.eq(wait - 1), lines.eq(self.height)]
                with m.If(wait == 1):
                    m.next = "frame"
            with m.State("frame"):
                m.d.comb += [
                    self.i.ready.eq(go),
                    live.eq(go & self.i.valid),
                    step.eq(live),
                ]
                with m.If(live & self.i.p.eol):
                    m.d.sync += lines.eq(lines - 1)
                    with m.If(lines == 1):
                        m.next = "drain"
            with m.State("drain"):
                m.d.comb += step.eq(go)
                with m.If(self.left):
                    m.next = "idle"

        return m


class Unload(wiring.Component):
    """Take beats from the end of a conveyor into a queue.

    Parameters
    ----------
    pixel : ShapeLike
        Shape of a pixel.
    ppc : int
        Pixels per beat.
    latency : int
        Cycles that a slot needs from :class:`Feed` to here.

    Members
    -------
    i : In(FlowSignature(pixel, ppc=ppc))
    o : Out(VideoSignature(pixel, ppc=ppc))
        The beats.
    height : In(16)
        Lines of the frame, see :class:`Feed`.
    room : Out(1)
        There is room for all that can be on the way.
    left : Out(1)
        The last beat of a frame is in the queue. The next frame must not come before.

    Timing
    ------
    A beat leaves 5 cycles after it came. All outputs but ``o.p`` come from registers.
    """

    i: Any
    o: stream.Interface
    height: Value
    room: Value
    left: Value

    def __init__(self, pixel: ShapeLike, *, ppc: int, latency: int) -> None:
        self._reserve = latency + _LAG
        self.depth = 1 << (self._reserve + 15).bit_length()
        super().__init__(
            {
                "i": In(FlowSignature(pixel, ppc=ppc)),
                "o": Out(VideoSignature(pixel, ppc=ppc)),
                "height": In(16),
                "room": Out(1),
                "left": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        beat = self.i.p.shape()
        small = self.depth <= _SMALL
        m.submodules.memory = memory = LineMemory(beat, depth=self.depth, luts=small)
        m.submodules.ahead = ahead = Queue(beat, depth=_AHEAD)
        wiring.connect(m, ahead.o, wiring.flipped(self.o))

        level = Signal(range(self.depth + 1))  # beats in memory
        on_way = Signal(range(_AHEAD + 1))  # beats on the way to the output, before it, just taken
        some = Signal()  # there was at least one in memory, not counting what came since
        fetch, coming, taken = Signal(), Signal(2), Signal()
        m.d.comb += [
            fetch.eq(some & (on_way != _AHEAD)),
            memory.write_en.eq(self.i.live),
            memory.write_data.eq(self.i.p),
            ahead.i.p.eq(memory.read_data),
            ahead.i.valid.eq(coming[-1]),
        ]
        m.d.sync += [
            memory.write_addr.eq(memory.write_addr + self.i.live),
            memory.read_addr.eq(memory.read_addr + fetch),
            level.eq(level + self.i.live - fetch),
            some.eq(Mux(fetch, level[1:].any(), level.any())),
            taken.eq(self.o.valid & self.o.ready),
            on_way.eq(on_way + fetch - taken),
            coming.eq(Cat(fetch, coming)),
            self.room.eq(level <= self.depth - self._reserve),
        ]

        lines = Signal(16)  # that have left
        complete, before = Signal(), Signal()
        with m.If(self.i.live & self.i.p.sof):
            m.d.sync += lines.eq(self.i.p.eol)
        with m.Elif(self.i.live & self.i.p.eol):
            m.d.sync += lines.eq(lines + 1)
        with m.Elif(complete):
            m.d.sync += lines.eq(0)
        m.d.sync += [
            complete.eq(lines == self.height),
            before.eq(complete),
            self.left.eq(complete & ~before),
        ]

        return m
