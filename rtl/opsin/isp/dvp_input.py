# SPDX-License-Identifier: MIT
"""Parallel camera port."""

from amaranth import Module, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.video import VideoSignature
from .point import check_depth

__all__ = ["DvpInput"]


class DvpInput(wiring.Component):
    """Make a stream of what a sensor with a parallel port (DVP) sends.

    A pixel is there while ``hsync`` is active and ``vsync`` is not. The first after an active
    ``vsync`` gets ``sof``, the last before ``hsync`` falls (or ``vsync`` rises) ``eol``; lines and
    frames may have any size and blanking. With the polarities, ``hsync`` may as well be a line
    blanking signal, and ``vsync`` a frame valid signal.

    A sensor does not wait. A pixel that finds the one before it not yet taken is lost and
    ``overflow`` set; a queue behind, and the frame guard, are for that.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16; fewer pins are connected to the upper ones.

    Members
    -------
    data : In(unsigned(depth))
    hsync, vsync : In(1)
        The sensor's pins, from registers in this clock domain.
    strobe : In(1)
        The pins hold a new sample; constantly 1 if the clock is the pixel clock.
    hsync_low, vsync_low : In(1)
        The pin is active at 0; static.
    o : Out(VideoSignature(unsigned(depth)))
        Raw samples.
    overflow : Out(1)
        A pixel was lost; sticky.
    clear : In(1)
        Reset ``overflow``, unless a pixel is lost in this cycle.

    Timing
    ------
    A pixel leaves 2 cycles after the sample behind it, which tells whether it is its line's last.
    No combinational paths.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.dvp_input`.
    """

    data: Value
    hsync: Value
    vsync: Value
    strobe: Value
    hsync_low: Value
    vsync_low: Value
    o: stream.Interface
    overflow: Value
    clear: Value

    def __init__(self, *, depth: int) -> None:
        check_depth(depth)
        self.depth = depth
        pins = ("hsync", "vsync", "strobe", "hsync_low", "vsync_low")
        super().__init__(
            {
                "data": In(unsigned(depth)),
                **{name: In(1) for name in pins},
                "o": Out(VideoSignature(unsigned(depth))),
                "overflow": Out(1),
                "clear": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        # The sample, its meaning, and the pixel before it.
        sample, live, between, new = Signal(self.depth), Signal(), Signal(), Signal()
        blank = self.vsync ^ self.vsync_low
        m.d.sync += new.eq(self.strobe)
        with m.If(self.strobe):
            m.d.sync += [
                sample.eq(self.data),
                live.eq((self.hsync ^ self.hsync_low) & ~blank),
                between.eq(blank),
            ]
        pixel, held, first, fresh = Signal(self.depth), Signal(), Signal(), Signal()
        with m.If(new):
            m.d.sync += held.eq(live)
            with m.If(between):
                m.d.sync += fresh.eq(1)
            with m.Elif(live):
                m.d.sync += [pixel.eq(sample), first.eq(fresh), fresh.eq(0)]

        leaves = new & held
        lost = leaves & self.o.valid & ~self.o.ready
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(leaves & ~lost):
            m.d.sync += [
                self.o.valid.eq(1),
                self.o.p.pixel[0].eq(pixel),
                self.o.p.sof.eq(first),
                self.o.p.eol.eq(~live),
            ]
        m.d.sync += self.overflow.eq(lost | (self.overflow & ~self.clear))

        return m
