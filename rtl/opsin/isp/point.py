# SPDX-License-Identifier: MIT
"""What blocks have in common that compute a pixel from a pixel."""

from collections.abc import Callable, Mapping
from typing import Any

from amaranth import Cat, Module, Value, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib.wiring import In, Member

from ..common.flow import FlowBlock, delayed

__all__ = ["DEPTHS", "PointBlock", "check_depth", "unchanged"]

DEPTHS = range(8, 17)


def check_depth(depth: int) -> None:
    """Refuse sample widths that the pipeline is not made for."""
    if depth not in DEPTHS:
        raise ValueError(f"depth must be in 8..16, not {depth!r}")


def unchanged(pixel: Value) -> Value:
    """Return the pixel, for ``bypass``."""
    return pixel


class PointBlock(FlowBlock):
    """A pipeline of ``latency`` stages.

    Parameters
    ----------
    pixel_in, pixel_out : ShapeLike
        Shapes of a pixel.
    latency : int
        Stages, at least 2 if there is a ``bypass``.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    settings : mapping of str to ShapeLike
        Ports that hold still for a frame.
    ports : mapping of str to Member
        Any other ports.
    bypass : callable or None
        What becomes of a pixel of a frame that is bypassed: a function from ``pixel_in`` to
        ``pixel_out``, :func:`unchanged` where they are the same. None: there is no ``bypass``.

    Members
    -------
    i : In(FlowSignature(pixel_in, ppc=ppc))
    o : Out(FlowSignature(pixel_out, ppc=ppc))
    bypass : In(1)
        Let frames pass, in the same time; a setting.

    Timing
    ------
    Latency ``latency`` cycles; ``o`` comes from registers.
    """

    def __init__(
        self,
        pixel_in: ShapeLike,
        pixel_out: ShapeLike,
        *,
        latency: int,
        ppc: int,
        settings: Mapping[str, ShapeLike] | None = None,
        ports: Mapping[str, Member] | None = None,
        bypass: Callable[[Any], Any] | None = None,
    ) -> None:
        self._bypass = bypass
        settings = {**(settings or {}), **({"bypass": unsigned(1)} if bypass else {})}
        super().__init__(
            pixel_in,
            pixel_out,
            ppc=ppc,
            latency=latency,
            ports={**{name: In(shape) for name, shape in settings.items()}, **(ports or {})},
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        markers = Cat(self.i.step, self.i.live, self.i.p.sof, self.i.p.eol)
        late = delayed(m, markers, self.latency, "markers")
        m.d.comb += Cat(self.o.step, self.o.live, self.o.p.sof, self.o.p.eol).eq(late)

        self.compute(m)
        if self._bypass:
            for index in range(self.ppc):
                pixel = Value.cast(self._bypass(self.i.p.pixel[index]))
                pixel = delayed(m, pixel, self.latency - 1, f"bypassed_{index}")
                with m.If(getattr(self, "bypass")):  # noqa: B009 (a port)
                    m.d.sync += Value.cast(self.o.p.pixel[index]).eq(pixel)

        return m

    def compute(self, m: Module) -> None:
        """Add the stages from ``self.i.p.pixel`` to ``self.o.p.pixel``, which are registers."""
        raise NotImplementedError
