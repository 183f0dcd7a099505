# SPDX-License-Identifier: MIT
"""Directional interpolation of missing colours."""

from itertools import pairwise
from typing import Any

from amaranth import Module, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.line_window import LineWindow
from ..common.row_window import RowWindow
from ..common.shadow import Shadow
from ..common.stream import Buffer
from ..common.video import BayerPhase, Rgb, VideoSignature
from .directional_colors import DirectionalColors
from .directional_green import DirectionalGreen
from .gradients import GRADIENT_COLUMNS, GRADIENT_ROWS, Gradient, Gradients
from .point import check_depth
from .shares import SHARE_COLUMNS, Shares

__all__ = ["Directional"]


class Directional(wiring.Component):
    """Interpolate colour differences along the direction in which they are smooth.

    Lines of 9 × 7 raw pixels → :class:`~opsin.isp.gradients.Gradients` → 5 of them in a row →
    :class:`~opsin.isp.shares.Shares` → :class:`~opsin.isp.directional_green.DirectionalGreen` →
    :class:`~opsin.isp.directional_colors.DirectionalColors`.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``, at least 8.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(VideoSignature(unsigned(depth), ppc=ppc))
        Well-formed raw frames (see :class:`~opsin.isp.frame_guard.FrameGuard`).
    o : Out(VideoSignature(Rgb(depth), ppc=ppc))
        Colour frames of the same size.
    width : In(range(max_width + 1))
        Pixels per line, a multiple of ``ppc``, at least 4 pixels and 2 beats; sampled with ``sof``.
    height : In(16)
        Lines, at least 5; sampled with ``sof``.
    phase : In(BayerPhase)
        Colour filter at the first pixel; sampled with ``sof``.
    bypass : In(1)
        Pass the raw sample as red, green and blue, in the same time; sampled with ``sof``.

    Timing
    ------
    With ``line = width / ppc`` beats: latency 5 lines and
    ``39 + ceil(3 / ppc) + ceil(2 / ppc)`` cycles. Throughput 1 beat/cycle, then 4 lines and
    ``ceil(3 / ppc)`` cycles in which ``i`` waits. ``i.ready`` depends combinationally on
    ``o.ready``; ``o`` comes from registers.

    Raises
    ------
    ValueError
        If ``depth``, ``max_width`` or ``ppc`` is out of range.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.directional`, which names the papers.
    """

    i: stream.Interface
    o: stream.Interface
    width: Value
    height: Value
    phase: Any
    bypass: Value

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        check_depth(depth)
        self._lines = LineWindow(
            unsigned(depth),
            rows=GRADIENT_ROWS,
            columns=GRADIENT_COLUMNS,
            max_width=max_width,
            ppc=ppc,
        )
        self._gradients = Gradients(depth=depth, ppc=ppc)
        self._row = RowWindow(Gradient(depth), columns=SHARE_COLUMNS, ppc=ppc)
        self._shares = Shares(depth=depth, ppc=ppc)
        self._green = DirectionalGreen(depth=depth, ppc=ppc)
        self._colors = DirectionalColors(depth=depth, max_width=max_width, ppc=ppc)
        self._settings = {
            "width": range(max_width + 1),
            "height": unsigned(16),
            "phase": BayerPhase,
            "bypass": unsigned(1),
        }
        super().__init__(
            {
                "i": In(VideoSignature(unsigned(depth), ppc=ppc)),
                "o": Out(VideoSignature(Rgb(depth), ppc=ppc)),
                **{name: In(shape) for name, shape in self._settings.items()},
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.lines = lines = self._lines
        m.submodules.gradients = gradients = self._gradients
        m.submodules.row = row = self._row
        m.submodules.shares = shares = self._shares
        m.submodules.green = green = self._green
        m.submodules.colors = colors = self._colors

        # The buffers divide the way back of ready, which goes through all blocks.
        m.submodules.gradient_buffer = gradient_buffer = Buffer(gradients.o.payload.shape())
        m.submodules.green_buffer = green_buffer = Buffer(green.o.payload.shape())
        blocks: list[Any] = [lines, gradients, gradient_buffer, row, shares, green, green_buffer]
        wiring.connect(m, wiring.flipped(self.i), lines.i)
        for before, after in pairwise([*blocks, colors]):
            wiring.connect(m, before.o, after.i)
        wiring.connect(m, colors.o, wiring.flipped(self.o))
        m.d.comb += [lines.width.eq(self.width), lines.height.eq(self.height)]

        # Settings go with their frame from place to place. The smallest frames have fewer beats
        # than all stages together, but between two of these places there are never two frames.
        held: Any = self
        for name, take in (
            ("begin", _begins(self.i)),
            ("gradients", _begins(gradients.i)),
            ("row", _begins(row.i)),
            ("shares", _begins(shares.i)),
            ("green", _begins(green.i)),
            ("halfway", green.halfway),
        ):
            m.submodules[f"settings_{name}"] = shadow = Shadow(data.StructLayout(self._settings))
            m.d.comb += shadow.take.eq(take)
            for setting in self._settings:
                m.d.comb += shadow.i[setting].eq(getattr(held, setting))
            if name == "green":
                m.d.comb += green.phase.eq(held.phase)
            held = shadow.o
        for setting in self._settings:
            m.d.comb += getattr(colors, setting).eq(held[setting])

        return m


def _begins(video: Any) -> Value:
    """Whether a frame's first beat passes."""
    return video.valid & video.ready & video.p.sof
