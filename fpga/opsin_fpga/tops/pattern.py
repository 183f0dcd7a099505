# SPDX-License-Identifier: MIT
"""The raw test picture's checksum: the smallest design that shows that a board is alive."""

from amaranth import Module, Value, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from opsin.common.video import BayerPhase
from opsin.isp.test_pattern import TestPattern

from ..frame_monitor import FrameMonitor

__all__ = ["Pattern"]


class Pattern(wiring.Component):
    """Test picture of 8 bits, RGGB, straight into a frame monitor.

    Parameters
    ----------
    width, height : int
        Size of the picture.
    divisor : int
        Clock cycles per bit of the serial line.

    Members
    -------
    tx : Out(1)
        Serial line with a line of text per frame.
    led : Out(8)
        Lowest byte of the last CRC.
    """

    tx: Value
    led: Value

    def __init__(self, *, width: int = 640, height: int = 480, divisor: int) -> None:
        self.width = width
        self.height = height
        self.divisor = divisor
        super().__init__({"tx": Out(1, init=1), "led": Out(8)})

    def elaborate(self, platform: object) -> Module:
        """Elaborate."""
        m = Module()
        m.submodules.pattern = pattern = TestPattern(depth=8)
        m.submodules.monitor = monitor = FrameMonitor(unsigned(8), divisor=self.divisor)
        wiring.connect(m, pattern.o, monitor.i)
        m.d.comb += [
            pattern.width.eq(self.width),
            pattern.height.eq(self.height),
            pattern.phase.eq(BayerPhase.RGGB),
            monitor.height.eq(self.height),
            self.tx.eq(monitor.tx),
            self.led.eq(monitor.led),
        ]
        return m
