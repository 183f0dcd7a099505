# SPDX-License-Identifier: MIT
"""What blocks between streams have in common that compute a pixel from a pixel."""

from collections.abc import Callable, Mapping
from typing import Any

from amaranth import Cat, Module, Signal, Value, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Member, Out

from ..common.shadow import Shadow
from ..common.video import VideoSignature

__all__ = ["ElasticBlock"]


class ElasticBlock(wiring.Component):
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
    bypass : callable or None
        What becomes of a pixel of a frame that is bypassed: a function from ``pixel_in`` to
        ``pixel_out``, :func:`unchanged` where they are the same. None: there is no ``bypass``.

    Members
    -------
    i : In(VideoSignature(pixel_in, ppc=ppc))
    o : Out(VideoSignature(pixel_out, ppc=ppc))
    bypass : In(1)
        Let frames pass, in the same time; sampled with ``sof``.

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
        bypass: Callable[[Any], Any] | None = None,
    ) -> None:
        if ppc < 1 or (ppc > 1 and ppc % 2):
            raise ValueError(f"ppc must be 1 or even, not {ppc!r}")
        self.ppc = ppc
        self.latency = latency
        self._bypass = bypass
        self._settings = {**settings, **({"bypass": unsigned(1)} if bypass else {})}
        super().__init__(
            {
                "i": In(VideoSignature(pixel_in, ppc=ppc)),
                "o": Out(VideoSignature(pixel_out, ppc=ppc)),
                **{name: In(shape) for name, shape in self._settings.items()},
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
        before_last = self.latency - 1
        markers = Cat(self.i.valid, self.i.p.sof, self.i.p.eol)
        late = self.delayed(m, markers, before_last, advance, "markers")
        with m.If(advance):
            m.d.sync += Cat(self.o.valid, self.o.p.sof, self.o.p.eol).eq(late)
        if self._bypass:
            past = self.delayed(m, settings.o.bypass, before_last - 1, advance, "bypass")
            for index in range(self.ppc):
                pixel = Value.cast(self._bypass(self.i.p.pixel[index]))
                pixel = self.delayed(m, pixel, before_last, advance, f"bypassed_{index}")
                with m.If(advance & past):
                    m.d.sync += Value.cast(self.o.p.pixel[index]).eq(pixel)

        return m

    @staticmethod
    def delayed(m: Module, value: Value, stages: int, advance: Value, name: str) -> Value:
        """Carry ``value`` along for so many stages, in registers called ``name``."""
        for stage in range(1, stages + 1):
            after = Signal(value.shape(), name=f"{name}_{stage}")
            with m.If(advance):
                m.d.sync += after.eq(value)
            value = after
        return value

    def compute(self, m: Module, settings: Any, advance: Value) -> None:
        """Add the stages from ``self.i.p.pixel`` to ``self.o.p.pixel``.

        Registers load only while ``advance``; ``settings`` are those of the first stage's beat.
        """
        raise NotImplementedError
