# SPDX-License-Identifier: MIT
"""From a finished picture to the bytes of an output."""

from typing import Any

from amaranth import Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.passage import Passage
from ..common.stream import Buffer
from ..common.video import VideoSignature, Ycbcr
from .chroma_subsample import ChromaSubsample
from .output_format import OutputFormat
from .rgb_space import RgbSpace
from .scaler import Scaler
from .scaler_filter import CoefficientWrite
from .settings import PICTURE_DEPTH, IspSettings

__all__ = ["OutputPath"]


class OutputPath(wiring.Component):
    """Size, chroma subsampling, colour space and packing of one output.

    Parameters
    ----------
    max_width : int
        Pixels of the longest line.
    scaled_width : int
        Pixels of the longest line that is scaled.
    spare_width : int or None
        The same for frames that are averaged vertically or become higher; None: ``scaled_width``.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(VideoSignature(Ycbcr(10), ppc=ppc))
        Pictures.
    o : Out(VideoSignature(unsigned(32 * ppc)))
        Words of bytes, see :class:`~opsin.isp.OutputFormat`.
    settings : In
        Part of :class:`~opsin.isp.IspSettings`; it holds still from before a frame comes until it
        has left.
    width, height : In(16)
        Size of the frame that comes; likewise.
    bank : In(1)
        Of the scaler's tables, which the next frame will use.
    scale : In(stream.Signature(CoefficientWrite()))
        For the scaler's tables.
    left : Out(1)
        All of a frame was taken, and all its words are in the queue in front of ``o``: settings may
        change.

    Timing
    ------
    Throughput of :class:`~opsin.isp.Scaler`. No combinational paths.
    """

    i: stream.Interface
    o: stream.Interface
    settings: Any
    width: Value
    height: Value
    bank: Value
    scale: stream.Interface
    left: Value

    def __init__(
        self, *, max_width: int, scaled_width: int, spare_width: int | None = None, ppc: int = 1
    ) -> None:
        depth = PICTURE_DEPTH
        self._scaler = Scaler(depth=depth, max_width=scaled_width, spare_width=spare_width, ppc=ppc)
        self._subsample = ChromaSubsample(depth=depth, max_width=max_width, ppc=ppc)
        self._space = RgbSpace(depth=depth, depth_out=8, ppc=ppc)
        self._format = OutputFormat(ppc=ppc)
        self._passage = Passage([self._subsample, self._space, self._format])
        settings = IspSettings(depth).members
        super().__init__(
            {
                "i": In(VideoSignature(Ycbcr(depth), ppc=ppc)),
                "o": Out(VideoSignature(unsigned(32 * ppc))),
                "settings": In(settings["output"]),
                "width": In(16),
                "height": In(16),
                "bank": In(1),
                "scale": In(stream.Signature(CoefficientWrite())),
                "left": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        use = self.settings
        scaler: Any = self._scaler
        m.submodules.scaler = scaler
        m.submodules.passage = passage = self._passage
        m.submodules.buffer = buffer = Buffer(self.i.p.shape())  # parts the outputs' ready

        wiring.connect(m, wiring.flipped(self.i), buffer.i)
        wiring.connect(m, buffer.o, scaler.i)
        wiring.connect(m, scaler.o, passage.i)
        m.d.comb += [
            Value.cast(self.o.p).eq(Value.cast(passage.o.p)),
            self.o.valid.eq(passage.o.valid),
            passage.o.ready.eq(self.o.ready),
            scaler.width.eq(self.width),
            scaler.height.eq(self.height),
            *(getattr(scaler, name).eq(use.scale[name]) for name in _SCALE),
            self._subsample.format.eq(use.chroma.format),
            self._subsample.centred.eq(use.chroma.centred),
            *(getattr(self._space, name).eq(use.rgb[name]) for name in _RGB),
            self._format.format.eq(use.format),
            self._format.dither.eq(use.dither),
            passage.height.eq(Mux(use.scale.bypass, self.height, use.scale.height_out)),
        ]

        # The tables that no frame uses are written.
        settled = use.scale.bank == self.bank
        m.d.comb += [
            scaler.write.p.eq(self.scale.p),
            scaler.write.valid.eq(self.scale.valid & settled),
            self.scale.ready.eq(scaler.write.ready & settled),
        ]

        # The scaler may still take lines of which nothing more is made.
        packed = Signal()
        m.d.comb += self.left.eq(packed & ~scaler.busy)
        m.d.sync += packed.eq(passage.left | (packed & scaler.busy))

        return m


_SCALE = (
    *("bypass", "width_out", "height_out", "phase_x", "phase_y", "step_x", "step_y"),
    *("average_x", "average_y", "bank"),
)
_RGB = ("luma", "red_cr", "green_cb", "green_cr", "blue_cb", "offset", "bypass")
