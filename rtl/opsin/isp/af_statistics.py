# SPDX-License-Identifier: MIT
"""Sharpness of zones, for focus."""

from typing import Any

from amaranth import Module, Signal, Value, unsigned
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from .line_details import larger, line_details
from .statistics_tap import RESULT, SCALE, StatisticsTap
from .zone_grid import GRID, Place, check_max_width, zone_grid
from .zone_sums import ZoneSum, zone_sums

__all__ = ["AfStatistics", "AfZone"]

ZONES = 8


class AfZone(data.StructLayout):
    """Results of a zone: the sum of all details, and that of each line's strongest, scaled.

    Both saturate.
    """

    def __init__(self) -> None:
        super().__init__({"total": unsigned(RESULT), "peaks": unsigned(RESULT)})


class AfStatistics(StatisticsTap):
    """Sum what a band-pass along lines leaves, in up to 8 × 8 zones of the raw frame.

    Filtered is the luma ``y`` of pairs, the sum of two pixels side by side: green and red in one
    line, green and blue in the next. Two filters::

        fine:    h[n] = 2 y[n-1] - y[n] - y[n-2]
        coarse:  h[n] = 2 s[n-2] - s[n] - s[n-4],  s[n] = y[n] + y[n-1]

    A pair's detail is ``max(abs(h) - threshold, 0)``. Where the filter would reach over the
    line's begin, it is 0.

    Frames must be complete, as behind the frame guard.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    max_width : int
        Longest line.

    Members
    -------
    i : In(VideoSignature(unsigned(depth), ppc=ppc))
        Raw samples.
    o : Out(VideoSignature(unsigned(depth), ppc=ppc))
        The same, at once.
    height : In(unsigned(16))
        Lines of a frame; sampled with ``sof``.
    left, top : In(unsigned(16))
        Corner of the first zone, in pixels, cut down to beats and quads; sampled with ``sof``.
    zone_width, zone_height : In(unsigned(16))
        Pixels of a zone, cut down in the same way; at least ``8 * ppc`` and 2; sampled with
        ``sof``. Zones beyond 8 are not counted.
    coarse : In(1)
        Use the coarse filter; sampled with ``sof``.
    threshold : In(unsigned(depth + 3))
        What noise leaves of ``h``; sampled with ``sof``.
    scale : In(unsigned(2))
        Sums are divided by ``16**scale``; sampled with ``sof``.
    hold : In(1)
        Keep the results: a frame that begins now is not measured.
    index : In(unsigned(6))
        Zone to read, ``row * 8 + column``.
    zone : Out(AfZone())
        Its results, of the last frame that had it; undefined before.
    busy : Out(1)
        A frame is being measured; its zones replace those of the frame before as they end.
    frame : Out(unsigned(8))
        Frames measured, modulo 256.

    Timing
    ------
    ``o`` and ``i.ready`` are wires. ``frame`` counts 18 cycles after the last beat; until then
    settings hold still and no other frame begins. ``zone`` follows ``index`` after 3 cycles, up to
    6 while ``busy``.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16, ``ppc`` not 1, 2 or 4 or ``max_width`` not a multiple of it
        in ``4 * ppc``..8192.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.af_statistics`.
    """

    left: Value
    top: Value
    zone_width: Value
    zone_height: Value
    coarse: Value
    threshold: Value
    scale: Value
    index: Value
    zone: Any

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        super().__init__(
            depth=depth,
            ppc=ppc,
            settings={
                **GRID,
                "coarse": unsigned(1),
                "threshold": unsigned(depth + 3),
                "scale": SCALE,
            },
            ports={"index": In(unsigned(6)), "zone": Out(AfZone())},
        )
        check_max_width(max_width, ppc)
        self.max_width = max_width

    def elaborate(self, platform: object) -> Module:
        m = Module()
        seen, use, measured = self.measure(m, platform)
        place, step = zone_grid(m, seen, use, measured, zones=ZONES, max_width=self.max_width)
        details = line_details(m, seen, use, step, depth=self.depth)
        stages = 6
        most = (1 << self.depth + 3) - 1
        whole, strongest = details[0], details[0]
        if len(details) == 2:
            stages += 1
            whole, strongest = Signal(self.depth + 4), Signal(self.depth + 3)
            m.d.sync += [
                whole.eq(details[0] + details[1]),
                strongest.eq(larger(details[0], details[1])),
            ]
        zone_sums(
            m,
            Place.later(m, place, stages),
            [
                ZoneSum(whole, most * (self.max_width // 2)),
                ZoneSum(strongest, most, combine=larger),
            ],
            scale=use.scale,
            index=self.index,
            result=self.zone.as_value(),
            sparse=self.ppc == 1,
        )
        return m
