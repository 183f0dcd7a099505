# SPDX-License-Identifier: MIT
"""Registers on AXI4-Lite."""

from typing import Any

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..common.register_bank import RegisterInterface, RegisterPort

__all__ = ["Axi4Lite", "Axi4LiteBridge"]

OKAY, SLVERR = 0b00, 0b10


class Axi4Lite(wiring.Signature):
    """AXI4-Lite of 32 data bits, seen by the manager.

    Parameters
    ----------
    address_bits : int
        Bits of a byte address.

    References
    ----------
    Arm IHI 0022, part B.
    """

    def __init__(self, address_bits: int) -> None:
        members: dict[str, Any] = {}
        for channel in ("aw", "ar"):
            members[f"{channel}addr"] = Out(address_bits)
            members[f"{channel}prot"] = Out(3)
            members[f"{channel}valid"] = Out(1)
            members[f"{channel}ready"] = In(1)
        members |= {"wdata": Out(32), "wstrb": Out(4), "wvalid": Out(1), "wready": In(1)}
        members |= {"bresp": In(2), "bvalid": In(1), "bready": Out(1)}
        members |= {"rdata": In(32), "rresp": In(2), "rvalid": In(1), "rready": Out(1)}
        super().__init__(members)


class Axi4LiteBridge(wiring.Component):
    """AXI4-Lite subordinate that makes accesses to registers.

    One access at a time; reads and writes that wait together alternate. Refused accesses are
    answered with SLVERR, all others with OKAY. Addresses are rounded down to words; ``prot`` is
    ignored.

    Parameters
    ----------
    address_bits : int
        Bits of a byte address.

    Members
    -------
    axi : In(Axi4Lite(address_bits))
    registers : Out(RegisterPort(address_bits))

    Timing
    ------
    An access takes 3 cycles and those of the registers, if the manager takes the answer at once. No
    combinational paths from inputs to outputs of ``axi``.
    """

    axi: Any
    registers: RegisterInterface

    def __init__(self, *, address_bits: int) -> None:
        super().__init__(
            {"axi": In(Axi4Lite(address_bits)), "registers": Out(RegisterPort(address_bits))}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        axi, registers = self.axi, self.registers

        writing = Signal()  # the access before was a write
        read_next, write_next = Signal(), Signal()
        m.d.comb += [
            write_next.eq(axi.awvalid & axi.wvalid & ~(writing & axi.arvalid)),
            read_next.eq(axi.arvalid & ~write_next),
            registers.write_data.eq(axi.wdata),
            registers.write_mask.eq(axi.wstrb),
            axi.rdata.eq(registers.read_data),
            axi.rresp.eq(Mux(registers.error, SLVERR, OKAY)),
            axi.bresp.eq(Mux(registers.error, SLVERR, OKAY)),
        ]
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += registers.address.eq(Mux(write_next, axi.awaddr, axi.araddr)[2:])
                with m.If(write_next):
                    m.d.sync += writing.eq(1)
                    m.next = "ACCESS"
                with m.Elif(read_next):
                    m.d.sync += writing.eq(0)
                    m.next = "ACCESS"
            with m.State("ACCESS"):  # the manager must keep what it has offered
                m.d.comb += [
                    registers.write.eq(writing),
                    registers.read.eq(~writing),
                    axi.awready.eq(writing),
                    axi.wready.eq(writing),
                    axi.arready.eq(~writing),
                ]
                m.next = "WAIT"
            with m.State("WAIT"), m.If(registers.done):
                m.next = "ANSWER"
            with m.State("ANSWER"):
                m.d.comb += [axi.bvalid.eq(writing), axi.rvalid.eq(~writing)]
                with m.If(Mux(writing, axi.bready, axi.rready)):
                    m.next = "IDLE"

        return m
