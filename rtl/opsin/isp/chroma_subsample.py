# SPDX-License-Identifier: MIT
"""Chroma subsampling."""

from typing import Any, NamedTuple

from amaranth import C, Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, enum
from amaranth.lib.wiring import In

from ..common.flow import FlowBlock, delayed
from ..common.line_memory import LineMemory
from ..common.video import Ycbcr
from .point import check_depth

__all__ = ["ChromaFormat", "ChromaSubsample"]


class ChromaFormat(enum.Enum, shape=unsigned(2)):
    """For how many pixels there are colour differences: each, two in a line, two by two."""

    YUV444 = 0
    YUV422 = 1
    YUV420 = 2


class _Entry(NamedTuple):
    """The beat in the first stage: whether it moves on, first of a line, odd, in a lower line."""

    beat: Any
    moves: Value
    first: Value
    odd: Value
    lower: Value
    place: Value


class ChromaSubsample(FlowBlock):
    """Filter colour differences for 4:2:2 and 4:2:0; lines and pixels stay what they are.

    Columns ``2k`` and ``2k + 1`` make a pair with colour differences in quarters ``s``:
    ``c[2k-1] + 2 * c[2k] + c[2k+1]``, which lie at column ``2k``, or, ``centred``,
    ``2 * c[2k] + 2 * c[2k+1]``, which lie midway. Both pixels of a pair carry

    ======  ======================================================================================
    YUV422  ``(s + 2) >> 2``
    YUV420  in lines ``2k + 1``: ``(s[2k] + s[2k+1] + 4) >> 3``, for both lines; in lines ``2k``
            ``(s + 2) >> 2``, which counts only if the line is the frame's last
    YUV444  what came: bypass
    ======  ======================================================================================

    Columns beyond the border are mirrored; a last pixel without a partner is, ``centred``, its own.
    Sums of lines ``2k`` wait in a line memory of ``max_width / 2`` pairs.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(FlowSignature(Ycbcr(depth), ppc=ppc))
        Well-formed frames with lines of at least 2 beats, without empty slots in a line.
    o : Out(FlowSignature(Ycbcr(depth), ppc=ppc))
        Frames of the same size.
    format : In(ChromaFormat)
        A setting.
    centred : In(1)
        A setting.

    Timing
    ------
    Latency 7 cycles. With ``ppc`` 1 it is 6 cycles, and a beat leaves in the slot behind its own,
    as it needs its right neighbour.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16, ``ppc`` is not 1, 2 or 4, or ``max_width`` is less than 2
        beats or no multiple of ``ppc``.

    References
    ----------
    ITU-T H.273 section 8.7. Golden model: :func:`opsin_sim.golden.isp.chroma_subsample`.
    """

    format: Any
    centred: Value

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        check_depth(depth)
        super().__init__(
            Ycbcr(depth),
            Ycbcr(depth),
            ppc=ppc,
            latency=6 if ppc == 1 else 7,
            ports={"format": In(ChromaFormat), "centred": In(1)},
        )
        if max_width < 2 * ppc or max_width % ppc:
            raise ValueError(
                f"max_width must be a multiple of ppc = {ppc} from {2 * ppc}, not {max_width!r}"
            )
        self.depth = depth
        self._words = -(-max_width // max(2, ppc))  # of the line memory: a pair, or a beat's

    def elaborate(self, platform: object) -> Module:
        m = Module()
        entry = self._enter(m)
        beat, lower, even = entry.beat, entry.lower, C(1) if self.ppc > 1 else ~entry.odd
        quarters = self._quarters(m, entry, even)  # 3 cycles later

        # Beside them, in the next cycle, those of the line above.
        m.submodules.lines = lines = LineMemory(quarters.shape(), depth=self._words)
        place = delayed(m, entry.place, 2, "place")
        m.d.comb += [
            lines.read_addr.eq(place),
            lines.write_addr.eq(delayed(m, place, 1, "written")),
            lines.write_data.eq(quarters),
            lines.write_en.eq(delayed(m, entry.moves & even & ~lower, 3, "writes")),
        ]
        average, full = Signal(), Signal()
        m.d.sync += [
            average.eq(
                (Value.cast(self.format) == ChromaFormat.YUV420.value)
                & delayed(m, lower, 3, "lower")
            ),
            full.eq(Value.cast(self.format) == ChromaFormat.YUV444.value),
        ]
        here: Any = Signal(quarters.shape())
        m.d.sync += here.eq(quarters)
        chosen = Mux(average, Value.cast(lines.read_data), Value.cast(here))
        above, below = (
            data.View(quarters.shape(), delayed(m, value, 1, name))
            for name, value in (("above", chosen), ("below", Value.cast(here)))
        )
        pixels = data.View(self.i.p.pixel.shape(), delayed(m, Value.cast(beat.pixel), 5, "pixels"))
        for index in range(self.ppc):
            m.d.sync += self.o.p.pixel[index].y.eq(pixels[index].y)
            for k, name in enumerate(("cb", "cr")):
                pair = 2 * (index // 2) + k
                mean = (below[pair] + above[pair] + 4) >> 3
                m.d.sync += self.o.p.pixel[index][name].eq(Mux(full, pixels[index][name], mean))
        markers = Cat(entry.moves, beat.sof, beat.eol)
        m.d.comb += [
            self.o.step.eq(delayed(m, self.i.step, self.latency, "step")),
            Cat(self.o.live, self.o.p.sof, self.o.p.eol).eq(delayed(m, markers, 6, "markers")),
        ]

        return m

    def _enter(self, m: Module) -> _Entry:
        """Hold the beat, single pixels until their right neighbours come; count its place."""
        beat: Any = Signal(self.i.p.shape())
        held, first, odd = Signal(), Signal(init=1), Signal()
        lower = Signal()
        place = Signal(range(self._words))
        with m.If(self.i.live):
            start = self.i.p.sof | beat.eol
            m.d.sync += [
                beat.eq(self.i.p),
                first.eq(start),
                lower.eq(~self.i.p.sof & (lower ^ beat.eol)),
                odd.eq(~start & ~odd if self.ppc == 1 else 0),
                place.eq(Mux(start, 0, place + (odd if self.ppc == 1 else 1))),
            ]
        if self.ppc > 1:
            m.d.sync += held.eq(self.i.live)
            return _Entry(beat, held, first, odd, lower, place)
        with m.If(self.i.step):
            m.d.sync += held.eq(self.i.live)
        return _Entry(beat, held & self.i.step, first, odd, lower, place)

    def _quarters(self, m: Module, entry: _Entry, even: Value) -> Any:
        """Quarters of each pair, 3 cycles later; an odd single pixel keeps those of its pair."""
        beat, first = entry.beat, entry.first
        before: Any = Signal(data.ArrayLayout(unsigned(self.depth), 2))
        last = beat.pixel[self.ppc - 1]
        with m.If(entry.moves):
            m.d.sync += before.eq(Cat(last.cb, last.cr))
        follow = self.i.p.pixel[0]
        keep = delayed(m, entry.moves & even, 2, "even")
        quarters: Any = Signal(data.ArrayLayout(unsigned(self.depth + 2), max(2, self.ppc)))
        for pair in range(max(1, self.ppc // 2)):
            for k, name in enumerate(("cb", "cr")):
                middle = beat.pixel[2 * pair][name]
                left = beat.pixel[2 * pair - 1][name] if pair else before[k]
                if self.ppc == 1:
                    right = Mux(beat.eol, Mux(self.centred, middle, left), follow[name])
                else:
                    right = beat.pixel[2 * pair + 1][name]
                if pair == 0:
                    left = Mux(first, right, left)
                chosen = delayed(m, Mux(self.centred, right, left), 1, f"{name}_other")
                right = delayed(m, right, 1, f"{name}_right")
                outer = delayed(m, chosen + right, 1, f"{name}_outer")
                middle = delayed(m, middle, 2, f"{name}_middle")
                with m.If(keep):
                    m.d.sync += quarters[2 * pair + k].eq(outer + (middle << 1))
        return quarters
