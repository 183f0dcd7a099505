# SPDX-License-Identifier: MIT
"""Demosaic."""

from typing import Any, Literal

from amaranth import Module, Value, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from ..common.flow import FlowBlock, join
from ..common.video import BayerPhase
from .directional import Directional
from .malvar import Malvar

__all__ = ["MIN_HEIGHT", "Demosaic"]

_METHODS = {"directional": Directional, "malvar": Malvar}

MIN_HEIGHT = {"directional": 5, "malvar": 3}
"""Lines that the mirrored borders of each method need."""


class Demosaic(FlowBlock):
    """Estimate the two colours that the filter kept from each pixel.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``, at least 8.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    method : str
        ``directional``: :class:`~opsin.isp.directional.Directional`, the better picture;
        ``malvar``: :class:`~opsin.isp.malvar.Malvar`, a third of the size.
    rows : int
        1, or, ``directional`` only, 3: the pixels above and below go along for the block behind.

    Members
    -------
    i : In(FlowSignature(unsigned(depth), ppc=ppc))
        Well-formed raw frames (see :class:`~opsin.isp.frame_guard.FrameGuard`).
    o : Out(FlowSignature(Rgb(depth), ppc=ppc))
        Colour frames of the same size. With 3 ``rows``, ``ArrayLayout(Rgb(depth), 3)``, from above.
    width : In(range(max_width + 1))
        Pixels per line, a multiple of ``ppc`` of at least 2 beats; at least 4 pixels, ``malvar`` 3;
        a setting.
    height : In(16)
        Lines, at least 5, ``malvar`` 3; a setting.
    phase : In(BayerPhase)
        Colour filter at the first pixel; a setting.
    bypass : In(1)
        Pass the raw sample as red, green and blue, in the same time; a setting.

    Timing
    ------
    As the method says.

    Raises
    ------
    ValueError
        If ``depth``, ``max_width``, ``ppc`` or ``rows`` is out of range or ``method`` unknown.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.demosaic`.
    """

    width: Value
    height: Value
    phase: Any
    bypass: Value

    def __init__(
        self,
        *,
        depth: int,
        max_width: int,
        ppc: int = 1,
        method: Literal["directional", "malvar"] = "directional",
        rows: int = 1,
    ) -> None:
        if method not in _METHODS:
            raise ValueError(f"method must be directional or malvar, not {method!r}")
        if rows not in ((1, 3) if method == "directional" else (1,)):
            raise ValueError(f"rows must be 1, or 3 of directional, not {rows!r} of {method}")
        more = {"rows": rows} if method == "directional" else {}
        self._method: Any = _METHODS[method](depth=depth, max_width=max_width, ppc=ppc, **more)
        super().__init__(
            unsigned(depth),
            self._method.pixel_out,
            ppc=ppc,
            latency=self._method.latency,
            ports={
                "width": In(range(max_width + 1)),
                "height": In(16),
                "phase": In(BayerPhase),
                "bypass": In(1),
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.method = method = self._method

        join(m, wiring.flipped(self.i), [method], wiring.flipped(self.o))
        for name in ("width", "height", "phase", "bypass"):
            m.d.comb += getattr(method, name).eq(getattr(self, name))

        return m
