# SPDX-License-Identifier: MIT
"""What blocks have in common that compute a pixel from a pixel."""

from collections.abc import Mapping
from typing import Any

from amaranth import Module, Signal, Value
from amaranth.hdl import ShapeLike
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Member, Out

from ..common.shadow import Shadow
from ..common.video import VideoSignature

__all__ = ["DEPTHS", "PointBlock", "check_depth"]

DEPTHS = range(8, 17)


def check_depth(depth: int) -> None:
    """Refuse sample widths that the pipeline is not made for."""
    if depth not in DEPTHS:
        raise ValueError(f"depth must be in 8..16, not {depth!r}")


class PointBlock(wiring.Component):
    """A pipeline of ``latency`` stages which move together, with settings held for a frame.

    The first stage registers the beat and, if it has ``sof``, the settings; :meth:`compute` adds
    the others.

    Parameters
    ----------
    pixel_in, pixel_out : ShapeLike
        Shapes of a pixel.
    latency : int
        Stages.
    ppc : int
        Pixels per beat.
    settings : mapping of str to ShapeLike
        Ports that are sampled with ``sof``.
    ports : mapping of str to Member
        Any other ports.

    Members
    -------
    i : In(VideoSignature(pixel_in, ppc=ppc))
    o : Out(VideoSignature(pixel_out, ppc=ppc))

    Timing
    ------
    Latency ``latency`` cycles, throughput 1 beat/cycle. ``i.ready`` depends combinationally on
    ``o.ready``; ``o`` comes from registers.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(
        self,
        pixel_in: ShapeLike,
        pixel_out: ShapeLike,
        *,
        latency: int,
        ppc: int,
        settings: Mapping[str, ShapeLike],
        ports: Mapping[str, Member] | None = None,
    ) -> None:
        if ppc < 1 or (ppc > 1 and ppc % 2):
            raise ValueError(f"ppc must be 1 or even, not {ppc!r}")
        self.ppc = ppc
        self.latency = latency
        self._settings = dict(settings)
        super().__init__(
            {
                "i": In(VideoSignature(pixel_in, ppc=ppc)),
                "o": Out(VideoSignature(pixel_out, ppc=ppc)),
                **{name: In(shape) for name, shape in settings.items()},
                **(ports or {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.settings = settings = Shadow(data.StructLayout(self._settings))

        advance = Signal()
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(advance),
            settings.take.eq(self.i.valid & advance & self.i.p.sof),
        ]
        for name in self._settings:
            m.d.comb += settings.i[name].eq(getattr(self, name))
        self.compute(m, settings.o, advance)
        with m.If(advance):
            markers = Value.cast(self.i.valid), self.i.p.sof, self.i.p.eol
            for stage in range(1, self.latency):
                nexts = [Signal(name=f"{name}_{stage}") for name in ("valid", "sof", "eol")]
                m.d.sync += [after.eq(before) for after, before in zip(nexts, markers, strict=True)]
                markers = nexts[0], nexts[1], nexts[2]
            m.d.sync += [
                self.o.valid.eq(markers[0]),
                self.o.p.sof.eq(markers[1]),
                self.o.p.eol.eq(markers[2]),
            ]

        return m

    def compute(self, m: Module, settings: Any, advance: Value) -> None:
        """Add the stages from ``self.i.p.pixel`` to ``self.o.p.pixel``.

        Registers load only while ``advance``; ``settings`` are those of the first stage's beat.
        """
        raise NotImplementedError
