# SPDX-License-Identifier: MIT
"""What blocks have in common that compute a pixel from its neighbourhood."""

from collections.abc import Callable, Mapping
from typing import Any

from amaranth import Module, Value
from amaranth.hdl import ShapeLike
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Member

from ..common.flow import FlowBlock, join
from ..common.line_window import LineWindow
from .point import PointBlock

__all__ = ["WindowBlock"]


class WindowBlock(FlowBlock):
    """A :class:`~opsin.common.line_window.LineWindow` and a pipeline of stages behind it.

    A block is a subclass that says what :meth:`compute` adds.

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
        Ports that hold still for a frame.
    ports : mapping of str to Member
        Any other ports.
    near : str or None
        The field of ``pixel_in`` that is wanted of all pixels of the window, None: all, see
        :class:`~opsin.common.line_window.LineWindow`.
    bypass : callable or None
        What becomes of the middle pixel of a frame that is bypassed: a function from ``pixel_in``
        to ``pixel_out``, :func:`~opsin.isp.point.unchanged` where they are the same. None: there is
        no ``bypass``.

    Members
    -------
    i : In(FlowSignature(pixel_in, ppc=ppc))
    o : Out(FlowSignature(pixel_out, ppc=ppc))
    width : In(range(max_width + 1))
        Pixels per line, a multiple of ``ppc`` of at least 2 beats and at least
        ``columns // 2 + 1``; a setting.
    height : In(16)
        Lines, at least ``rows // 2 + 1``; a setting.
    bypass : In(1)
        Let frames pass, in the same time; a setting.

    Timing
    ------
    As :class:`~opsin.common.line_window.LineWindow`, ``latency`` cycles later.
    """

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
        near: str | None = None,
        bypass: Callable[[Any], Any] | None = None,
    ) -> None:
        self._window = LineWindow(
            pixel_in, rows=rows, columns=columns, max_width=max_width, ppc=ppc, near=near
        )

        def middle(around: Any) -> Any:
            return around.pixel if near else around[rows // 2][columns // 2]

        self._stages = _Stages(
            self,
            self._window.pixel_out,
            pixel_out,
            latency=latency,
            ppc=ppc,
            settings={},
            bypass=bypass and (lambda around: bypass(middle(around))),
        )
        self._bypassed = bool(bypass)
        super().__init__(
            pixel_in,
            pixel_out,
            ppc=ppc,
            latency=self._window.latency + latency,
            ports={
                "width": In(range(max_width + 1)),
                "height": In(16),
                **{name: In(shape) for name, shape in settings.items()},
                **({"bypass": In(1)} if bypass else {}),
                **(ports or {}),
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.window = window = self._window
        m.submodules.stages = stages = self._stages

        join(m, wiring.flipped(self.i), [window, stages], wiring.flipped(self.o))
        m.d.comb += [window.width.eq(self.width), window.height.eq(self.height)]
        if self._bypassed:
            m.d.comb += getattr(stages, "bypass").eq(getattr(self, "bypass"))  # noqa: B009 (ports)

        return m

    def compute(self, m: Module, stages: PointBlock) -> None:
        """Add the stages from ``stages.i.p.pixel[k]`` to ``stages.o.p.pixel[k]``.

        What comes in is a :class:`~opsin.common.line_window.Window`, or with ``near`` an
        :class:`~opsin.common.line_window.Around`. ``stages`` is what
        :func:`~opsin.isp.bayer.channels` takes as a block. Settings are ports of the block itself.
        """
        raise NotImplementedError


class _Stages(PointBlock):
    """The pipeline of a :class:`WindowBlock`."""

    def __init__(self, block: WindowBlock, pixel_in: ShapeLike, pixel_out: ShapeLike, **kind: Any):
        self._block = block
        super().__init__(pixel_in, pixel_out, **kind)

    def compute(self, m: Module) -> None:
        self._block.compute(m, self)
