# SPDX-License-Identifier: MIT
"""Memory on AXI4."""

from typing import Any

from amaranth import Cat, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..common.memory_port import MemoryInterface, MemoryPort
from ..common.stream import Buffer
from .axi_bursts import BURST, BurstGather

__all__ = ["Axi4", "AxiMemory"]

_INCR, _NORMAL = 0b01, 0b0011  # bursts; bufferable and modifiable
_PENDING = 16  # bursts of writes that are not answered
_LATE = 5  # that may come when there are to be no more
_TAG = 12  # bits of a block's number that are compared


class Axi4(wiring.Signature):
    """AXI4 with one ID, 0, seen by the manager.

    Parameters
    ----------
    word_bytes : int
        Bytes of ``wdata`` and ``rdata``.

    References
    ----------
    Arm IHI 0022, part A.
    """

    def __init__(self, word_bytes: int) -> None:
        members: dict[str, Any] = {}
        for channel in ("aw", "ar"):
            for name, bits in (
                *(("id", 1), ("addr", 32), ("len", 8), ("size", 3), ("burst", 2)),
                *(("lock", 1), ("cache", 4), ("prot", 3), ("valid", 1)),
            ):
                members[f"{channel}{name}"] = Out(bits)
            members[f"{channel}ready"] = In(1)
        members |= {"wdata": Out(8 * word_bytes), "wstrb": Out(word_bytes), "wlast": Out(1)}
        members |= {"wvalid": Out(1), "wready": In(1)}
        members |= {"bid": In(1), "bresp": In(2), "bvalid": In(1), "bready": Out(1)}
        members |= {"rid": In(1), "rdata": In(8 * word_bytes), "rresp": In(2), "rlast": In(1)}
        members |= {"rvalid": In(1), "rready": Out(1)}
        super().__init__(members)


