# SPDX-License-Identifier: MIT
"""Histogram for exposure."""

from typing import Any

from amaranth import Module, Mux, Signal, Value, unsigned
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..common.video import BayerPhase
from .tap import Tap

__all__ = ["AeHistogram"]

BINS = 1024
WIDTH = 24


class AeHistogram(Tap):
    """Count raw samples by their upper ten bits.

    Results of the frame before stand in one bank while the other fills. The bank to fill is cleared
    after a swap and after reset, one bin per cycle: a frame that begins less than 1028 cycles after
    the last beat of the one before is left out. So is one with fewer than ``height`` lines, and the
    frame after that. Vertical blanking is longer (45 lines of 2200 cycles in 1080p).

    Every pixel of a beat has its own counters; they are added as they are read.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16. Eight and nine bits are filled with zeros below.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(VideoSignature(unsigned(depth), ppc=ppc))
        Raw samples.
    o : Out(VideoSignature(unsigned(depth), ppc=ppc))
        The same, at once.
    height : In(unsigned(16))
        Lines of a frame: with the last the banks swap; sampled with ``sof``.
    phase : In(BayerPhase)
        Colour filter of the first pixel; sampled with ``sof``.
    green_only : In(1)
        Count green pixels only; sampled with ``sof``.
    hold : In(1)
        Keep the results: a frame that ends now is left out.
    index : In(unsigned(10))
        Bin to read.
    count : Out(unsigned(24 + (ppc - 1).bit_length()))
        Samples in it. Meaningless while ``frame`` is 0.
    frame : Out(unsigned(16))
        Frames whose results have come; wraps from 65535 to 1.

    Timing
    ------
    ``o`` and ``i.ready`` are wires. One beat per cycle, whatever bins follow each other. Results
    swap 5 cycles after the last beat. ``count`` follows ``index`` after 2 cycles, 3 if ``ppc`` is
    above 1.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16 or ``ppc`` not 1, 2 or 4.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.ae_histogram`.
    """

    height: Value
    phase: Any
    green_only: Value
    hold: Value
    index: Value
    count: Value
    frame: Value

    def __init__(self, *, depth: int, ppc: int = 1) -> None:
        super().__init__(
            depth=depth,
            ppc=ppc,
            settings={"height": unsigned(16), "phase": BayerPhase, "green_only": unsigned(1)},
            ports={
                "hold": In(1),
                "index": In(unsigned(10)),
                "count": Out(unsigned(WIDTH + (ppc - 1).bit_length())),
                "frame": Out(unsigned(16)),
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        seen, use = self.watch(m)

        # Frames that count begin when the bank is clear.
        bank, other = Signal(), Signal()
        clearing, counting = Signal(init=1), Signal()
        cleared = Signal(range(BINS))
        begins = seen.valid & seen.beat.sof
        counts, ends, spoilt = Signal(), Signal(), Signal()
        m.d.comb += [
            spoilt.eq(begins & counting),
            counts.eq(seen.valid & Mux(begins, ~clearing & ~counting, counting)),
            ends.eq(counts & seen.beat.eol & (seen.line + 1 == use.height)),
        ]
        over = [ends]
        for stage in (2, 3, 4):
            over.append(Signal(name=f"over_{stage}"))
            m.d.sync += over[-1].eq(over[-2])
        with m.If(seen.valid):
            m.d.sync += counting.eq(counts & ~ends)
        dropped = Signal(3)
        m.d.sync += dropped.eq((dropped << 1) | spoilt)
        with m.If(over[3]):
            m.d.sync += clearing.eq(1)
            with m.If(~self.hold):
                m.d.sync += [
                    bank.eq(~bank),
                    self.frame.eq(Mux(self.frame.all(), 1, self.frame + 1)),
                ]
        with m.Elif(dropped[2]):
            m.d.sync += clearing.eq(1)
        with m.Elif(clearing):
            m.d.sync += [cleared.eq(cleared + 1), clearing.eq(~cleared.all())]
        m.d.sync += other.eq(bank)

        lanes = []
        green = seen.column ^ seen.line[0] ^ use.phase.as_value().xor()
        for k in range(self.ppc):
            sample = seen.beat.pixel[k]
            place = (sample << 2)[self.depth - 8 :][:10]
            wanted = counts & (~use.green_only | (green ^ (k & 1)))
            reads, writes = [], []
            for b in range(2):
                memory = Memory(shape=unsigned(WIDTH), depth=BINS, init=[])
                m.submodules[f"lane_{k}_bank_{b}"] = memory
                reads.append(memory.read_port())
                writes.append(memory.write_port())
                m.d.comb += reads[b].addr.eq(Mux(bank == b, place, self.index))
            self._count(m, k, place, wanted, bank, reads, writes)
            for b in range(2):
                with m.If(clearing & (bank == b)):
                    m.d.comb += [
                        writes[b].addr.eq(cleared),
                        writes[b].data.eq(0),
                        writes[b].en.eq(1),
                    ]
            lane = Signal(WIDTH, name=f"lane_{k}")
            m.d.sync += lane.eq(Mux(other, reads[0].data, reads[1].data))
            lanes.append(lane)
        if self.ppc == 1:
            m.d.comb += self.count.eq(lanes[0])
        else:
            m.d.sync += self.count.eq(sum(lanes[1:], lanes[0]))
        return m

    def _count(
        self,
        m: Module,
        lane: int,
        place: Value,
        wanted: Value,
        bank: Value,
        reads: list[Any],
        writes: list[Any],
    ) -> None:
        """Add one to the word of ``place``, which is being read, and write it in stage 4.

        The three samples ahead are not in memory when the word is read: if one was of the same
        bin, its sum is taken. Which one is known a stage before.
        """
        valid, bins = [wanted], [place]
        for stage in range(2, 6):
            valid.append(Signal(name=f"valid_{lane}_{stage}"))
            bins.append(Signal(10, name=f"bin_{lane}_{stage}"))
            m.d.sync += [valid[-1].eq(valid[-2]), bins[-1].eq(bins[-2])]
        word = Signal(WIDTH, name=f"word_{lane}")  # stage 3
        sums = [Signal(WIDTH, name=f"sum_{lane}_{stage}") for stage in (4, 5, 6)]
        same = [Signal(name=f"same_{lane}_{ahead}") for ahead in (1, 2, 3)]  # stage 3
        m.d.sync += word.eq(Mux(bank, reads[1].data, reads[0].data))
        for ahead, match in enumerate(same, start=1):
            m.d.sync += match.eq(valid[1 + ahead] & (bins[1 + ahead] == bins[1]))
        latest = Mux(same[0], sums[0], Mux(same[1], sums[1], Mux(same[2], sums[2], word)))
        m.d.sync += [sums[0].eq(latest + 1), sums[1].eq(sums[0]), sums[2].eq(sums[1])]
        for b, port in enumerate(writes):
            m.d.comb += [
                port.addr.eq(bins[3]),
                port.data.eq(sums[0]),
                port.en.eq(valid[3] & (bank == b)),
            ]
