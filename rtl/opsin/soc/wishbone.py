# SPDX-License-Identifier: MIT
"""Registers on Wishbone."""

from typing import Any

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..common.register_bank import RegisterInterface, RegisterPort

__all__ = ["Wishbone", "WishboneBridge"]


class Wishbone(wiring.Signature):
    """Wishbone B4 classic of 32 data bits, byte selects and error, seen by the initiator.

    Parameters
    ----------
    address_bits : int
        Bits of a byte address; ``adr`` counts words and has two fewer.

    References
    ----------
    OpenCores, WISHBONE revision B4, chapter 3.
    """

    def __init__(self, address_bits: int) -> None:
        super().__init__(
            {
                "cyc": Out(1),
                "stb": Out(1),
                "we": Out(1),
                "adr": Out(address_bits - 2),
                "sel": Out(4),
                "dat_w": Out(32),
                "dat_r": In(32),
                "ack": In(1),
                "err": In(1),
            }
        )


class WishboneBridge(wiring.Component):
    """Wishbone target that makes accesses to registers.

    Each ends with ``err`` if it was refused, else with ``ack``.

    Parameters
    ----------
    address_bits : int
        Bits of a byte address.

    Members
    -------
    wishbone : In(Wishbone(address_bits))
    registers : Out(RegisterPort(address_bits))

    Timing
    ------
    An access takes the cycles of the registers and one. No combinational paths from inputs to
    outputs of ``wishbone``.
    """

    wishbone: Any
    registers: RegisterInterface

    def __init__(self, *, address_bits: int) -> None:
        super().__init__(
            {"wishbone": In(Wishbone(address_bits)), "registers": Out(RegisterPort(address_bits))}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        wishbone, registers = self.wishbone, self.registers

        answer, access, waits = Signal(), Signal(), Signal()
        m.d.comb += [
            access.eq(wishbone.cyc & wishbone.stb & ~waits),
            answer.eq(registers.done & waits),
            registers.address.eq(wishbone.adr),
            registers.write.eq(access & wishbone.we),
            registers.read.eq(access & ~wishbone.we),
            registers.write_data.eq(wishbone.dat_w),
            registers.write_mask.eq(wishbone.sel),
            wishbone.dat_r.eq(registers.read_data),
            wishbone.ack.eq(answer & ~registers.error),
            wishbone.err.eq(answer & registers.error),
        ]
        with m.If(access | registers.done):
            m.d.sync += waits.eq(access)

        return m
