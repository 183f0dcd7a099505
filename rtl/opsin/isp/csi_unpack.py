# SPDX-License-Identifier: MIT
"""Raw formats of MIPI CSI-2."""

from typing import Any

from amaranth import Array, C, Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.shadow import Shadow
from ..common.stream import Buffer
from ..common.video import VideoSignature
from .point import check_depth

__all__ = ["CsiUnpack", "RawFormat"]

GROUP = 4  # pixels that are unpacked at once
LANES = 4  # bytes of a word that comes


class RawFormat(enum.Enum, shape=unsigned(3)):
    """Order of bytes of raw pixels; the last two differ in which byte of a pixel comes first."""

    RAW8 = 0
    RAW10 = 1
    RAW12 = 2
    RAW14 = 3
    RAW16 = 4
    RAW16_HIGH_FIRST = 5


_SIZES = {
    RawFormat.RAW8: 4,
    RawFormat.RAW10: 5,
    RawFormat.RAW12: 6,
    RawFormat.RAW14: 7,
    RawFormat.RAW16: 8,
    RawFormat.RAW16_HIGH_FIRST: 8,
}
"""Bytes of :data:`GROUP` pixels."""


class CsiUnpack(wiring.Component):
    """Take pixels out of the bytes of CSI-2 long packets, one packet a line.

    Samples are aligned to the top of ``depth`` bits, cut or filled with zeros below. Pixels beyond
    ``width``, such as the filling of a line's last word, are dropped; a line with fewer bytes ends
    with what is there, for the frame guard behind to complete.

    Parameters
    ----------
    depth : int
        Bits per sample that goes, 8..16.
    ppc : int
        Pixels per beat that goes: 1, 2 or 4.

    Members
    -------
    i : In(VideoSignature(unsigned(8), ppc=4))
        Four bytes a beat, the first at index 0; ``sof`` with a frame's first, ``eol`` with the last
        of each packet.
    o : Out(VideoSignature(unsigned(depth), ppc=ppc))
        Raw samples.
    format : In(RawFormat)
        Sampled with ``sof``.
    width : In(unsigned(16))
        Pixels per line, a multiple of ``ppc``; sampled with ``sof``.

    Timing
    ------
    The first pixels leave 4 cycles after the word that completes their group of four came.
    Throughput 1 beat/cycle at ``o`` or 1 word/cycle at ``i``, whichever is slower. No combinational
    paths.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16 or ``ppc`` not 1, 2 or 4.

    References
    ----------
    MIPI Alliance, CSI-2 section 11.4. Golden model: :func:`opsin_sim.golden.isp.csi_unpack`.
    """

    i: stream.Interface
    o: stream.Interface
    format: Any
    width: Value

    def __init__(self, *, depth: int, ppc: int = 1) -> None:
        check_depth(depth)
        if ppc not in (1, 2, 4):
            raise ValueError(f"ppc must be 1, 2 or 4, not {ppc!r}")
        self.depth, self.ppc = depth, ppc
        super().__init__(
            {
                "i": In(VideoSignature(unsigned(8), ppc=LANES)),
                "o": Out(VideoSignature(unsigned(depth), ppc=ppc)),
                "format": In(RawFormat),
                "width": In(unsigned(16)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        shape = data.StructLayout({"format": RawFormat, "width": 16})
        m.submodules.settings = settings = Shadow(shape)
        use: Any = settings.o
        group: Any = Signal(data.ArrayLayout(unsigned(self.depth), GROUP))
        full, first, last = Signal(), Signal(), Signal()  # of the group
        width = Signal(16)
        free = Signal()  # another group can come

        word: Any = Signal(self.i.p.shape())  # that came, and its frame's settings
        held, uses = Signal(), Signal()
        take = self.i.valid & self.i.ready
        m.d.comb += [
            self.i.ready.eq(~held | uses),
            settings.i.format.eq(self.format),
            settings.i.width.eq(self.width),
            settings.take.eq(take & self.i.p.sof),
        ]
        with m.If(take):
            m.d.sync += [held.eq(1), word.eq(self.i.p)]
        with m.Elif(uses):
            m.d.sync += held.eq(0)

        # Behind the bytes that wait for their group to be complete. Packets are whole groups, so
        # what the last word has beyond its group is filling.
        rest, fill = Signal(8 * 7), Signal(range(8))
        begins = Signal()  # the next group is a frame's first
        size = Array(C(size, 4) for size in (*_SIZES.values(), 8, 8))[Value.cast(use.format)]
        joined = Signal(8 * (7 + LANES))
        total = Signal(4)
        complete, emits = (total >= size) | word.eol, Signal()
        m.d.comb += [
            joined.eq(rest | (Value.cast(word.pixel) << Cat(C(0, 3), fill))),
            total.eq(fill + LANES),
            uses.eq(held & (free | ~complete)),
            emits.eq(held & free & complete),
        ]
        # A group is complete with its last word, so fewer bytes than that has are behind it.
        with m.If(uses):
            m.d.sync += [
                rest.eq(Mux(emits, (joined >> Cat(C(0, 3), size))[: 8 * (LANES - 1)], joined)),
                fill.eq(Mux(emits, total - size, total)),
                begins.eq((begins | word.sof) & ~emits),
            ]
            with m.If(word.eol):
                m.d.sync += [rest.eq(0), fill.eq(0)]
        with m.If(free):
            m.d.sync += full.eq(emits)
            with m.If(emits):
                m.d.sync += [
                    group.eq(self._pixels(joined, use.format)),
                    first.eq(begins | word.sof),
                    last.eq(word.eol),
                    width.eq(use.width),
                ]

        # The group's pixels, up to the width.
        m.submodules.buffer = buffer = Buffer(self.o.p.shape())  # parts ready
        wiring.connect(m, buffer.o, wiring.flipped(self.o))
        out: Any = buffer.i
        parts = GROUP // self.ppc
        part, column, beyond = Signal(range(max(2, parts))), Signal(16), Signal()
        advance, ends = Signal(), Signal()
        reaches = column + self.ppc >= width
        m.d.comb += [
            advance.eq(~out.valid | out.ready),
            ends.eq(part == parts - 1),
            free.eq(~full | (advance & ends)),
        ]
        choices = Array(Cat(group[k : k + self.ppc]) for k in range(0, GROUP, self.ppc))
        with m.If(advance):
            m.d.sync += out.valid.eq(full & ~beyond)
            with m.If(full):
                m.d.sync += [
                    Value.cast(out.p.pixel).eq(choices[part]),
                    out.p.sof.eq(first & (part == 0)),
                    out.p.eol.eq(reaches | (last & ends)),
                    part.eq(Mux(ends, 0, part + 1)),
                    column.eq(Mux(last & ends, 0, column + self.ppc)),
                    beyond.eq((beyond | reaches) & ~(last & ends)),
                ]

        return m

    def _pixels(self, joined: Value, form: Any) -> Value:
        """Four pixels of the bytes of a group, in any format."""
        b = [joined[8 * k : 8 * k + 8] for k in range(8)]
        low = Cat(b[4:7])  # of RAW10 and RAW14: lower bits of the four
        pairs = [Cat(b[2][:4], b[0]), Cat(b[2][4:], b[1]), Cat(b[5][:4], b[3]), Cat(b[5][4:], b[4])]
        forms: list[Any] = [
            b[:4],
            [Cat(low[2 * k : 2 * k + 2], b[k]) for k in range(4)],
            pairs,
            [Cat(low[6 * k : 6 * k + 6], b[k]) for k in range(4)],
            [Cat(b[2 * k], b[2 * k + 1]) for k in range(4)],
            [Cat(b[2 * k + 1], b[2 * k]) for k in range(4)],
        ]
        aligned = [
            Cat(Cat(C(0, 16 - len(pixel)), pixel)[16 - self.depth :] for pixel in pixels)
            for pixels in [*forms, forms[-1], forms[-1]]
        ]
        return Array(aligned)[Value.cast(form)]
