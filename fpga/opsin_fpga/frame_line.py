# SPDX-License-Identifier: MIT
"""A frame's number and checksum as a line of text."""

from amaranth import Array, C, Module, Mux, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["FrameLine", "FrameResult"]

_TEXT = b"frame ######## crc ########\r\n"


class FrameResult(data.StructLayout):
    """Number of a frame, counted from 1, and its checksum."""

    def __init__(self) -> None:
        super().__init__({"crc": unsigned(32), "number": unsigned(32)})


class FrameLine(wiring.Component):
    r"""Write ``frame 00000001 crc 1234abcd\r\n``, both numbers hexadecimal.

    Members
    -------
    i : In(stream.Signature(FrameResult()))
    o : Out(stream.Signature(unsigned(8)))
        Characters, ASCII.

    Timing
    ------
    29 characters per result, one per cycle; the next result is taken in the cycle after the last.
    ``o`` depends on registers only, as does ``i.ready``.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self) -> None:
        super().__init__(
            {
                "i": In(stream.Signature(FrameResult())),
                "o": Out(stream.Signature(unsigned(8))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Elaborate."""
        m = Module()

        place = Signal(range(len(_TEXT)))
        digits = Signal(64)  # the next one on top
        digit = digits[-4:]
        busy = Signal()

        text = Array(C(0 if code == ord("#") else code, 8) for code in _TEXT)[place]
        hexadecimal = digit + Mux(digit < 10, ord("0"), ord("a") - 10)
        m.d.comb += [
            self.i.ready.eq(~busy),
            self.o.valid.eq(busy),
            self.o.payload.eq(Mux(text == 0, hexadecimal, text)),
        ]
        with m.If(~busy):
            m.d.sync += [digits.eq(self.i.p.as_value()), busy.eq(self.i.valid), place.eq(0)]
        with m.Elif(self.o.ready):
            m.d.sync += place.eq(place + 1)
            with m.If(text == 0):
                m.d.sync += digits.eq(digits << 4)
            with m.If(place == len(_TEXT) - 1):
                m.d.sync += busy.eq(0)

        return m
