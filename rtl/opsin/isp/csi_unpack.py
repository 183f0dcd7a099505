# SPDX-License-Identifier: MIT
"""Pixels from the bytes of MIPI CSI-2."""

from typing import Any

from amaranth import Array, C, Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from ..common.flow import delayed
from ..common.shadow import Shadow
from ..common.stream import Buffer, Queue
from ..common.video import VideoSignature
from .point import check_depth
from .raw_format import GROUP, GROUP_BYTES, RawFormat, group_pixels

__all__ = ["CsiUnpack"]

LANES = 4  # bytes of a word that comes
_DEPTH = 16  # of the queue
_ROOM = 8  # level from which on nothing more is taken: 6 may be under way


class _Group(data.StructLayout):
    """Four pixels; ``parts``: beats they make, less 1; ``first``, ``last``: of a frame, a line."""

    def __init__(self, depth: int) -> None:
        pixels = data.ArrayLayout(unsigned(depth), GROUP)
        super().__init__({"pixels": pixels, "parts": 2, "first": 1, "last": 1})


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
    The first pixels leave 8 cycles after the word that completes their group of four came.
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
        m.submodules.groups = groups = Queue(_Group(self.depth), depth=_DEPTH)
        m.submodules.buffer = buffer = Buffer(self.o.p.shape())  # parts ready
        wiring.connect(m, buffer.o, wiring.flipped(self.o))

        # Nothing on the way to the queue waits.
        m.d.sync += self.i.ready.eq(groups.level < _ROOM)
        self._limit(m, groups.i, *self._gather(m))

        group, out = groups.o.p, buffer.i
        part = Signal(2)
        ends = part == group.parts
        choices = Array(Cat(group.pixels[k : k + self.ppc]) for k in range(0, GROUP, self.ppc))
        m.d.comb += groups.o.ready.eq(out.ready & ends)
        with m.If(out.ready):
            m.d.sync += out.valid.eq(groups.o.valid)
            with m.If(groups.o.valid):
                m.d.sync += [
                    Value.cast(out.p.pixel).eq(choices[part]),
                    out.p.sof.eq(group.first & (part == 0)),
                    out.p.eol.eq(group.last & ends),
                    part.eq(Mux(ends, 0, part + 1)),
                ]

        return m

    def _gather(self, m: Module) -> tuple[Any, ...]:
        """Return valid, pixels, first, last and width of groups, as they become complete."""
        shape = data.StructLayout({"format": RawFormat, "width": 16, "need": 3})
        m.submodules.settings = settings = Shadow(shape)
        use: Any = settings.o
        needs = Array(C(size - LANES, 3) for size in (*GROUP_BYTES.values(), 8, 8))
        take = self.i.valid & self.i.ready
        m.d.comb += [
            settings.i.format.eq(self.format),
            settings.i.width.eq(self.width),
            settings.i.need.eq(needs[Value.cast(self.format)]),
            settings.take.eq(take & self.i.p.sof),
        ]

        # A word that came, with its frame's settings: how many bytes wait for their group to be
        # complete, and are behind it, which are fewer than the word has. Packets are whole groups,
        # so what the last word has beyond its group is filling.
        word: Any = Signal(self.i.p.shape())
        held = Signal()
        fill, begins = Signal(3), Signal()  # the next group is a frame's first
        complete = (fill >= use.need) | word.eol
        over = (fill - use.need)[:2]
        m.d.sync += [word.eq(self.i.p), held.eq(take)]
        with m.If(held):
            m.d.sync += [
                fill.eq(Mux(word.eol, 0, Mux(complete, over, fill + LANES))),
                begins.eq((begins | word.sof) & ~complete),
            ]

        # In the next stage the same word, behind those bytes.
        rest, pixels = Signal(8 * 7), Signal(8 * LANES)
        place, more = Signal.like(fill), Signal.like(over)
        comes, ends, first, last = (Signal(name=n) for n in ("comes", "ends", "first", "last"))
        joined = Signal(8 * (7 + LANES))
        behind = Array(pixels[8 * (LANES - k) :] for k in range(LANES))[more]
        m.d.comb += joined.eq(rest | (pixels << Cat(C(0, 3), place)))
        m.d.sync += [
            pixels.eq(Value.cast(word.pixel)),
            place.eq(fill),
            more.eq(over),
            comes.eq(held),
            ends.eq(held & complete),
            first.eq(begins | word.sof),
            last.eq(word.eol),
        ]
        with m.If(comes):
            m.d.sync += rest.eq(Mux(ends, Mux(last, 0, behind), joined))

        form, width = (delayed(m, Value.cast(use[n]), 2, n) for n in ("format", "width"))
        bytes_ = delayed(m, joined[: 8 * max(GROUP_BYTES.values())], 1, "bytes")
        flags = delayed(m, Cat(ends, first, last), 1, "flags")
        return (flags[0], group_pixels(bytes_, form, self.depth), flags[1], flags[2], width)

    def _limit(
        self,
        m: Module,
        to: Any,
        valid: Value,
        pixels: Value,
        first: Value,
        last: Value,
        width: Value,
    ) -> None:
        """Give groups on, up to the width."""
        starts, left = Signal(init=1), Signal(16)  # of a line; its pixels from this group on
        waiting: Any = Signal(data.ArrayLayout(unsigned(self.depth), GROUP))
        comes, first_1, last_1 = Signal(), Signal(), Signal()
        few = ~left[2:].any()
        m.d.sync += [
            comes.eq(valid),
            waiting.eq(pixels),
            Cat(first_1, last_1).eq(Cat(first, last)),
        ]
        with m.If(valid):
            after = Mux(few, 0, left - GROUP)
            m.d.sync += [left.eq(Mux(starts, width, after)), starts.eq(last)]

        m.d.sync += [
            to.valid.eq(comes & (left != 0)),
            to.p.pixels.eq(waiting),
            to.p.parts.eq(Mux(few, left[:2], GROUP)[exact_log2(self.ppc) :] - 1),
            to.p.first.eq(first_1),
            to.p.last.eq(last_1 | (left <= GROUP)),
        ]
