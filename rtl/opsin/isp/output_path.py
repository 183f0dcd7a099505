# SPDX-License-Identifier: MIT
"""From a finished picture to the bytes of an output."""

from typing import Any

from amaranth import Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.passage import Passage
from ..common.video import VideoSignature, Ycbcr
from .chroma_subsample import ChromaSubsample
from .output_format import OutputFormat
from .rgb_space import RgbSpace
from .settings import PICTURE_DEPTH, IspSettings

__all__ = ["OutputPath"]


class OutputPath(wiring.Component):
    """Chroma subsampling, colour space and packing of one output.

    Parameters
    ----------
    max_width : int
        Pixels of the longest line.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(VideoSignature(Ycbcr(10), ppc=ppc))
        Pictures.
    o : Out(VideoSignature(unsigned(32 * ppc)))
        Words of bytes, see :class:`~opsin.isp.OutputFormat`.
    chroma, output : In
        Settings, parts of :class:`~opsin.isp.IspSettings`; they hold still for a frame.
    height : In(16)
        Lines of the frame; likewise.
    left : Out(1)
        The last word of a frame leaves.

    Timing
    ------
    Throughput 1 beat/cycle, as of :class:`~opsin.isp.OutputFormat`.
    """

    i: stream.Interface
    o: stream.Interface
    chroma: Any
    output: Any
    height: Value
    left: Value

    def __init__(self, *, max_width: int, ppc: int = 1) -> None:
        depth = PICTURE_DEPTH
        self._subsample = ChromaSubsample(depth=depth, max_width=max_width, ppc=ppc)
        self._space = RgbSpace(depth=depth, depth_out=8, ppc=ppc)
        self._passage = Passage([self._space])
        self._format = OutputFormat(ppc=ppc)
        settings = IspSettings(depth).members
        super().__init__(
            {
                "i": In(VideoSignature(Ycbcr(depth), ppc=ppc)),
                "o": Out(VideoSignature(unsigned(32 * ppc))),
                "chroma": In(settings["chroma"]),
                "output": In(settings["output"]),
                "height": In(16),
                "left": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.subsample = subsample = self._subsample
        m.submodules.passage = passage = self._passage
        m.submodules.format = packer = self._format

        wiring.connect(m, wiring.flipped(self.i), subsample.i)
        wiring.connect(m, subsample.o, passage.i)
        wiring.connect(m, passage.o, packer.i)
        wiring.connect(m, packer.o, wiring.flipped(self.o))
        m.d.comb += [
            subsample.format.eq(self.chroma.format),
            subsample.centred.eq(self.chroma.centred),
            *(getattr(self._space, name).eq(self.output.rgb[name]) for name in _RGB),
            packer.format.eq(self.output.format),
            packer.dither.eq(self.output.dither),
        ]

        lines = Signal(16, init=1)  # that have left, this one included
        last = lines == self.height
        with m.If(self.o.valid & self.o.ready & self.o.p.eol):
            m.d.comb += self.left.eq(last)
            m.d.sync += lines.eq(Mux(last, 1, lines + 1))

        return m


_RGB = ("luma", "red_cr", "green_cb", "green_cr", "blue_cb", "offset", "bypass")
