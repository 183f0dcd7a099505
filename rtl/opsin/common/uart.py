# SPDX-License-Identifier: MIT
"""Asynchronous serial transmitter."""

from amaranth import Cat, Const, Module, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["UartTransmitter"]


class UartTransmitter(wiring.Component):
    """Send bytes as 8N1: a start bit (0), eight data bits, lowest first, and a stop bit (1).

    Parameters
    ----------
    divisor : int
        Clock cycles per bit: clock frequency / baud rate, rounded.

    Members
    -------
    i : In(stream.Signature(unsigned(8)))
        Bytes to send.
    tx : Out(1)
        Serial line; high when idle and during reset.

    Timing
    ------
    One byte every ``10 * divisor + 1`` cycles; its start bit begins in the cycle after the
    transfer. ``tx`` comes from a register; ``i.ready`` depends on registers only.

    Raises
    ------
    ValueError
        If ``divisor`` is less than 2.

    References
    ----------
    Receiver model: :class:`opsin_sim.devices.uart.UartReceiver`.
    """

    i: stream.Interface
    tx: Value

    def __init__(self, *, divisor: int) -> None:
        if divisor < 2:
            raise ValueError(f"divisor must be at least 2, not {divisor!r}")
        self.divisor = divisor
        super().__init__({"i": In(stream.Signature(unsigned(8))), "tx": Out(1, init=1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        line = Signal(10, init=-1)  # bit 0 is on the line
        bits = Signal(range(11))  # still to be sent, the one on the line included
        timer = Signal(range(self.divisor))

        m.d.comb += [self.tx.eq(line[0]), self.i.ready.eq(bits == 0)]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [
                line.eq(Cat(Const(0, 1), self.i.payload, Const(1, 1))),
                bits.eq(10),
                timer.eq(self.divisor - 1),
            ]
        with m.Elif(timer != 0):
            m.d.sync += timer.eq(timer - 1)
        with m.Elif(bits != 0):
            m.d.sync += [
                line.eq(Cat(line[1:], Const(1, 1))),
                bits.eq(bits - 1),
                timer.eq(self.divisor - 1),
            ]

        return m