class AxiMemory(wiring.Component):
    """AXI4 manager that reads and writes for a memory port.

    Words that follow each other become INCR bursts of up to 16, none across a block of 16 words.
    A read waits for writes to its block that came before it to be answered; a write must not come
    before reads of its word have been. A refused access is told and otherwise like any other: reads
    give what came, writes are lost.

    Parameters
    ----------
    word_bytes : int
        Bytes of a word, a power of two up to 128.

    Members
    -------
    memory : In(MemoryPort(word_bytes))
    axi : Out(Axi4(word_bytes))
    error : Out(1)
        An access was refused; for one cycle each.

    Timing
    ------
    Reads may be on their way without limit, up to 16 bursts of writes. Requests reach ``axi`` 11
    cycles after a burst's last word, words that were read come after 1; throughput 1 read and 1
    write per cycle of long bursts. All outputs come from registers.

    Raises
    ------
    ValueError
        If ``word_bytes`` is not one that AXI has.
    """

    memory: MemoryInterface
    axi: Any
    error: Value

    def __init__(self, *, word_bytes: int) -> None:
        if word_bytes not in (1, 2, 4, 8, 16, 32, 64, 128):
            raise ValueError(f"word_bytes must be a power of two in 1..128, not {word_bytes!r}")
        self.word_bytes = word_bytes
        self._shift = word_bytes.bit_length() - 1
        super().__init__(
            {
                "memory": In(MemoryPort(word_bytes)),
                "axi": Out(Axi4(word_bytes)),
                "error": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.gather = gather = BurstGather(word_bytes=self.word_bytes)
        wiring.connect(m, wiring.flipped(self.memory.request), gather.i)
        axi = self.axi
        for channel in ("aw", "ar"):
            m.d.comb += [
                getattr(axi, f"{channel}size").eq(self._shift),
                getattr(axi, f"{channel}burst").eq(_INCR),
                getattr(axi, f"{channel}cache").eq(_NORMAL),
            ]
        self._write(m, gather)
        self._read(m, gather, self._pending(m, gather))
        m.d.sync += self.error.eq(
            (axi.bvalid & axi.bresp[1]) | (axi.rvalid & axi.rready & axi.rresp[1])
        )

        return m

    def _write(self, m: Module, gather: BurstGather) -> None:
        """Bursts of writes to AW and W."""
        axi, burst = self.axi, gather.writes
        item = data.StructLayout({"data": 8 * self.word_bytes, "last": 1})
        m.submodules.leave = leave = Buffer(item)
        sending, left = Signal(), Signal(range(BURST))
        m.d.comb += [
            burst.ready.eq(~axi.awvalid & ~sending),
            leave.i.valid.eq(sending & gather.words.valid),
            leave.i.p.data.eq(gather.words.payload),
            leave.i.p.last.eq(left == 0),
            gather.words.ready.eq(sending & leave.i.ready),
            axi.wvalid.eq(leave.o.valid),
            axi.wdata.eq(leave.o.p.data),
            axi.wlast.eq(leave.o.p.last),
            axi.wstrb.eq(-1),
            leave.o.ready.eq(axi.wready),
        ]
        with m.If(axi.awready):
            m.d.sync += axi.awvalid.eq(0)
        with m.If(burst.valid & burst.ready):
            m.d.sync += [
                axi.awvalid.eq(1),
                axi.awaddr.eq(burst.p.word << self._shift),
                axi.awlen.eq(burst.p.more),
                sending.eq(1),
                left.eq(burst.p.more),
            ]
        with m.Elif(leave.i.valid & leave.i.ready):
            m.d.sync += [left.eq(left - 1), sending.eq(left != 0)]

    def _pending(self, m: Module, gather: BurstGather) -> list[tuple[Value, Value]]:
        """Blocks with writes that are not answered: whether there is one, and its number's end."""
        axi = self.axi
        used = Signal(_PENDING)
        tags = [Signal(_TAG, name=f"tag_{k}") for k in range(_PENDING)]
        newest, oldest = Signal(range(_PENDING)), Signal(range(_PENDING))
        count = Signal(range(_PENDING + 1))
        m.d.comb += axi.bready.eq(1)
        m.d.sync += [
            count.eq(count + gather.written - axi.bvalid),
            gather.hold.eq(count > _PENDING - _LATE - 1),
        ]
        with m.If(axi.bvalid):
            m.d.sync += [used.bit_select(oldest, 1).eq(0), oldest.eq(oldest + 1)]
        with m.If(gather.written):
            m.d.sync += [used.bit_select(newest, 1).eq(1), newest.eq(newest + 1)]
            for k, tag in enumerate(tags):
                with m.If(newest == k):
                    m.d.sync += tag.eq(_tag(gather.last))
        return [*zip(used, tags, strict=True)]

    def _read(
        self, m: Module, gather: BurstGather, pending: list[tuple[Value, Value]]
    ) -> None:  # fmt: skip
        """Bursts of reads to AR, as soon as no writes to their blocks are pending; and R back."""
        axi, burst = self.axi, gather.reads
        next_one: Any = Signal(burst.p.shape())
        waits, looked, met = Signal(), Signal(2), Signal(len(pending))
        goes = Signal()
        m.d.comb += [
            burst.ready.eq(~waits),
            goes.eq(looked[-1] & ~met.any() & ~axi.arvalid),
        ]
        m.d.sync += [
            met.eq(Cat(used & (tag == _tag(next_one)) for used, tag in pending)),
            looked.eq(Cat(waits & ~goes, looked[0] & ~goes)),
        ]
        with m.If(axi.arready):
            m.d.sync += axi.arvalid.eq(0)
        with m.If(goes):
            m.d.sync += [
                waits.eq(0),
                axi.arvalid.eq(1),
                axi.araddr.eq(next_one.word << self._shift),
                axi.arlen.eq(next_one.more),
            ]
        with m.Elif(burst.valid & burst.ready):
            m.d.sync += [waits.eq(1), next_one.eq(burst.p)]

        m.submodules.enter = enter = Buffer(8 * self.word_bytes)
        m.d.comb += [
            enter.i.valid.eq(axi.rvalid),
            enter.i.payload.eq(axi.rdata),
            axi.rready.eq(enter.i.ready),
        ]
        wiring.connect(m, enter.o, wiring.flipped(self.memory.response))


def _tag(burst: Any) -> Value:
    number: Value = burst.word[(BURST - 1).bit_length() :][:_TAG]
    return number
