# SPDX-License-Identifier: MIT
"""The camera pipeline on a test picture, watched by checksum."""

from typing import Any

from amaranth import Module, Value, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from opsin import config
from opsin.common.stream import Buffer
from opsin.common.video import BayerPhase, Beat, Rgb
from opsin.isp import Pipeline
from opsin.isp.test_pattern import TestPattern

from ..curve_loader import CurveLoader
from ..frame_monitor import FrameMonitor

__all__ = ["CCM", "CURVE", "GAIN", "PHASE", "FirstLight", "black"]

PHASE = BayerPhase.GRBG

GAIN = (6144, 4096, 4096, 5120)
"""1.5, 1, 1 and 1.25 for R, Gr, Gb, B: the two outer ones saturate bright pixels."""

CCM = ((6554, -1638, -820), (-1229, 6144, -819), (-410, -2048, 6554))
"""A usual camera matrix: rows add up to 1, neighbours are subtracted."""


def black(depth: int) -> tuple[int, int, int, int]:
    """Return what the test picture's dark pixels have."""
    return (1 << (depth - 6),) * 4


def _srgb(linear: float) -> float:
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


CURVE = tuple(round(255 * 256 * _srgb(k / 256)) for k in range(257))
"""Transfer function of IEC 61966-2-1 (sRGB), Q8.8."""


class FirstLight(wiring.Component):
    """Test picture → :class:`opsin.isp.Pipeline` → CRC of each frame on UART and LEDs.

    Settings are fixed, and the picture is the same in each frame, so every line of text shows the
    same CRC. Frames start when the tone curve is loaded. A chain without colour correction takes no
    notice of the matrix.

    Parameters
    ----------
    width, height : int
        Size of the picture.
    divisor : int
        Clock cycles per bit of the serial line.
    isp : config.IspConfig
        The pipeline's configuration: a chain with 8 bits at its end, and one pixel per beat.

    Members
    -------
    tx : Out(1)
        Serial line, see :class:`~opsin_fpga.frame_monitor.FrameMonitor`.
    led : Out(8)
        Lowest byte of the last frame's CRC.

    References
    ----------
    Golden models: :func:`opsin_sim.golden.test_pattern.frame`,
    :func:`opsin_sim.golden.isp.develop`, :func:`opsin_sim.golden.crc.frame_crc`.
    """

    tx: Value
    led: Value

    def __init__(
        self,
        *,
        width: int = 640,
        height: int = 480,
        divisor: int,
        isp: config.IspConfig = config.ISP_FIRST_LIGHT,
    ) -> None:
        self.width = width
        self.height = height
        self.divisor = divisor
        self.isp = isp
        super().__init__({"tx": Out(1, init=1), "led": Out(8)})

    def elaborate(self, platform: object) -> Module:
        """Elaborate."""
        m = Module()
        m.submodules.pattern = pattern = TestPattern(depth=self.isp.depth)
        m.submodules.buffer = buffer = Buffer(Beat(unsigned(self.isp.depth)))
        m.submodules.pipeline = pipeline = Pipeline(self.isp)
        m.submodules.monitor = monitor = FrameMonitor(Rgb(8), divisor=self.divisor)
        m.submodules.loader = loader = CurveLoader(CURVE)

        settings: Any = pipeline.settings
        m.d.comb += [
            pattern.width.eq(self.width),
            pattern.height.eq(self.height),
            pattern.phase.eq(PHASE),
            settings.width.eq(self.width),
            settings.height.eq(self.height),
            settings.phase.eq(PHASE),
            settings.crop.bypass.eq(1),
            *(settings.black[k].eq(v) for k, v in enumerate(black(self.isp.depth))),
            *(settings.gain[k].eq(value) for k, value in enumerate(GAIN)),
            *(settings.ccm[k][j].eq(v) for k, row in enumerate(CCM) for j, v in enumerate(row)),
            settings.curve_bank.eq(loader.done),
            monitor.height.eq(self.height),
            self.tx.eq(monitor.tx),
            self.led.eq(monitor.led),
        ]
        wiring.connect(m, loader.o, pipeline.curve)
        wiring.connect(m, pattern.o, buffer.i)  # cuts the path of ready
        wiring.connect(m, pipeline.o, monitor.i)
        m.d.comb += [
            pipeline.i.p.eq(buffer.o.p),
            pipeline.i.valid.eq(buffer.o.valid & loader.done),
            buffer.o.ready.eq(pipeline.i.ready & loader.done),
        ]
        return m
