# SPDX-License-Identifier: MIT
"""Green equalization."""

from amaranth import Module, Value, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from ..common.flow import FlowBlock, join
from ..common.row_window import RowWindow
from .green_change import GreenChange, green_settings
from .green_columns import ROWS, GreenColumns
from .point import check_depth

__all__ = ["GreenEqualization"]


class GreenEqualization(FlowBlock):
    """Make the greens of lines with red and of lines with blue alike, but for edges.

    In sixteenths, ``own = 4 * middle + 2 * sides + corners``, of the nine greens of the pixel's
    kind in 5 × 5 pixels, and ``other = 4 * (sum of the four of the other kind)``. With
    ``d = other - own``, ``part = ((own >> 4) * slope) >> 8`` and
    ``allowed = 16 * (threshold + part)``, a green pixel becomes ::

        o = clip(i + ((sign(d) * max(min(|d|, 2 * allowed - |d|), 0) + 16) >> 5))

    unless the sum of the absolute differences of opposite greens (horizontal and vertical of its
    kind, both diagonals of the other) is more than ``edge + 4 * part``. Red and blue pass.

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
    i, o : FlowSignature(unsigned(depth), ppc=ppc)
        Raw samples, black at 0.
    width : In(range(max_width + 1))
        Pixels per line, a multiple of ``ppc`` of at least 2 beats and at least 3; a setting.
    height : In(16)
        Lines, at least 3; a setting.
    bypass : In(1)
        Let frames pass, in the same time; a setting.
    phase : In(BayerPhase)
        Colour filter at the first pixel; a setting.
    threshold : In(depth)
        In samples; a setting.
    slope : In(8)
        Unsigned Q0.8; a setting.
    edge : In(depth + 2)
        In samples; a setting.

    Timing
    ------
    Latency 23 cycles. With ``line = width / ppc`` beats, a pixel leaves ``2 * line +
    ceil(2 / ppc)`` slots behind its beat. Carry cells multiply.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16, ``ppc`` not 1, 2 or 4, or ``max_width`` too small or no
        multiple of ``ppc``.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.green_equalization`.
    """

    width: Value
    height: Value
    bypass: Value
    phase: Value
    threshold: Value
    slope: Value
    edge: Value

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        check_depth(depth)
        self._columns = GreenColumns(depth=depth, max_width=max_width, ppc=ppc)
        self._row = RowWindow(self._columns.pixel_out, columns=ROWS, ppc=ppc)
        self._stages = GreenChange(depth=depth, window=self._row.pixel_out, ppc=ppc)
        blocks: list[FlowBlock] = [self._columns, self._row, self._stages]
        super().__init__(
            unsigned(depth),
            unsigned(depth),
            ppc=ppc,
            latency=sum(block.latency for block in blocks),
            ports={
                "width": In(range(max_width + 1)),
                "height": In(16),
                **{name: In(shape) for name, shape in green_settings(depth).items()},
                "bypass": In(1),
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.columns = columns = self._columns
        m.submodules.row = row = self._row
        m.submodules.stages = stages = self._stages

        join(m, wiring.flipped(self.i), [columns, row, stages], wiring.flipped(self.o))
        for name in ("width", "height", "phase"):
            m.d.comb += getattr(columns, name).eq(getattr(self, name))
        for name in (*green_settings(0), "bypass"):
            m.d.comb += getattr(stages, name).eq(getattr(self, name))

        return m
