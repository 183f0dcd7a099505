# SPDX-License-Identifier: MIT
"""Raw noise reduction."""

from amaranth import Module, Value, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from ..common.flow import FlowBlock, join
from ..common.line_window import LineWindow
from ..common.row_window import RowWindow
from .local_moments import LocalMoments, Moments
from .point import check_depth
from .shrink import CONSTANT, SLOPE, Shrink

__all__ = ["RawNoiseReduction"]

_COLUMNS = 3  # of the line window, which only has to give columns
_SETTINGS: dict[str, ShapeLike] = {"constant": CONSTANT, "slope": SLOPE, "bypass": 1}


class RawNoiseReduction(FlowBlock):
    """Move every sample to the mean of its 5 × 5 neighbours of its colour, as noise explains.

    ``o = x + min(expected variance / variance, 1) * (mean - x)``, where
    ``expected variance = constant + slope * mean`` is what the noise model says. Flat areas become
    their mean, detail far above the noise stays as it is. The filter needs no Bayer phase: all
    phases have their colours in every second line and column.

    :class:`~opsin.isp.local_moments.LocalMoments` sums columns up and
    :class:`~opsin.isp.shrink.Shrink` the sums of five columns, so each sample is squared five
    times and not twenty-five.

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
        Well-formed raw frames (see :class:`~opsin.isp.frame_guard.FrameGuard`).
    width : In(range(max_width + 1))
        Pixels per line, at least 5 and 2 beats; a setting.
    height : In(16)
        Lines, at least 5; a setting.
    constant : In(signed(24))
        Variance of the noise at sample 0, in ``2**(2 * depth - 28)`` samples²; black level moves
        it below 0. A setting.
    slope : In(16)
        Growth of the variance with the sample, in ``2**(depth - 21)`` samples; a
        setting.
    bypass : In(1)
        Let frames pass, in the same time; a setting.

    Timing
    ------
    Latency ``latency`` cycles. A pixel leaves ``4 * width / ppc + 1 + ceil(4 / ppc)`` slots behind
    its beat. Two multipliers per pixel, and seven of carry cells.

    Raises
    ------
    ValueError
        If ``depth``, ``max_width`` or ``ppc`` is out of range.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.raw_noise_reduction`, which names the papers.
    """

    width: Value
    height: Value
    constant: Value
    slope: Value
    bypass: Value

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        check_depth(depth)
        sample = unsigned(depth)
        self._lines = LineWindow(sample, rows=9, columns=_COLUMNS, max_width=max_width, ppc=ppc)
        self._moments = LocalMoments(depth=depth, columns=_COLUMNS, ppc=ppc)
        self._row = RowWindow(Moments(depth), columns=9, ppc=ppc)
        self._shrink = Shrink(depth=depth, ppc=ppc)
        blocks = (self._lines, self._moments, self._row, self._shrink)
        super().__init__(
            sample,
            sample,
            ppc=ppc,
            latency=sum(block.latency for block in blocks),
            ports={
                "width": In(range(max_width + 1)),
                "height": In(16),
                **{name: In(shape) for name, shape in _SETTINGS.items()},
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.lines = lines = self._lines
        m.submodules.moments = moments = self._moments
        m.submodules.row = row = self._row
        m.submodules.shrink = shrink = self._shrink

        blocks = [lines, moments, row, shrink]
        join(m, wiring.flipped(self.i), blocks, wiring.flipped(self.o))
        m.d.comb += [
            lines.width.eq(self.width),
            lines.height.eq(self.height),
            *(getattr(shrink, name).eq(getattr(self, name)) for name in _SETTINGS),
        ]

        return m
