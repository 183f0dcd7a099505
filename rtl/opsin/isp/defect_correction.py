# SPDX-License-Identifier: MIT
"""Defect correction."""

from amaranth import C, Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In

from ..common.carry_multiplier import carry_latency
from ..common.flow import delayed
from ..common.lone_register import lone_register
from ..common.multiplier import multiply
from .defect_map import MAP_SIZE, DefectMap, MapWrite
from .point import PointBlock, check_depth, unchanged
from .window_block import WindowBlock

__all__ = ["DefectCorrection", "MapWrite"]

SLOPE_FRACTION = 4
PRODUCT = carry_latency(16, 2 + SLOPE_FRACTION)
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

    The list may be written at any time; a frame under way may take entries of both.

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
    entries : In(range(1025))
        Length of the list; a setting.
    write : In(stream.Signature(MapWrite()))
        Entries, in raster order and within the frame; always taken.

    Timing
    ------
    As :class:`~opsin.isp.window_block.WindowBlock` with ``latency`` 12. Carry cells multiply.

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
    width: Value
    height: Value
    hot_level: Value
    dead_level: Value
    hot_margin: Value
    dead_margin: Value
    stuck_slope: Value
    margin: Value
    slope: Value
    dynamic: Value
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
            latency=8 + PRODUCT,
            ppc=ppc,
            settings={
                **dict.fromkeys(levels, unsigned(depth)),
                "stuck_slope": slope,
                "slope": slope,
                "dynamic": unsigned(1),
            },
            ports={
                "entries": In(range(MAP_SIZE + 1)),
                "write": In(stream.Signature(MapWrite())),
            },
            bypass=unchanged,
        )
        self._map = DefectMap(ppc=ppc)
        # of the beat of windows at hand: which pixels stand in the second or last but one column
        # (line), where a mirrored neighbour is the pixel itself
        self._left, self._right = Signal(ppc), Signal(ppc)
        self._top, self._bottom = Signal(), Signal()

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        places = self._map
        m.submodules.map = places
        wiring.connect(m, wiring.flipped(self.write), places.write)

        # The first window comes lines after the first pixel, when the list is ready. The start
        # clears counters all over: from a register with nothing behind it.
        begin = lone_register(m, platform, self.i.live & self.i.p.sof, name="begins")
        m.d.comb += [
            places.restart.eq(begin),
            places.entries.eq(self.entries),
        ]
        self._count(m, begin)

        return m

    def _count(self, m: Module, begin: Value) -> None:
        """Follow the windows through the frame."""
        window, places = self._window, self._map
        line, beat = Signal(16), Signal.like(places.beat)
        eol, left, right = window.o.p.eol, Signal(), Signal()
        # the last but two; lines have 2 beats at least, so this one's number is settled at its end
        near_column = delayed(m, (self.width - 3)[: len(self.width)], 1, "near_column")
        near_line = delayed(m, (self.height - 3)[:16], 1, "near_line")
        near_bottom = delayed(m, line == near_line, 1, "near_bottom")
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
                right.eq(~eol & (beat == near_column)),
            ]
            with m.If(eol):
                m.d.sync += [
                    line.eq(line + 1),
                    self._top.eq(line == 0),
                    self._bottom.eq(near_bottom),
                ]
        with m.If(begin):
            m.d.sync += Cat(line, beat, left, right, self._top, self._bottom).eq(0)
        if self.ppc == 1:
            m.d.comb += [self._left.eq(left), self._right.eq(right)]
        else:
            m.d.comb += [self._left[1].eq(beat == 0), self._right[-2].eq(eol)]

    def compute(self, m: Module, stages: PointBlock) -> None:
        self._hot_level = delayed(m, self.hot_level, 1, "hot_level")
        self._dead_level = delayed(m, self.dead_level, 1, "dead_level")
        for k in range(self.ppc):
            self._pixel(m, stages, k)

    def _pixel(self, m: Module, stages: PointBlock, index: int) -> None:
        depth = self.depth
        w = stages.i.p.pixel[index]

        def register(value: Value, name: str, count: int = 1) -> Value:
            return delayed(m, value, count, f"{name}_{index}")

        def at(place: tuple[int, int], mirrored: Value | None = None) -> Value:
            """Register in stage 1. Where ``mirrored``, the opposite pixel is taken."""
            y, x = place
            value = w[y][x]
            if mirrored is not None:
                value = Mux(mirrored, w[4 - y][4 - x], value)
            return register(value, f"at_{y}{x}")

        # stage 1: the pixels, without those that are mirror images of the pixel itself
        swap = {
            (2, 0): self._left[index],
            (2, 4): self._right[index],
            (0, 2): self._top,
            (4, 2): self._bottom,
        }
        pairs = [[at(place, swap.get(place)) for place in places] for places in _PAIRS]

        # stage 2: pairs in order, differences, means rounded up
        highs, lows, inner, means = [], [], [], []
        for k, (a, b, c, d) in enumerate(pairs):
            low_first = a < b
            highs.append(register(Mux(low_first, b, a), f"high_{k}"))
            lows.append(register(Mux(low_first, a, b), f"low_{k}"))
            inner.append(register(c - d, f"inner_{k}"))
            means.append(register((Cat(C(1, 1), a) + Cat(C(1, 1), b))[2:], f"mean_{k}"))

        # stages 3 and 4: the most and the least; a score per direction
        def extreme(values: list[Value], most: bool, name: str) -> Value:
            a, b = values
            return register(Mux((a < b) ^ most, a, b), name)

        def of_four(values: list[Value], most: bool, name: str) -> Value:
            halves = [extreme(values[k : k + 2], most, f"{name}_of_{k}") for k in (0, 2)]
            return extreme(halves, most, name)

        most, least = of_four(highs, True, "most"), of_four(lows, False, "least")
        scores = []
        for k in range(4):
            outer = register((highs[k] - lows[k])[:depth], f"outer_{k}")
            negative = register(inner[k][-1], f"negative_{k}")
            turned = register(inner[k][:depth] ^ inner[k][-1].replicate(depth), f"turned_{k}")
            score = Cat(C(1, 1), outer) + Cat(negative, turned)  # the sign turns it and adds 1
            scores.append(register(score[1:], f"score_{k}"))

        # stages 5 and 6: the best direction of two, of four; how far the pixel lies outside
        halves = []
        for k in (0, 2):
            first = scores[k] <= scores[k + 1]
            score = register(Mux(first, scores[k], scores[k + 1]), f"best_{k}")
            two = [register(means[n], f"mean_{n}", 2) for n in (k, k + 1)]
            halves.append((score, register(Mux(first, *two), f"of_{k}")))
        (score_0, mean_0), (score_2, mean_2) = halves
        repaired = register(Mux(score_0 <= score_2, mean_0, mean_2), "repaired")
        pixel = register(w[2][2], "pixel", 4)
        over = register(pixel - most, "over")
        under = register(least - pixel, "under")
        contrast = register(register((most - least)[:depth], "contrast"), "contrast_6")
        pixel = register(pixel, "pixel_5")
        hot = register(~over[-1] & over.any(), "hot")
        is_hot = register(pixel >= self._hot_level, "is_hot")
        is_dead = register(pixel <= self._dead_level, "is_dead")
        over, under = register(over, "over_6"), register(under, "under_6")

        # stages 7 to 11: the threshold
        stuck = Mux(hot, is_hot, is_dead)
        slope = Mux(stuck, self.stuck_slope, self.slope)
        product = multiply(m, contrast, slope, cells="carry")
        margin = Mux(hot, self.hot_margin, self.dead_margin)
        margin = register(Mux(stuck, margin, self.margin), "margin_7")
        excess = register(Mux(hot, over, under).as_signed(), "excess")
        rest = register(excess - margin, "rest", PRODUCT - 1)
        found = register(self.dynamic & (rest > (product >> SLOPE_FRACTION)), "found")

        # stage 12
        listed = register(self._map.found[index], "listed", 6 + PRODUCT)
        repaired = register(repaired, "repaired_11", 1 + PRODUCT)
        pixel = register(pixel, "pixel_11", 2 + PRODUCT)
        m.d.sync += stages.o.p.pixel[index].eq(Mux(found | listed, repaired, pixel))
