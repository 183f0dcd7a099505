# SPDX-License-Identifier: MIT
"""Statistics for white balance."""

from typing import Any

from amaranth import Module, Value, unsigned
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from ..common.video import BayerPhase
from .quads import quad_sums
from .statistics_tap import RESULT, SCALE, StatisticsTap
from .zone_grid import GRID, Place, check_max_width, zone_grid
from .zone_sums import ZoneSum, zone_sums

__all__ = ["AwbStatistics", "AwbZone"]

ZONES = 32


class AwbZone(data.StructLayout):
    """Results of a zone: sums of its accepted quads, scaled, and how many they are.

    ``green`` sums both greens. All saturate.
    """

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(("red", "green", "blue", "quads"), unsigned(RESULT)))


class AwbStatistics(StatisticsTap):
    """Sum the colours of up to 32 × 32 zones of the raw frame.

    Counted are 2 × 2 quads of which all four samples lie in ``dark .. saturation``. What does not
    fill a zone is not counted. A row of zones is summed, exactly below ``2**36``, as its lines
    pass; its results are written as each zone ends.

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
    phase : In(BayerPhase)
        Colour filter of the first pixel; sampled with ``sof``.
    left, top : In(unsigned(16))
        Corner of the first zone, in pixels, cut down to beats and quads; sampled with ``sof``.
    zone_width, zone_height : In(unsigned(16))
        Pixels of a zone, cut down in the same way; at least ``8 * ppc`` and 2; sampled with
        ``sof``. Zones beyond 32 are not counted.
    dark, saturation : In(unsigned(depth))
        Lowest and highest sample that is accepted; sampled with ``sof``.
    scale : In(unsigned(2))
        Colour sums are divided by ``16**scale``; sampled with ``sof``.
    hold : In(1)
        Keep the results: a frame that begins now is not measured.
    index : In(unsigned(10))
        Zone to read, ``row * 32 + column``.
    zone : Out(AwbZone())
        Its results, of the last frame that had it; undefined before.
    busy : Out(1)
        A frame is being measured; its zones replace those of the frame before as they end.
    frame : Out(unsigned(8))
        Frames measured, modulo 256.

    Timing
    ------
    ``o`` and ``i.ready`` are wires. ``frame`` counts 18 cycles after the last beat; until then
    settings hold still and no other frame begins. ``zone`` follows ``index`` after 3 cycles, 4
    while ``busy``.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16, ``ppc`` not 1, 2 or 4 or ``max_width`` not a multiple of it
        in ``4 * ppc``..8192.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.awb_statistics`.
    """

    phase: Any
    left: Value
    top: Value
    zone_width: Value
    zone_height: Value
    dark: Value
    saturation: Value
    scale: Value
    index: Value
    zone: Any

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        super().__init__(
            depth=depth,
            ppc=ppc,
            settings={
                "phase": BayerPhase,
                **GRID,
                "dark": unsigned(depth),
                "saturation": unsigned(depth),
                "scale": SCALE,
            },
            ports={"index": In(unsigned(10)), "zone": Out(AwbZone())},
        )
        check_max_width(max_width, ppc)
        self.max_width = max_width

    def elaborate(self, platform: object) -> Module:
        m = Module()
        seen, use, measured = self.measure(m, platform)
        place, step = zone_grid(
            m, seen, use, measured, zones=ZONES, max_width=self.max_width, quads=True
        )
        quads = quad_sums(m, seen, use, step, depth=self.depth, max_width=self.max_width)
        full, most = (1 << self.depth) - 1, self.max_width // 2
        limits = {"red": full, "green": 2 * full, "blue": full, "quads": 1}
        zone_sums(
            m,
            Place.later(m, place, 3),
            [
                ZoneSum(quads[name], limit * most, scaled=name != "quads")
                for name, limit in limits.items()
            ],
            scale=use.scale,
            index=self.index,
            result=self.zone.as_value(),
            sparse=self.ppc == 1,
        )
        return m
