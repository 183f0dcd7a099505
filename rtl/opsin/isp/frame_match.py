# SPDX-License-Identifier: MIT
"""Whether the frame in memory is one of the kind that comes."""

from typing import Any

from amaranth import Cat, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["FrameMatch", "FramePlace"]

_PARTS = 6


class FramePlace(data.StructLayout):
    """Beats per line, lines, address of the first line, and from line to line."""

    def __init__(self) -> None:
        super().__init__({"line": 16, "lines": 16, "base": 32, "stride": 32})


class FrameMatch(wiring.Component):
    """Know what lies in memory: a whole frame of which size, and where.

    Members
    -------
    begin : In(1)
        A frame begins.
    coming : In(FramePlace())
        Its place in memory.
    read, write : In(1)
        Whether to read the frame that is known, and to write this one.
    ended : In(1)
        The last beat of the frame has come.
    frame : Out(FramePlace())
        Place of the frame under way.
    reading, writing : Out(1)
        It is read, it is written.
    settling : Out(1)
        The cycle after ``begin``.
    start : Out(1)
        The next one: from now on ``reading`` is right.

    Timing
    ------
    All outputs come from registers.
    """

    begin: Value
    coming: Any
    read: Value
    write: Value
    ended: Value
    frame: Any
    reading: Value
    writing: Value
    settling: Value
    start: Value

    def __init__(self) -> None:
        super().__init__(
            {
                "coming": In(FramePlace()),
                "frame": Out(FramePlace()),
                **{name: In(1) for name in ("begin", "read", "write", "ended")},
                **{name: Out(1) for name in ("reading", "writing", "settling", "start")},
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        written = Signal()  # a whole frame, where ``frame`` says
        wanted, same = Signal(), Signal(_PARTS)  # in parts: all would take too long for a cycle
        size = FramePlace().size // _PARTS
        pairs = zip(*(_parts(place, size) for place in (self.coming, self.frame)), strict=True)
        known = wanted & written & same.all()
        m.d.sync += [self.settling.eq(self.begin), self.start.eq(self.settling)]
        with m.If(self.begin):
            m.d.sync += [
                self.frame.eq(self.coming),
                self.writing.eq(self.write),
                wanted.eq(self.read),
                same.eq(Cat(a == b for a, b in pairs)),
            ]
        with m.Elif(self.settling):
            m.d.sync += [self.reading.eq(known), written.eq(known & ~self.writing)]
        with m.Elif(self.ended):
            m.d.sync += written.eq(written | self.writing)

        return m


def _parts(place: Any, size: int) -> list[Value]:
    bits = Value.cast(place)
    return [bits.word_select(k, size) for k in range(_PARTS)]
