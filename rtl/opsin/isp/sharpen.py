# SPDX-License-Identifier: MIT
"""Sharpening."""

from amaranth import Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from ..common.flow import FlowBlock, join
from ..common.line_window import LineWindow
from ..common.row_window import RowWindow
from ..common.video import Ycbcr
from .point import check_depth
from .sharpen_change import SIZE, SharpenChange, sharpen_settings
from .sigma_filter import TallYcbcr

__all__ = ["Sharpen"]


class Sharpen(FlowBlock):
    """Add to luma what it lacks in a blurred copy of itself; colour differences pass.

    With ``y`` the luma in the middle of 5 × 5 pixels, ``narrow`` the binomial sum of 3 × 3 (16
    parts), ``broad`` that of 5 × 5 (256 parts), ``low`` and ``high`` the least and the greatest
    luma of 3 × 3::

        fine   = 16 * y - narrow
        coarse = (256 * y - broad + 8) >> 4
        detail = fine + (((coarse - fine) * wide + 2) >> 2)
        factor = max(gain - (max(high - low - edge, 0) * fall >> (depth - 5)), 0)
        change = (max(abs(detail) - core, 0) * factor + 2**8) >> 9

    The change goes up, at most to ``high + ((high - low) * overshoot >> 6)``, if the detail is
    positive, else down, at most to ``low - ((high - low) * undershoot >> 6)``.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    tall : bool
        The five rows of luma come with each pixel, from
        :class:`~opsin.isp.chroma_noise_reduction.ChromaNoiseReduction`; so there is no line memory.

    Members
    -------
    i : In(FlowSignature(Ycbcr(depth), ppc=ppc))
        Well-formed frames (see :class:`~opsin.isp.frame_guard.FrameGuard`). ``tall``:
        :class:`~opsin.isp.sigma_filter.TallYcbcr`, with 5 rows.
    o : Out(FlowSignature(Ycbcr(depth), ppc=ppc))
    width : In(range(max_width + 1))
        Pixels per line, at least 3 and 2 beats; a setting, see
        :class:`~opsin.common.flow.FlowBlock`. Not if ``tall``.
    height : In(16)
        Lines, at least 3; a setting. Not if ``tall``.
    gain : In(8)
        Of detail, unsigned Q3.5; a setting, as all that follow.
    wide : In(3)
        Share of the larger window, unsigned Q1.2.
    core : In(depth)
        Detail that is taken for noise, 1/16 samples.
    edge : In(depth)
        Contrast from where on the gain falls.
    fall : In(4)
        How much it falls in full scale.
    overshoot, undershoot : In(4)
        How far beyond its neighbours a pixel may go, 1/64 of their contrast.
    bypass : In(1)
        Let frames pass, in the same time.

    Timing
    ------
    Latency 24 cycles, ``tall`` 21. With ``line = width / ppc`` beats, a beat leaves ``2 * line +
    ceil(2 / ppc)`` slots behind the one in which it came, ``tall`` ``ceil(2 / ppc)``. No
    multipliers.

    Raises
    ------
    ValueError
        If ``depth``, ``max_width`` or ``ppc`` is out of range.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.sharpen`, which names the paper.
    """

    gain: Value
    wide: Value
    core: Value
    edge: Value
    fall: Value
    overshoot: Value
    undershoot: Value
    bypass: Value

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1, tall: bool = False) -> None:
        check_depth(depth)
        self._window: FlowBlock
        if tall:
            self._window = RowWindow(TallYcbcr(depth, SIZE), columns=SIZE, ppc=ppc)
        else:
            self._window = LineWindow(
                Ycbcr(depth), rows=SIZE, columns=SIZE, max_width=max_width, ppc=ppc, near="y"
            )
        self._change = SharpenChange(depth=depth, window=self._window.pixel_out, ppc=ppc)
        self._size = {} if tall else {"width": In(range(max_width + 1)), "height": In(16)}
        settings = {name: In(shape) for name, shape in sharpen_settings(depth).items()}
        super().__init__(
            self._window.pixel_in,
            Ycbcr(depth),
            ppc=ppc,
            latency=self._window.latency + self._change.latency,
            ports={**self._size, **settings, "bypass": In(1)},
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.window = window = self._window
        m.submodules.stages = change = self._change

        join(m, wiring.flipped(self.i), [window, change], wiring.flipped(self.o))
        for name in self._size:
            m.d.comb += getattr(window, name).eq(getattr(self, name))
        for name in (*sharpen_settings(0), "bypass"):
            m.d.comb += getattr(change, name).eq(getattr(self, name))

        return m
