# SPDX-License-Identifier: MIT
"""Video on AXI4-Stream.

As AMD's UG934 has it: ``tuser`` is 1 on the first beat of a frame, ``tlast`` on the last beat of a
line. In ``tdata`` the components of a pixel, then the pixels of a beat, follow each other from bit
0 on without gaps; zeros fill the last byte. Red, green and blue stand in the order G, B, R.
"""

from typing import Any

from amaranth import Cat, Module, Value
from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.stream import Buffer
from ..common.video import Beat, Rgb, VideoSignature

__all__ = ["AxiStream", "VideoFromAxi", "VideoToAxi"]


class AxiStream(wiring.Signature):
    """AXI4-Stream video of ``bits`` used data bits, seen by the transmitter."""

    def __init__(self, bits: int) -> None:
        members: dict[str, Any] = {
            "tdata": Out(-(-bits // 8) * 8),
            "tuser": Out(1),
            "tlast": Out(1),
            "tvalid": Out(1),
            "tready": In(1),
        }
        super().__init__(members)


class VideoFromAxi(wiring.Component):
    """Receiver of AXI4-Stream video.

    Parameters
    ----------
    pixel : ShapeLike
        A number, or :class:`~opsin.common.video.Rgb`.
    ppc : int
        Pixels per beat.

    Members
    -------
    axis : In(AxiStream(ppc * bits of a pixel))
    o : Out(VideoSignature(pixel, ppc=ppc))

    Timing
    ------
    Latency 1 cycle, throughput 1 beat/cycle, no combinational paths.
    """

    axis: Any
    o: stream.Interface

    def __init__(self, pixel: ShapeLike, *, ppc: int = 1) -> None:
        self._beat = Beat(pixel, ppc=ppc)
        bits = ppc * Shape.cast(pixel).width
        super().__init__({"axis": In(AxiStream(bits)), "o": Out(VideoSignature(pixel, ppc=ppc))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.buffer = buffer = Buffer(self._beat)
        axis, beat = self.axis, buffer.i.p

        components = _components(beat.pixel)
        m.d.comb += [
            Cat(components).eq(axis.tdata),
            beat.sof.eq(axis.tuser),
            beat.eol.eq(axis.tlast),
            buffer.i.valid.eq(axis.tvalid),
            axis.tready.eq(buffer.i.ready),
        ]
        wiring.connect(m, buffer.o, wiring.flipped(self.o))

        return m


class VideoToAxi(wiring.Component):
    """Transmitter of AXI4-Stream video.

    Parameters
    ----------
    pixel : ShapeLike
        A number, or :class:`~opsin.common.video.Rgb`.
    ppc : int
        Pixels per beat.

    Members
    -------
    i : In(VideoSignature(pixel, ppc=ppc))
    axis : Out(AxiStream(ppc * bits of a pixel))

    Timing
    ------
    Wires only: outputs are registers if those of the transmitter at ``i`` are.
    """

    i: stream.Interface
    axis: Any

    def __init__(self, pixel: ShapeLike, *, ppc: int = 1) -> None:
        bits = ppc * Shape.cast(pixel).width
        super().__init__({"i": In(VideoSignature(pixel, ppc=ppc)), "axis": Out(AxiStream(bits))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        axis, beat = self.axis, self.i.p

        m.d.comb += [
            axis.tdata.eq(Cat(_components(beat.pixel))),
            axis.tuser.eq(beat.sof),
            axis.tlast.eq(beat.eol),
            axis.tvalid.eq(self.i.valid),
            self.i.ready.eq(axis.tready),
        ]

        return m


def _components(pixels: Any) -> list[Value]:
    """Components in the order of ``tdata``."""
    array = pixels.shape()
    if isinstance(array.elem_shape, Rgb):
        return [Value.cast(pixels[k][c]) for k in range(array.length) for c in "gbr"]
    return [Value.cast(pixels[k]) for k in range(array.length)]
