# SPDX-License-Identifier: MIT
"""Both outputs of the complete pipeline."""

from typing import Any

from amaranth import Module, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.stream import Fork
from ..common.video import VideoSignature, Ycbcr
from .output_path import OutputPath
from .scaler_filter import CoefficientWrite
from .settings import PICTURE_DEPTH, IspSettings

__all__ = ["OUTPUTS", "Outputs"]

OUTPUTS = ("output", "second")
"""Names of their settings."""


class Outputs(wiring.Component):
    """Give a picture to each output that is enabled.

    Parameters
    ----------
    widths : tuple of int
        Pixels of the longest line, and of the longest that the second output scales.
    lean : bool
        Save a third of the scalers' memory, see :class:`~opsin.isp.Scaler`.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(VideoSignature(Ycbcr(10), ppc=ppc))
        Pictures.
    o, second : Out(VideoSignature(unsigned(32 * ppc)))
        Words of bytes, see :class:`~opsin.isp.OutputFormat`.
    width, height : In(16)
        Size of the frame that comes.
    settings : In, array of 2
        Of both, parts of :class:`~opsin.isp.IspSettings`. They hold still, like the size,
        from before a frame comes until it has left.
    banks : In(2)
        Of the scalers' tables, which the next frame will use.
    output_scale, second_scale : In(stream.Signature(CoefficientWrite()))
        For the scalers' tables.
    begin : In(1)
        A frame is on its way here.
    busy : Out(1)
        It has not left yet.

    Timing
    ------
    As :class:`~opsin.isp.output_path.OutputPath`. Neither output runs ahead of the other.
    """

    i: stream.Interface
    o: stream.Interface
    second: stream.Interface
    width: Value
    height: Value
    settings: Any
    banks: Value
    begin: Value
    busy: Value

    def __init__(self, *, widths: tuple[int, int], lean: bool, ppc: int) -> None:
        self._paths = {
            name: OutputPath(
                max_width=widths[0],
                scaled_width=width,
                spare_width=width // 2 if lean else width,
                ppc=ppc,
            )
            for name, width in zip(OUTPUTS, widths, strict=True)
        }
        words = VideoSignature(unsigned(32 * ppc))
        settings = IspSettings(PICTURE_DEPTH).members["output"]
        super().__init__(
            {
                "i": In(VideoSignature(Ycbcr(PICTURE_DEPTH), ppc=ppc)),
                "o": Out(words),
                "second": Out(words),
                "width": In(16),
                "height": In(16),
                "settings": In(settings).array(2),
                "banks": In(2),
                **{f"{name}_scale": In(stream.Signature(CoefficientWrite())) for name in OUTPUTS},
                "begin": In(1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.fork = fork = Fork(self.i.p.shape(), count=len(OUTPUTS))
        wiring.connect(m, wiring.flipped(self.i), fork.i)

        on_way = Signal(len(OUTPUTS))
        m.d.comb += self.busy.eq(on_way.any())
        for k, (name, path) in enumerate(self._paths.items()):
            m.submodules[name] = path
            settings = self.settings[k]
            wiring.connect(m, fork.o[k], path.i)
            wiring.connect(m, wiring.flipped(getattr(self, f"{name}_scale")), path.scale)
            m.d.comb += [
                path.width.eq(self.width),
                path.height.eq(self.height),
                path.settings.eq(settings),
                path.bank.eq(self.banks[k]),
                fork.enable[k].eq(settings.enable),
            ]
            with m.If(self.begin | path.left):
                m.d.sync += on_way[k].eq(self.begin & settings.enable)
        first, second = self._paths.values()
        wiring.connect(m, first.o, wiring.flipped(self.o))
        wiring.connect(m, second.o, wiring.flipped(self.second))

        return m
