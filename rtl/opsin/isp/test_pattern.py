# SPDX-License-Identifier: MIT
"""Bayer test picture, made pixel by pixel."""

from amaranth import C, Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import enum, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.video import BayerPhase, VideoSignature

__all__ = ["TestPattern"]


class TestPattern(wiring.Component):
    """The same raw frame again and again: colour bars, ramp, edges and noise from top to bottom.

    For the pixel in column ``x``, line ``y``, with ``bar = floor(8x / width)``,
    ``zone = floor(4y / height)``, ``on = 3 * 2**(depth-2)`` and ``off = 2**(depth-6)``:

    ====  ======================================================================================
    zone  sample
    ====  ======================================================================================
    0     eight bars white, yellow, cyan, green, magenta, red, blue, black: ``on`` if the site's
          colour is lit (red unless ``bar`` bit 1, green unless bit 2, blue unless bit 0), else
          ``off``
    1     grey ramp ``(x * 2**(depth-8) + y) mod 2**depth``
    2     edges, ``on`` or ``off``: left half a checkerboard, ``on`` where bit 2 of ``x`` and ``y``
          differ; right half, ``on`` where bit 3 of ``x + 2y`` is set, diagonal stripes
    3     noise: the lowest ``depth`` bits of a 16-bit Galois LFSR (shift right, taps ``0xB400``)
          that is ``0xACE1`` at the frame's first pixel and steps once per pixel
    ====  ======================================================================================

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.

    Members
    -------
    o : Out(VideoSignature(unsigned(depth)))
        Raw samples, one per beat.
    width, height : In(unsigned(16))
        Pixels per line, at least 8; lines per frame, at least 4.
    phase : In(BayerPhase)
        Colour filter at the first pixel.

    Timing
    ------
    One pixel per cycle and one idle cycle before each frame, in which ``width``, ``height`` and
    ``phase`` are taken. ``o`` comes from registers.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.test_pattern.frame`.
    """

    __test__ = False  # not a test class of pytest's

    o: stream.Interface
    width: Value
    height: Value
    phase: enum.EnumView

    def __init__(self, *, depth: int) -> None:
        if not 8 <= depth <= 16:
            raise ValueError(f"depth must be in 8..16, not {depth!r}")
        self.depth = depth
        super().__init__(
            {
                "o": Out(VideoSignature(unsigned(depth))),
                "width": In(unsigned(16)),
                "height": In(unsigned(16)),
                "phase": In(BayerPhase),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        idle = Signal(init=1)
        column_shift, row_shift = Signal(), Signal()  # of the colour filter
        noise = Signal(16)
        m.submodules.column = column = _Counter(parts=8)
        m.submodules.row = row = _Counter(parts=4)

        free = ~self.o.valid | self.o.ready
        step = ~idle & free
        m.d.comb += [
            column.count.eq(self.width),
            row.count.eq(self.height),
            column.load.eq(idle),
            row.load.eq(idle),
            column.step.eq(step),
            row.step.eq(step & column.last),
        ]
        with m.If(free):
            m.d.sync += self.o.valid.eq(~idle)
        with m.If(idle):
            m.d.sync += [
                idle.eq(0),
                Cat(column_shift, row_shift).eq(self.phase.as_value()),
                noise.eq(0xACE1),
            ]
        with m.Elif(free):
            m.d.sync += [
                idle.eq(column.last & row.last),
                noise.eq((noise >> 1) ^ Mux(noise[0], 0xB400, 0)),
                self.o.p.sof.eq((column.index == 0) & (row.index == 0)),
                self.o.p.eol.eq(column.last),
            ]

        x, y = column.index, row.index
        blue_row, odd_site = y[0] ^ row_shift, x[0] ^ column_shift ^ y[0] ^ row_shift
        lit = Mux(odd_site, ~column.part[2], Mux(blue_row, ~column.part[0], ~column.part[1]))
        edge = Mux(column.part[2], (x + (y << 1))[3], x[2] ^ y[2])
        on, off = C(3 << (self.depth - 2), self.depth), C(1 << (self.depth - 6), self.depth)
        sample = Signal(self.depth)
        with m.Switch(row.part):
            with m.Case(0):
                m.d.comb += sample.eq(Mux(lit, on, off))
            with m.Case(1):
                m.d.comb += sample.eq((x << (self.depth - 8)) + y)
            with m.Case(2):
                m.d.comb += sample.eq(Mux(edge, on, off))
            with m.Default():
                m.d.comb += sample.eq(noise)
        with m.If(step):
            m.d.sync += self.o.p.pixel[0].eq(sample)

        return m


class _Counter(wiring.Component):
    """``index`` in 0..count - 1, wrapping, and ``part = floor(parts * index / count)``.

    ``load`` takes ``count`` (at least ``parts``, a power of two) and clears; the part is found
    without division by adding ``parts`` a step and taking ``count`` away when it is exceeded.
    """

    count: Value
    load: Value
    step: Value
    index: Value
    last: Value
    part: Value

    def __init__(self, *, parts: int) -> None:
        self.parts = parts
        super().__init__(
            {
                "count": In(unsigned(16)),
                "load": In(1),
                "step": In(1),
                "index": Out(unsigned(16)),
                "last": Out(1),
                "part": Out(range(parts)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        end = Signal(16)
        excess = Signal(17)  # -count + parts, modulo 2**17
        rest = Signal(16)  # parts * index mod count
        exceeded = Signal(17)

        m.d.comb += [self.last.eq(self.index == end), exceeded.eq(rest + excess)]
        with m.If(self.load):
            m.d.sync += [end.eq(self.count - 1), excess.eq(self.parts - self.count)]
        with m.If(self.load | (self.step & self.last)):
            m.d.sync += [self.index.eq(0), rest.eq(0), self.part.eq(0)]
        with m.Elif(self.step):
            m.d.sync += self.index.eq(self.index + 1)
            with m.If(exceeded[16]):
                m.d.sync += rest.eq(rest + self.parts)
            with m.Else():
                m.d.sync += [rest.eq(exceeded), self.part.eq(self.part + 1)]

        return m
