# SPDX-License-Identifier: MIT
"""Frames' checksums on a serial line and on LEDs."""

from amaranth import Module, ShapeLike, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from opsin.common.crc import FrameCrc
from opsin.common.uart import UartTransmitter
from opsin.common.video import VideoSignature

from .frame_line import FrameLine

__all__ = ["FrameMonitor"]


class FrameMonitor(wiring.Component):
    r"""Report each frame: the line ``frame 00000001 crc 1234abcd\r\n``, and the CRC's low byte.

    Parameters
    ----------
    pixel : ShapeLike
        Shape of a pixel, a whole number of bytes.
    divisor : int
        Clock cycles per bit of the serial line.

    Members
    -------
    i : In(VideoSignature(pixel))
        Frames; see :class:`~opsin.common.crc.FrameCrc` for their bytes and incomplete ones.
    height : In(unsigned(16))
        Lines per frame.
    tx : Out(1)
        Serial line, 8N1.
    led : Out(8)
        Lowest byte of the last complete frame's CRC.

    Timing
    ------
    One beat per cycle. No frame is left out: when the next one ends before the line of text about
    this one has begun, ``i`` waits.
    """

    i: stream.Interface
    height: Value
    tx: Value
    led: Value

    def __init__(self, pixel: ShapeLike, *, divisor: int) -> None:
        self._pixel = pixel
        self._divisor = divisor
        super().__init__(
            {
                "i": In(VideoSignature(pixel)),
                "height": In(unsigned(16)),
                "tx": Out(1, init=1),
                "led": Out(8),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Elaborate."""
        m = Module()
        m.submodules.crc = crc = FrameCrc(self._pixel)
        m.submodules.line = line = FrameLine()
        m.submodules.uart = uart = UartTransmitter(divisor=self._divisor)

        number = Signal(32, init=1)
        wiring.connect(m, wiring.flipped(self.i), crc.i)
        wiring.connect(m, line.o, uart.i)
        m.d.comb += [
            crc.height.eq(self.height),
            line.i.p.crc.eq(crc.o.payload),
            line.i.p.number.eq(number),
            line.i.valid.eq(crc.o.valid),
            crc.o.ready.eq(line.i.ready),
            self.tx.eq(uart.tx),
        ]
        with m.If(crc.o.valid & crc.o.ready):
            m.d.sync += [number.eq(number + 1), self.led.eq(crc.o.payload[:8])]

        return m
