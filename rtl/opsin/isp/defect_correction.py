# SPDX-License-Identifier: MIT
"""Defect correction."""

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In

from ..common.flow import delayed
from .defect_map import MAP_SIZE, DefectMap, MapWrite
from .point import PointBlock, check_depth, unchanged
from .window_block import WindowBlock

__all__ = ["DefectCorrection", "MapWrite"]

SLOPE_FRACTION = 4
# opposite neighbours of the same colour, and between them the pixel's next ones
_PAIRS = (
    ((2, 0), (2, 4), (2, 1), (2, 3)),
    ((0, 2), (4, 2), (1, 2), (3, 2)),
    ((0, 0), (4, 4), (1, 1), (3, 3)),
    ((0, 4), (4, 0), (1, 3), (3, 1)),
)


class DefectCorrection(WindowBlock):
    """Replace pixels that do not fit their surroundings, and those of a list.

    ``max`` and ``min`` are of the eight neighbours of the same colour in 5 × 5 pixels. A pixel
    beyond them, by ``excess = i - max`` (hot) or ``min - i`` (dead), is defective if ::

        excess - margin > ((max - min) * slope) >> 4

    where ``margin`` and ``slope`` are ``hot_margin`` (``dead_margin``) and ``stuck_slope`` if the
    pixel reaches ``hot_level`` (``dead_level``). It is replaced by the mean, rounded up, of two
    opposite neighbours of its colour: of horizontal, vertical, falling and rising diagonal, the
    first where they differ least, the difference of the pixel's nearest neighbours added.

    There are two lists. Frames take the one that ``bank`` names when they start; writes go to the
    other.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``, at most 8192.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i, o : FlowSignature(unsigned(depth), ppc=ppc)
        Raw samples, black at 0.
    width, height, bypass
        As of :class:`~opsin.isp.window_block.WindowBlock`.
    hot_level, dead_level, hot_margin, dead_margin, margin : In(depth)
        In samples; a setting.
    stuck_slope, slope : In(6)
        Unsigned Q2.4; a setting.
    dynamic : In(1)
        Without it only the list counts; a setting.
    bank : In(1)
        List to use; a setting.
    entries : In(range(1025))
        Its length; a setting.
    write : In(stream.Signature(MapWrite()))
        Entries, in raster order and within the frame, for the list that ``bank`` does not name.
        They wait from a change of ``bank`` until the next frame has begun.

    Timing
    ------
    As :class:`~opsin.isp.window_block.WindowBlock` with ``latency`` 8. One multiplier per pixel.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16, ``ppc`` not 1, 2 or 4, or ``max_width`` too small or large
        or no multiple of ``ppc``.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.defect_correction`.
    """

    bypass: Value
    hot_level: Value
    dead_level: Value
    hot_margin: Value
    dead_margin: Value
    stuck_slope: Value
    margin: Value
    slope: Value
    dynamic: Value
    bank: Value
    entries: Value
    write: stream.Interface

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        check_depth(depth)
        if max_width > 8192:
            raise ValueError(f"max_width must be at most 8192, not {max_width!r}")
        self.depth = depth
        levels = ("hot_level", "dead_level", "hot_margin", "dead_margin", "margin")
        slope = unsigned(2 + SLOPE_FRACTION)
        super().__init__(
            unsigned(depth),
            unsigned(depth),
            rows=5,
            columns=5,
            max_width=max_width,
            latency=8,
            ppc=ppc,
            settings={
                **dict.fromkeys(levels, unsigned(depth)),
                "stuck_slope": slope,
                "slope": slope,
                "dynamic": unsigned(1),
            },
            ports={
                "bank": In(1),
                "entries": In(range(MAP_SIZE + 1)),
                "write": In(stream.Signature(MapWrite())),
            },
            bypass=unchanged,
        )
        self._map = DefectMap(ppc=ppc)
        # of the beat of windows that is offered: which pixels stand in the second or last but one
        # column (line), where a mirrored neighbour is the pixel itself
        self._left, self._right = Signal(ppc), Signal(ppc)
        self._top, self._bottom = Signal(), Signal()

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        places = self._map
        m.submodules.map = places
        wiring.connect(m, wiring.flipped(self.write), places.write)

        # The first window comes lines after the first pixel, when the list is ready.
        begin = self.i.live & self.i.p.sof
        m.d.comb += [
            places.restart.eq(begin),
            places.bank.eq(self.bank),
            places.entries.eq(self.entries),
        ]
        self._count(m, begin)

        return m

    def _count(self, m: Module, begin: Value) -> None:
        """Follow the windows through the frame."""
        window, places = self._window, self._map
        line, beat = Signal(16), Signal.like(places.beat)
        eol, left, right = window.o.p.eol, Signal(), Signal()
        m.d.comb += [
            places.line.eq(line),
            places.beat.eq(beat),
            places.last.eq(eol),
            places.take.eq(window.o.live),
        ]
        with m.If(places.take):
            m.d.sync += [
                beat.eq(Mux(eol, 0, beat + 1)),
                left.eq(~eol & (beat == 0)),
                right.eq(~eol & (beat == self.width - 3)),
            ]
            with m.If(eol):
                m.d.sync += [
                    line.eq(line + 1),
                    self._top.eq(line == 0),
                    self._bottom.eq(line == self.height - 3),
                ]
        with m.If(begin):
            m.d.sync += Cat(line, beat, left, right, self._top, self._bottom).eq(0)
        if self.ppc == 1:
            m.d.comb += [self._left.eq(left), self._right.eq(right)]
        else:
            m.d.comb += [self._left[1].eq(beat == 0), self._right[-2].eq(eol)]

    def compute(self, m: Module, stages: PointBlock) -> None:
        for k in range(self.ppc):
            self._pixel(m, stages, k)

    def _pixel(self, m: Module, stages: PointBlock, index: int) -> None:
        depth = self.depth
        w = stages.i.p.pixel[index]

        def register(value: Value, name: str, stages_after: int = 1) -> Value:
            return delayed(m, value, stages_after, f"{name}_{index}")

        # stage 1: pairs in order, differences, sums
        swap = {
            (2, 0): (self._left[index], (2, 4)),
            (2, 4): (self._right[index], (2, 0)),
            (0, 2): (self._top, (4, 2)),
            (4, 2): (self._bottom, (0, 2)),
        }

        def at(place: tuple[int, int]) -> Value:
            value = w[place[0]][place[1]]
            if place in swap:
                itself, (y, x) = swap[place]
                value = Mux(itself, w[y][x], value)
            return value

        pixel = register(w[2][2], "pixel")
        highs, lows, inner, sums = [], [], [], []
        for k, (a, b, c, d) in enumerate(_PAIRS):
            low_first = at(a) < at(b)
            highs.append(register(Mux(low_first, at(b), at(a)), f"high_{k}"))
            lows.append(register(Mux(low_first, at(a), at(b)), f"low_{k}"))
            inner.append(register(at(c) - at(d), f"inner_{k}"))
            sums.append(register(at(a) + at(b) + 1, f"sum_{k}"))

        # stages 2 and 3: the most and the least; a score per direction, the best of two, of four
        def extreme(values: list[Value], most: bool, name: str) -> Value:
            a, b = values
            return register(Mux((a < b) ^ most, a, b), name)

        def of_four(values: list[Value], most: bool, name: str) -> Value:
            halves = [extreme(values[k : k + 2], most, f"{name}_of_{k}") for k in (0, 2)]
            return extreme(halves, most, name)

        most, least = of_four(highs, True, "most"), of_four(lows, False, "least")
        scores, means = [], [register(total[1:], f"mean_{k}", 2) for k, total in enumerate(sums)]
        for k in range(4):
            outer = register(highs[k] - lows[k], f"outer_{k}")
            near = register(Mux(inner[k][-1], -inner[k], inner[k])[:depth], f"near_{k}")
            scores.append(register(outer[:depth] + near, f"score_{k}"))
        is_hot = register(pixel >= self.hot_level, "is_hot", 3)
        is_dead = register(pixel <= self.dead_level, "is_dead", 3)
        pixel = register(pixel, "pixel_3", 2)

        # stage 4 and 5: the best direction; how far the pixel lies outside
        halves = []
        for k in (0, 2):
            first = scores[k] <= scores[k + 1]
            score = register(Mux(first, scores[k], scores[k + 1]), f"best_{k}")
            halves.append((score, register(Mux(first, means[k], means[k + 1]), f"of_{k}")))
        (score_0, mean_0), (score_2, mean_2) = halves
        repaired = register(Mux(score_0 <= score_2, mean_0, mean_2), "repaired")
        over = register(pixel - most, "over")
        under = register(least - pixel, "under")
        contrast = register((most - least)[:depth], "contrast", 2)
        hot = ~over[-1] & over.any()
        stuck = Mux(hot, is_hot, is_dead)
        margin = Mux(hot, self.hot_margin, self.dead_margin)
        excess = register(Mux(hot, over, under).as_signed(), "excess")
        margin = register(Mux(stuck, margin, self.margin), "margin")
        slope = register(Mux(stuck, self.stuck_slope, self.slope), "slope")

        # stages 6 and 7: the threshold
        product = register(contrast * slope, "product")
        rest = register(excess - margin, "rest")
        dynamic = register(self.dynamic, "dynamic", 1)
        found = register(dynamic & (rest > (product >> SLOPE_FRACTION)), "found")
        listed = register(self._map.found[index], "listed", 7)
        repaired, pixel = register(repaired, "repaired_7", 2), register(pixel, "pixel_7", 4)
        m.d.sync += stages.o.p.pixel[index].eq(Mux(found | listed, repaired, pixel))
