# SPDX-License-Identifier: MIT
"""What blocks have in common that compute a pixel from its neighbourhood."""

from collections.abc import Callable, Mapping
from typing import Any

from amaranth import Module, Value
from amaranth.hdl import ShapeLike
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Member, Out

from ..common.line_window import LineWindow, Window
from ..common.shadow import Shadow
from ..common.video import VideoSignature
from .point import PointBlock

__all__ = ["WindowBlock"]


class WindowBlock(wiring.Component):
    """A :class:`~opsin.common.line_window.LineWindow` and a pipeline of stages behind it.

    A block is a subclass that says what :meth:`compute` adds. Settings are held from ``sof`` of
    the input on and handed to the pipeline with the frame's first window.

    Parameters
    ----------
    pixel_in, pixel_out : ShapeLike
        Shapes of a pixel.
    rows, columns : int
        Size of the window, odd, at least 3.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    latency : int
        Stages behind the window, at least 2.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    settings : mapping of str to ShapeLike
        Ports that are sampled with ``sof``.
    ports : mapping of str to Member
        Any other ports.
    bypass : callable or None
        What becomes of the middle pixel of a frame that is bypassed: a function from ``pixel_in``
        to ``pixel_out``, :func:`~opsin.isp.point.unchanged` where they are the same. None: there is
        no ``bypass``.

    Members
    -------
    i : In(VideoSignature(pixel_in, ppc=ppc))
        Well-formed frames (see :class:`~opsin.isp.frame_guard.FrameGuard`).
    o : Out(VideoSignature(pixel_out, ppc=ppc))
        Frames of the same size.
    width : In(range(max_width + 1))
        Pixels per line, a multiple of ``ppc`` of at least 2 beats (``ppc`` 1: 3 beats) and at
        least ``columns // 2 + 1``; sampled with ``sof``.
    height : In(16)
        Lines, at least ``rows // 2 + 1``; sampled with ``sof``.
    bypass : In(1)
        Let frames pass, in the same time; sampled with ``sof``.

    Timing
    ------
    As :class:`~opsin.common.line_window.LineWindow`, ``latency`` cycles later: with
    ``line = width / ppc`` and ``flush = rows // 2 * line + ceil((columns // 2) / ppc)``, beat ``k``
    leaves ``3 + latency`` cycles after beat ``k + flush`` came, or would have. Throughput 1
    beat/cycle, ``height * line + flush`` cycles a frame. ``i.ready`` depends combinationally on
    ``o.ready``; ``o`` comes from registers.
    """

    i: stream.Interface
    o: stream.Interface
    width: Value
    height: Value

    def __init__(
        self,
        pixel_in: ShapeLike,
        pixel_out: ShapeLike,
        *,
        rows: int,
        columns: int,
        max_width: int,
        latency: int,
        ppc: int,
        settings: Mapping[str, ShapeLike],
        ports: Mapping[str, Member] | None = None,
        bypass: Callable[[Any], Any] | None = None,
    ) -> None:
        self.ppc = ppc
        self._window = LineWindow(
            pixel_in, rows=rows, columns=columns, max_width=max_width, ppc=ppc
        )
        self._stages = _Stages(
            self,
            Window(pixel_in, rows, columns),
            pixel_out,
            latency=latency,
            ppc=ppc,
            settings=settings,
            bypass=bypass and (lambda window: bypass(window[rows // 2][columns // 2])),
        )
        self._settings = {**settings, **({"bypass": 1} if bypass else {})}
        super().__init__(
            {
                "i": In(VideoSignature(pixel_in, ppc=ppc)),
                "o": Out(VideoSignature(pixel_out, ppc=ppc)),
                "width": In(range(max_width + 1)),
                "height": In(16),
                **{name: In(shape) for name, shape in self._settings.items()},
                **(ports or {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.window = window = self._window
        m.submodules.stages = stages = self._stages

        wiring.connect(m, wiring.flipped(self.i), window.i)
        wiring.connect(m, window.o, stages.i)
        wiring.connect(m, stages.o, wiring.flipped(self.o))
        m.d.comb += [window.width.eq(self.width), window.height.eq(self.height)]
        if self._settings:  # held until the first window comes
            m.submodules.settings = settings = Shadow(data.StructLayout(self._settings))
            m.d.comb += settings.take.eq(self.i.valid & self.i.ready & self.i.p.sof)
            for name in self._settings:
                m.d.comb += settings.i[name].eq(getattr(self, name))
                m.d.comb += getattr(stages, name).eq(settings.o[name])

        return m

    def compute(self, m: Module, stages: PointBlock, settings: Any, advance: Value) -> None:
        """Add the stages from ``stages.i.p.pixel[k]``, a window, to ``stages.o.p.pixel[k]``.

        Registers load only while ``advance``; ``settings`` are those of the first stage's beat.
        ``stages`` is what :func:`~opsin.isp.bayer.channels` takes as a block.
        """
        raise NotImplementedError


class _Stages(PointBlock):
    """The pipeline of a :class:`WindowBlock`."""

    def __init__(self, block: WindowBlock, pixel_in: Window, pixel_out: ShapeLike, **kind: Any):
        self._block = block
        super().__init__(pixel_in, pixel_out, **kind)

    def compute(self, m: Module, settings: Any, advance: Value) -> None:
        self._block.compute(m, self, settings, advance)
