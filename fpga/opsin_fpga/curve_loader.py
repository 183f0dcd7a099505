# SPDX-License-Identifier: MIT
"""A tone curve from a read-only memory."""

from collections.abc import Sequence
from itertools import pairwise

from amaranth import Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Out

from opsin.isp import CurveWrite
from opsin.isp.tone_curve import Segment

__all__ = ["CurveLoader"]


class CurveLoader(wiring.Component):
    """Write a tone curve once after reset.

    Parameters
    ----------
    points : sequence of int
        The curve's 257 points in Q8.8, as in :class:`opsin.isp.ToneCurve`.

    Members
    -------
    o : Out(stream.Signature(CurveWrite()))
        The 256 segments, from black on.
    done : Out(1)
        All of them are taken.

    Timing
    ------
    One segment every two cycles. ``o.valid`` and ``done`` come from registers.

    Raises
    ------
    ValueError
        If there are not 257 points.
    """

    o: stream.Interface
    done: Value

    def __init__(self, points: Sequence[int]) -> None:
        if len(points) != 257:
            raise ValueError(f"points must be 257 numbers, not {len(points)!r}")
        self._points = list(points)
        super().__init__({"o": Out(stream.Signature(CurveWrite())), "done": Out(1)})

    def elaborate(self, platform: object) -> Module:
        """Elaborate."""
        m = Module()
        segments = [{"start": a, "slope": b - a} for a, b in pairwise(self._points)]
        m.submodules.curve = curve = Memory(shape=Segment(), depth=256, init=segments)
        read = curve.read_port()

        index = Signal(range(256))
        m.d.comb += [
            read.en.eq(1),
            read.addr.eq(index),
            self.o.p.index.eq(index),
            self.o.p.start.eq(read.data.start),
            self.o.p.slope.eq(read.data.slope),
        ]
        with m.If(~self.o.valid):
            m.d.sync += self.o.valid.eq(~self.done)
        with m.Elif(self.o.ready):
            m.d.sync += [self.o.valid.eq(0), index.eq(index + 1), self.done.eq(index == 255)]

        return m
