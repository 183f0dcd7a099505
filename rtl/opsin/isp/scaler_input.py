# SPDX-License-Identifier: MIT
"""The scaler's input: frames by count, pixels one by one, averages along lines."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .scaler_queue import PromisedQueue

__all__ = ["AveragedPixel", "ScalerInput", "half"]

_DEPTH = 16  # of the queue
_ROOM = 6  # level from which on nothing more is taken: 10 may be under way


class AveragedPixel(data.StructLayout):
    """Three samples, and whether they are the last of a line."""

    def __init__(self, depth: int) -> None:
        super().__init__({"pixel": data.ArrayLayout(unsigned(depth), 3), "last": 1})


class ScalerInput(wiring.Component):
    """Take a frame of ``width`` × ``height`` pixels and average 1, 2, 4 or 8 neighbours.

    Pixels at a line's end that do not make a whole average are dropped.

    Parameters
    ----------
    depth, ppc : int

    Members
    -------
    start : In(1)
        Begin a frame; the settings below are constant from then on until ``busy`` falls.
    width, height : In(unsigned(16))
    average : In(2)
        Log2 of the pixels to average.
    bypass : In(1)
        Only count; the frame goes elsewhere, when there is ``room``.
    room : In(1)
        Two more beats could be taken by whom they go to. Only for ``bypass``.
    valid : In(1), pixels : In(array of ppc pixels)
        What the source offers.
    ready : Out(1)
        It is taken.
    busy : Out(1)
        Beats of the frame are to come.
    o : Out(stream.Signature(AveragedPixel(depth)))

    Timing
    ------
    Takes a beat per cycle if averages are ``ppc`` pixels or longer, else delivers an average per
    cycle. ``ready`` comes from a register.
    """

    start: Value
    width: Value
    height: Value
    average: Value
    bypass: Value
    room: Value
    valid: Value
    pixels: Any
    ready: Value
    busy: Value
    o: stream.Interface

    def __init__(self, *, depth: int, ppc: int) -> None:
        self.depth, self.ppc = depth, ppc
        pixel = data.ArrayLayout(unsigned(depth), 3)
        super().__init__(
            {
                "start": In(1),
                "width": In(16),
                "height": In(16),
                "average": In(2),
                "bypass": In(1),
                "room": In(1),
                "valid": In(1),
                "pixels": In(data.ArrayLayout(pixel, ppc)),
                "ready": Out(1),
                "busy": Out(1),
                "o": Out(stream.Signature(AveragedPixel(depth))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.queue = queue = PromisedQueue(AveragedPixel(self.depth), depth=_DEPTH)
        wiring.connect(m, queue.o, wiring.flipped(self.o))

        # Log2 of pixels summed at once, and how many sums a beat makes but one.
        wide = (self.ppc - 1).bit_length()
        joined = Signal(2)
        more = Signal(2)
        m.d.sync += [
            joined.eq(Mux(self.average > wide, wide, self.average)),
            more.eq(Mux(self.bypass, 0, (self.ppc - 1) >> joined)),
        ]

        # Count beats and lines.
        accept, room = Signal(), Signal()
        waits = Signal(2)
        beats, lines = Signal(16), Signal(16)
        first, last, last_line = Signal(), Signal(), Signal()
        final = accept & last & last_line
        m.d.comb += accept.eq(self.valid & self.ready)
        m.d.sync += [
            room.eq(Mux(self.bypass, self.room, queue.level < _ROOM)),
            self.ready.eq(
                self.busy & room & Mux(accept, ~final & (more == 0), waits <= 1),
            ),
            waits.eq(Mux(accept, more, waits - (waits != 0))),
        ]
        line = (self.width >> wide).as_unsigned()
        with m.If(self.start):
            m.d.sync += [self.busy.eq(1), beats.eq(line), lines.eq(self.height)]
            m.d.sync += [first.eq(1), last.eq(line == 1), last_line.eq(self.height == 1)]
        with m.Elif(accept):
            m.d.sync += [
                first.eq(last),
                beats.eq(Mux(last, line, beats - 1)),
                last.eq(Mux(last, line == 1, beats == 2)),
                self.busy.eq(~final),
            ]
            with m.If(last):
                m.d.sync += [lines.eq(lines - 1), last_line.eq(lines == 2)]

        # Stage 1: the beat, whose pixels leave from its lower end.
        pixel = 3 * self.depth
        held = Signal(pixel * self.ppc)
        left = Signal(range(self.ppc + 1))
        begins = Signal()
        moved: Value = held
        for k in range(wide):
            moved = Mux(joined == k, held >> (pixel << k), moved)
        take = accept & ~self.bypass
        m.d.sync += [
            held.eq(Mux(take, Value.cast(self.pixels), moved)),
            begins.eq(take & first),
            left.eq(Mux(take, more + 1, left - (left != 0))),
        ]

        self._average(m, held, left != 0, begins, joined, queue)
        return m

    def _average(
        self, m: Module, held: Value, live: Value, begins: Value, joined: Value, to: Any
    ) -> None:
        wide = (self.ppc - 1).bit_length()
        pixel = 3 * self.depth

        # Stage 2: sums of pixels that came together, and their place in the average.
        wholes, groups = Signal(16), Signal(16)
        longest = Signal(3)
        m.d.sync += [
            wholes.eq(self.width >> self.average),
            groups.eq(wholes - 1),
            longest.eq((1 << (self.average - joined).as_unsigned()[:2]) - 1),
        ]
        count, group = Signal(3), Signal(16)
        count_here, group_here = Mux(begins, 0, count), Mux(begins, 0, group)
        done = live & (count_here == longest)
        complete, opens, last, valid = Signal(), Signal(), Signal(), Signal()
        with m.If(live):
            m.d.sync += [count.eq(Mux(done, 0, count_here + 1)), group.eq(group_here + done)]
        m.d.sync += [
            valid.eq(live),
            complete.eq(done),
            opens.eq(count_here == 0),
            last.eq(group_here == groups),
        ]
        done_2, last_2 = Signal(), Signal()
        m.d.sync += [done_2.eq(complete), last_2.eq(last)]
        m.d.sync += [to.push.eq(done_2), to.i.last.eq(last_2)]
        for k in range(3):
            samples = [
                held[n * pixel + k * self.depth : n * pixel + (k + 1) * self.depth]
                for n in range(self.ppc)
            ]
            sums: Any = samples[0]
            for stage in range(wide):
                sums = Mux(joined == stage + 1, sum(samples[: 2 << stage], start=0), sums)
            part = Signal(self.depth + wide, name=f"part_{k}")
            total = Signal(self.depth + 3, name=f"total_{k}")
            m.d.sync += part.eq(sums)
            # Stage 3 and 4: the average.
            with m.If(valid):
                m.d.sync += total.eq(Mux(opens, half(self.average), total) + part)
            m.d.sync += to.i.pixel[k].eq(total >> self.average)


def half(average: Value) -> Value:
    """Return what a sum of ``2**average`` samples starts with, for its mean to round halves up."""
    return Cat(average == 1, average == 2, average == 3)
