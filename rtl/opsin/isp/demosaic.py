# SPDX-License-Identifier: MIT
"""Demosaic."""

from typing import Any

from amaranth import Module, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.line_window import LineWindow
from ..common.shadow import Shadow
from ..common.video import BayerPhase, Rgb, VideoSignature
from .malvar import Malvar
from .point import check_depth

__all__ = ["Demosaic"]


class Demosaic(wiring.Component):
    """Estimate the two colours that the filter kept from each pixel.

    A :class:`~opsin.common.line_window.LineWindow` of 5 × 5 pixels, borders mirrored, feeds
    :class:`~opsin.isp.malvar.Malvar`.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line, at least 5.

    Members
    -------
    i : In(VideoSignature(unsigned(depth)))
        Well-formed raw frames (see :class:`~opsin.isp.frame_guard.FrameGuard`).
    o : Out(VideoSignature(Rgb(depth)))
        Colour frames of the same size.
    width : In(range(max_width + 1))
        Pixels per line, at least 3; sampled with ``sof``.
    height : In(16)
        Lines, at least 3; sampled with ``sof``.
    phase : In(BayerPhase)
        Colour filter at the first pixel; sampled with ``sof``.

    Timing
    ------
    Latency 2 lines and 12 cycles. Throughput 1 pixel/cycle, then 2 lines and 2 cycles in which
    ``i`` waits: ``width * height + 2 * width + 2`` cycles a frame. ``i.ready`` depends
    combinationally on ``o.ready``.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16 or ``max_width`` less than 5.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.demosaic`.
    """

    i: stream.Interface
    o: stream.Interface
    width: Value
    height: Value
    phase: Any

    def __init__(self, *, depth: int, max_width: int) -> None:
        check_depth(depth)
        self._window = LineWindow(unsigned(depth), rows=5, columns=5, max_width=max_width)
        self._interpolator = Malvar(depth=depth)
        super().__init__(
            {
                "i": In(VideoSignature(unsigned(depth))),
                "o": Out(VideoSignature(Rgb(depth))),
                "width": In(range(max_width + 1)),
                "height": In(16),
                "phase": In(BayerPhase),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.window = window = self._window
        m.submodules.interpolator = interpolator = self._interpolator
        m.submodules.phase = phase = Shadow(BayerPhase)  # until the first window comes

        wiring.connect(m, wiring.flipped(self.i), window.i)
        wiring.connect(m, window.o, interpolator.i)
        wiring.connect(m, interpolator.o, wiring.flipped(self.o))
        m.d.comb += [
            window.width.eq(self.width),
            window.height.eq(self.height),
            phase.i.eq(self.phase),
            phase.take.eq(self.i.valid & self.i.ready & self.i.p.sof),
            interpolator.phase.eq(phase.o),
        ]

        return m
