# SPDX-License-Identifier: MIT
"""Output format."""

from typing import Any

from amaranth import Array, Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.video import Rgb, VideoSignature
from .pixel_bytes import PixelFormat, PixelFormatter

__all__ = ["OutputFormat"]


class OutputFormat(wiring.Component):
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
    i : In(VideoSignature(Rgb(8), ppc=ppc))
        Colour, or Y, Cb, Cr in its places (of 4:2:2 for ``YUYV`` and ``UYVY``, see
        :class:`~opsin.isp.ChromaSubsample`).
    o : Out(VideoSignature(unsigned(8 * bus)))
        Words; ``eol`` marks the last of a line.
    format : In(PixelFormat)
        Sampled with ``sof``.
    dither : In(1)
        Ordered dither for ``RGB565`` instead of rounding; sampled with ``sof``.

    Timing
    ------
    A word leaves 6 cycles after the beat that completes it came. Throughput 1 beat/cycle, but for
    one cycle after a line whose last beat reaches into another word. ``i.ready`` depends
    combinationally on ``o.ready``; ``o`` comes from registers.

    Raises
    ------
    ValueError
        If ``ppc`` is not 1, 2 or 4 or ``bus`` is no power of two from ``4 * ppc``.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.output_format`.
    """

    i: stream.Interface
    o: stream.Interface
    format: Any
    dither: Value

    def __init__(self, *, ppc: int = 1, bus: int | None = None) -> None:
        if ppc not in (1, 2, 4):
            raise ValueError(f"ppc must be 1, 2 or 4, not {ppc!r}")
        bus = 4 * ppc if bus is None else bus
        if bus < 4 * ppc or bus & (bus - 1):
            raise ValueError(f"bus must be a power of two from {4 * ppc}, not {bus!r}")
        self.ppc, self.bus = ppc, bus
        self._formatter = PixelFormatter(ppc=ppc)
        super().__init__(
            {
                "i": In(VideoSignature(Rgb(8), ppc=ppc)),
                "o": Out(VideoSignature(unsigned(8 * bus))),
                "format": In(PixelFormat),
                "dither": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.formatter = formatter = self._formatter
        wiring.connect(m, wiring.flipped(self.i), formatter.i)
        m.d.comb += [formatter.format.eq(self.format), formatter.dither.eq(self.dither)]

        # The pixels' bytes without gaps.
        advance, spilling = Signal(), Signal()
        takes = Signal()
        beat: Any = formatter.o.p
        valid, sof, eol = Signal(), Signal(), Signal()
        piece = Signal(32 * self.ppc)
        size = Signal(range(4 * self.ppc + 1))
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            takes.eq(advance & ~spilling),
            formatter.o.ready.eq(takes),
        ]
        last = Value.cast(beat.pixel[0].last)
        close = Array(Cat(pixel.bytes[: 8 * (k + 1)] for pixel in beat.pixel) for k in range(4))
        with m.If(takes):
            m.d.sync += [
                valid.eq(formatter.o.valid),
                sof.eq(beat.sof),
                eol.eq(beat.eol),
                piece.eq(close[last]),
                size.eq((last + 1) * self.ppc),
            ]

        # Behind the bytes that wait for their word to be full; what is too much spills.
        rest, fill = Signal(8 * self.bus), Signal(range(self.bus))
        begins = Signal()  # the next word is a frame's first
        joined = Signal(8 * (self.bus + 4 * self.ppc))
        total = Signal(range(self.bus + 4 * self.ppc))
        word, spill = joined[: 8 * self.bus], joined[8 * self.bus :]
        full = total >= self.bus
        m.d.comb += [joined.eq(rest | (piece << Cat(0, 0, 0, fill))), total.eq(fill + size)]
        with m.If(advance):
            m.d.sync += self.o.valid.eq(spilling | (valid & (full | eol)))
            m.d.sync += self.o.p.pixel[0].eq(Mux(spilling, rest, word))
            with m.If(spilling):
                m.d.sync += [spilling.eq(0), rest.eq(0), fill.eq(0)]
                m.d.sync += [self.o.p.sof.eq(0), self.o.p.eol.eq(1)]
            with m.Elif(valid):
                over = total > self.bus
                m.d.sync += [
                    rest.eq(Mux(full, spill, Mux(eol, 0, word))),
                    fill.eq(Mux(eol & ~over, 0, total)),
                    spilling.eq(eol & over),
                    self.o.p.sof.eq(sof | begins),
                    self.o.p.eol.eq(eol & ~over),
                    begins.eq((sof | begins) & ~(full | eol)),
                ]

        return m
