# SPDX-License-Identifier: MIT
"""Brightness of zones, for exposure."""

from typing import Any

from amaranth import Module, Signal, Value, unsigned
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from .quads import cell_pairs, total
from .statistics_tap import RESULT, SCALE, StatisticsTap
from .zone_grid import GRID, Place, check_max_width, zone_grid
from .zone_sums import ZoneSum, zone_sums

__all__ = ["AeZone", "AeZones"]

ZONES = 16


class AeZone(data.StructLayout):
    """Results of a zone: the sum of all its samples, scaled, and how many are ``bright``.

    Both saturate.
    """

    def __init__(self) -> None:
        super().__init__({"luma": unsigned(RESULT), "bright": unsigned(RESULT)})


class AeZones(StatisticsTap):
    """Sum the samples of up to 16 × 16 zones of the raw frame, and count bright ones.

    Zones consist of whole Bayer quads: the sum is the number of samples times the mean of
    ``(R + Gr + Gb + B) / 4``, a luma in which green has twice the weight of red and of blue. How
    many samples a zone has follows from its size: what does not fill one is not counted.

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
        ``sof``. Zones beyond 16 are not counted.
    bright : In(unsigned(depth))
        Lowest sample that is counted as bright; sampled with ``sof``.
    scale : In(unsigned(2))
        Sums are divided by ``16**scale``; sampled with ``sof``.
    hold : In(1)
        Keep the results: a frame that begins now is not measured.
    index : In(unsigned(8))
        Zone to read, ``row * 16 + column``.
    zone : Out(AeZone())
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
    Golden model: :func:`opsin_sim.golden.isp.ae_zones`.
    """

    left: Value
    top: Value
    zone_width: Value
    zone_height: Value
    bright: Value
    scale: Value
    index: Value
    zone: Any

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        super().__init__(
            depth=depth,
            ppc=ppc,
            settings={**GRID, "bright": unsigned(depth), "scale": SCALE},
            ports={"index": In(unsigned(8)), "zone": Out(AeZone())},
        )
        check_max_width(max_width, ppc)
        self.max_width = max_width

    def elaborate(self, platform: object) -> Module:
        m = Module()
        seen, use, measured = self.measure(m, platform)
        place, _ = zone_grid(m, seen, use, measured, zones=ZONES, max_width=self.max_width)

        pixels = [seen.pixel[k] for k in range(self.ppc)]
        counted = [pixel >= use.bright for pixel in pixels]
        full, most = (1 << self.depth) - 1, self.max_width
        sums = []
        for values, limit, is_scaled in ((pixels, full, True), (counted, 1, False)):
            pairs = cell_pairs(m, seen, values)
            value = Signal((limit * max(2, self.ppc)).bit_length())
            m.d.sync += value.eq(total([one for pair in pairs for one in pair]))
            sums.append(ZoneSum(value, limit * most, scaled=is_scaled))
        zone_sums(
            m,
            Place.later(m, place, 1),
            sums,
            scale=use.scale,
            index=self.index,
            result=self.zone.as_value(),
            sparse=self.ppc == 1,
        )
        return m
