# SPDX-License-Identifier: MIT
"""Burst ports on AXI4."""

from typing import Any

from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import exact_log2

from ..common.burst_port import (
    BurstRequest,
    ReadInterface,
    ReadPort,
    ReadResponse,
    WriteInterface,
    WritePort,
    WriteResponse,
    WriteWord,
)
from ..common.stream import Buffer
from .axi_memory import Axi4

__all__ = ["AxiPorts"]

_INCR, _NORMAL = 0b01, 0b0011  # bursts; bufferable and modifiable


class AxiPorts(wiring.Component):
    """AXI4 manager that reads for one burst port and writes for another.

    Every burst is one of AXI: of type INCR, up to 16 beats, with ID 0. None crosses 4 KB, as none
    leaves its block of 16 words. Reads and writes know nothing of each other. SLVERR and DECERR
    are errors.

    Parameters
    ----------
    word_bytes : int
        Bytes of a word, a power of two up to 128.

    Members
    -------
    reads : In(ReadPort(word_bytes))
    writes : In(WritePort(word_bytes))
    axi : Out(Axi4(word_bytes))

    Timing
    ------
    One cycle in each channel and direction; throughput 1 request, word and answer per cycle. All
    outputs come from registers. What is on its way is not limited.

    Raises
    ------
    ValueError
        If ``word_bytes`` is not one that AXI has.
    """

    reads: ReadInterface
    writes: WriteInterface
    axi: Any

    def __init__(self, *, word_bytes: int) -> None:
        if word_bytes not in (1, 2, 4, 8, 16, 32, 64, 128):
            raise ValueError(f"word_bytes must be a power of two in 1..128, not {word_bytes!r}")
        self.word_bytes = word_bytes
        super().__init__(
            {
                "reads": In(ReadPort(word_bytes)),
                "writes": In(WritePort(word_bytes)),
                "axi": Out(Axi4(word_bytes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        axi = self.axi
        for channel, port in ("ar", self.reads), ("aw", self.writes):
            m.submodules[channel] = ask = Buffer(BurstRequest())
            connect(m, flipped(port.request), ask.i)
            values = {
                "addr": ask.o.p.address,
                "len": ask.o.p.more,
                "size": exact_log2(self.word_bytes),
                "burst": _INCR,
                "cache": _NORMAL,
                "valid": ask.o.valid,
            }
            m.d.comb += [getattr(axi, channel + name).eq(value) for name, value in values.items()]
            m.d.comb += ask.o.ready.eq(getattr(axi, f"{channel}ready"))

        m.submodules.r = come = Buffer(ReadResponse(self.word_bytes))
        connect(m, come.o, flipped(self.reads.response))
        m.d.comb += [
            come.i.valid.eq(axi.rvalid),
            come.i.p.data.eq(axi.rdata),
            come.i.p.error.eq(axi.rresp[1]),
            axi.rready.eq(come.i.ready),
        ]

        m.submodules.w = send = Buffer(WriteWord(self.word_bytes))
        connect(m, flipped(self.writes.words), send.i)
        m.d.comb += [
            axi.wvalid.eq(send.o.valid),
            axi.wdata.eq(send.o.p.data),
            axi.wstrb.eq(send.o.p.strobe),
            axi.wlast.eq(send.o.p.last),
            send.o.ready.eq(axi.wready),
        ]

        m.submodules.b = answer = Buffer(WriteResponse())
        connect(m, answer.o, flipped(self.writes.response))
        m.d.comb += [
            answer.i.valid.eq(axi.bvalid),
            answer.i.p.error.eq(axi.bresp[1]),
            axi.bready.eq(answer.i.ready),
        ]

        return m
