# SPDX-License-Identifier: MIT
"""Output format."""

from typing import Any

from amaranth import Array, C, Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from ..common.flow import FlowBlock, delayed
from ..common.video import Rgb
from .pixel_bytes import PIXEL_SIZES, PixelFormat, PixelFormatter

__all__ = ["OutputFormat"]


class OutputFormat(FlowBlock):
    """Pack pixels into words of a bus, as memories and displays expect them.

    The bytes of a line lie close together, the first in the lowest bits of the first word; the last
    word of a line is filled with 0.

    Parameters
    ----------
    ppc : int
        Pixels per beat: 1, 2 or 4.
    bus : int or None
        Bytes per word, a power of two of at least ``4 * ppc``; None: ``4 * ppc``.

    Members
    -------
    i : In(FlowSignature(Rgb(8), ppc=ppc))
        Colour, or Y, Cb, Cr in its places (of 4:2:2 for ``YUYV`` and ``UYVY``, see
        :class:`~opsin.isp.ChromaSubsample`). Lines of at least 2 beats, or all lines of 1 beat.
    o : Out(FlowSignature(unsigned(8 * bus // ppc), ppc=ppc))
        Words, one a beat: ``ppc`` parts beside each other are one word. ``sof`` marks the first of
        a frame, ``eol`` the last of a line. Slots in which no word is completed are empty.
    format : In(PixelFormat)
        A setting.
    dither : In(1)
        Ordered dither for ``RGB565`` instead of rounding; a setting.

    Timing
    ------
    Latency 7 cycles. A word leaves in the slot of the beat that completes it; if a line's last beat
    reaches into another word, that leaves in the slot behind.

    Raises
    ------
    ValueError
        If ``ppc`` is not 1, 2 or 4 or ``bus`` is no power of two from ``4 * ppc``.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.output_format`.
    """

    format: Any
    dither: Value

    def __init__(self, *, ppc: int = 1, bus: int | None = None) -> None:
        self._formatter = PixelFormatter(ppc=ppc)
        bus = 4 * ppc if bus is None else bus
        if bus < 4 * ppc or bus & (bus - 1):
            raise ValueError(f"bus must be a power of two from {4 * ppc}, not {bus!r}")
        self.bus = bus
        super().__init__(
            Rgb(8),
            unsigned(8 * bus // ppc),
            ppc=ppc,
            latency=self._formatter.latency + 3,
            ports={"format": In(PixelFormat), "dither": In(1)},
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.formatter = formatter = self._formatter
        wiring.connect(m, wiring.flipped(self.i), formatter.i)
        m.d.comb += [formatter.format.eq(self.format), formatter.dither.eq(self.dither)]
        come = formatter.o
        markers = Cat(come.step, come.live, come.p.sof, come.p.eol)

        # The pixels' bytes without gaps.
        bytes_per_pixel = Signal(range(5))
        sizes = Array(PIXEL_SIZES[form] for form in PixelFormat)
        m.d.sync += bytes_per_pixel.eq(sizes[Value.cast(self.format)])
        size = bytes_per_pixel * self.ppc if self.ppc == 1 else bytes_per_pixel << (self.ppc >> 1)
        piece = Signal(32 * self.ppc)
        close = Array(
            Cat(pixel[: 8 * count] for pixel in come.p.pixel) for count in (4, 1, 2, 3, 4)
        )
        m.d.sync += piece.eq(close[bytes_per_pixel] if self.ppc > 1 else come.p.pixel[0])
        _, live, _, eol = delayed(m, markers, 1, "piece")

        # Where they belong, behind the bytes that wait for their word to be full.
        fill = Signal(range(self.bus))
        total = Signal(range(self.bus + 4 * self.ppc))
        placed = Signal(8 * (self.bus + 4 * self.ppc))
        full, over = Signal(), Signal()
        m.d.comb += total.eq(fill + size)
        m.d.sync += [
            placed.eq(piece << Cat(C(0, 3), fill)),
            full.eq(total >= self.bus),
            over.eq(total > self.bus),
        ]
        with m.If(live):
            m.d.sync += fill.eq(Mux(eol, 0, total))

        # Words; what a line's end has too much for one leaves in the next slot, in which no other
        # word can be complete.
        step, live, sof, eol = delayed(m, markers, 2, "placed")
        rest, spilling, begins = Signal(8 * self.bus), Signal(), Signal()
        word = placed[: 8 * self.bus] | Mux(spilling, 0, rest)
        complete = live & (full | eol)
        m.d.sync += [
            self.o.step.eq(step),
            self.o.live.eq(step & (spilling | complete)),
            Value.cast(self.o.p.pixel).eq(Mux(spilling, rest, word)),
            self.o.p.sof.eq((sof | begins) & ~spilling),
            self.o.p.eol.eq(spilling | (eol & ~over)),
        ]
        with m.If(step):
            m.d.sync += spilling.eq(live & eol & over)
        with m.If(step & spilling):
            m.d.sync += rest.eq(0)
        with m.If(live):
            m.d.sync += [
                begins.eq((sof | begins) & ~complete),
                rest.eq(Mux(full, placed[8 * self.bus :], Mux(eol, 0, word))),
            ]

        return m
