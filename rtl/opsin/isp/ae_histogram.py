# SPDX-License-Identifier: MIT
"""Histogram for exposure."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib.wiring import In, Out

from ..common.flow import delayed
from ..common.line_memory import LineMemory
from ..common.video import BayerPhase
from .tap import Tap

__all__ = ["AeHistogram"]

BINS = 1024
WIDTH = 18  # as wide as a block memory is


class AeHistogram(Tap):
    """Count raw samples by their upper ten bits.

    Results of the frame before stand in one bank while the other fills. The bank to fill is cleared
    after a swap and after reset, one bin per cycle: a frame that begins less than 1029 cycles after
    the last beat of the one before is left out. So is one with fewer than ``height`` lines, and the
    frame after that. Vertical blanking is longer (45 lines of 2200 cycles in 1080p).

    Counters stop at 262143, as many samples as 1080p has in every eighth pair of lines. Every pixel
    of a beat has its own counters; they are added as they are read.

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
        Lines of a frame, at least 2: with the last the banks swap; sampled with ``sof``.
    phase : In(BayerPhase)
        Colour filter of the first pixel; sampled with ``sof``.
    green_only : In(1)
        Count green pixels only; sampled with ``sof``.
    skip : In(unsigned(3))
        Count one in ``2**skip`` pairs of lines; sampled with ``sof``.
    hold : In(1)
        Keep the results: a frame that ends now is left out.
    index : In(unsigned(10))
        Bin to read.
    count : Out(unsigned(18 + (ppc - 1).bit_length()))
        Samples in it. Meaningless while ``frame`` is 0.
    frame : Out(unsigned(8))
        Frames whose results have come, modulo 256.

    Timing
    ------
    ``o`` and ``i.ready`` are wires. One beat per cycle, whatever bins follow each other. Results
    swap 7 cycles after the last beat. ``count`` follows ``index`` after 3 cycles, 4 if ``ppc`` is
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
    skip: Value
    hold: Value
    index: Value
    count: Value
    frame: Value

    def __init__(self, *, depth: int, ppc: int = 1) -> None:
        super().__init__(
            depth=depth,
            ppc=ppc,
            settings={
                "height": unsigned(16),
                "phase": BayerPhase,
                "green_only": unsigned(1),
                "skip": unsigned(3),
            },
            ports={
                "hold": In(1),
                "index": In(unsigned(10)),
                "count": Out(unsigned(WIDTH + (ppc - 1).bit_length())),
                "frame": Out(unsigned(8)),
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        seen, use = self.watch(m, platform)

        # Frames that count begin when the bank is clear.
        bank, other = Signal(), Signal()
        clearing, counting = Signal(init=1), Signal()
        cleared = Signal(range(BINS))
        begins = seen.begins
        counts, ends, spoilt = Signal(), Signal(), Signal()
        # what is compared is settled before a line's end
        last_line = delayed(m, (use.height - 1)[:16], 2)
        on_last = delayed(m, seen.line == last_line, 1)
        m.d.comb += [
            spoilt.eq(begins & counting),
            counts.eq(seen.valid & Mux(begins, ~clearing & ~counting, counting)),
            ends.eq(counts & seen.ends & on_last),
        ]
        over = [ends]
        for stage in (2, 3, 4, 5):
            over.append(Signal(name=f"over_{stage}"))
            m.d.sync += over[-1].eq(over[-2])
        with m.If(seen.valid):
            m.d.sync += counting.eq(counts & ~ends)
        dropped = Signal(4)
        m.d.sync += dropped.eq((dropped << 1) | spoilt)
        with m.If(over[4]):
            m.d.sync += clearing.eq(1)
            with m.If(~self.hold):
                m.d.sync += [
                    bank.eq(~bank),
                    self.frame.eq(self.frame + 1),
                ]
        with m.Elif(dropped[3]):
            m.d.sync += clearing.eq(1)
        with m.Elif(clearing):
            m.d.sync += [cleared.eq(cleared + 1), clearing.eq(~cleared.all())]
        m.d.sync += other.eq(bank)
        skipped = Cat(seen.line[1 + k] & (use.skip > k) for k in range(7)).any()

        lanes = []
        green = seen.column ^ seen.line[0] ^ use.phase.as_value().xor()
        for k in range(self.ppc):
            sample = seen.pixel[k]
            place = (sample << 2)[self.depth - 8 :][:10]
            wanted = counts & ~skipped & (~use.green_only | (green ^ (k & 1)))
            banks = [LineMemory(unsigned(WIDTH), BINS) for _ in range(2)]
            for b, memory in enumerate(banks):
                m.submodules[f"lane_{k}_bank_{b}"] = memory
                m.d.comb += memory.read_addr.eq(Mux(bank == b, place, self.index))
            self._count(m, k, place, wanted, bank, banks)
            for b, memory in enumerate(banks):
                with m.If(clearing & (bank == b)):
                    m.d.comb += [
                        memory.write_addr.eq(cleared),
                        memory.write_data.eq(0),
                        memory.write_en.eq(1),
                    ]
            lane = Signal(WIDTH, name=f"lane_{k}")
            m.d.sync += lane.eq(Mux(other, banks[0].read_data, banks[1].read_data))
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
        banks: list[LineMemory],
    ) -> None:
        """Add one to the word of ``place``, which is being read, and write it in stage 5.

        The four samples ahead are not in memory when the word is read: if one was of the same
        bin, its sum is taken instead, the nearest one's. Which one is known a stage before.
        """
        valid, bins = [wanted], [place]
        for stage in range(2, 7):
            valid.append(Signal(name=f"valid_{lane}_{stage}"))
            bins.append(Signal(10, name=f"bin_{lane}_{stage}"))
            m.d.sync += [valid[-1].eq(valid[-2]), bins[-1].eq(bins[-2])]
        same = [Signal(name=f"same_{lane}_{ahead}") for ahead in (1, 2, 3, 4)]  # stage 3
        for ahead, match in enumerate(same, start=1):
            m.d.sync += match.eq(valid[1 + ahead] & (bins[1 + ahead] == bins[1]))

        # Stage 4: the word, or what a sample further ahead made of it. Stage 5: one more, unless
        # that is too much, which the carry tells.
        word, nearest = Signal(WIDTH, name=f"word_{lane}"), Signal(name=f"nearest_{lane}")
        added = Signal(WIDTH + 1, name=f"added_{lane}")
        sums = [added[:WIDTH] | added[WIDTH].replicate(WIDTH)]
        for stage in (6, 7):
            sums.append(Signal(WIDTH, name=f"sum_{lane}_{stage}"))
            m.d.sync += sums[-1].eq(sums[-2])
        read = Mux(bank, banks[1].read_data, banks[0].read_data)
        m.d.sync += [
            word.eq(Mux(same[1], sums[0], Mux(same[2], sums[1], Mux(same[3], sums[2], read)))),
            nearest.eq(same[0]),
            added.eq(Mux(nearest, sums[0], word) + 1),
        ]
        for b, memory in enumerate(banks):
            m.d.comb += [
                memory.write_addr.eq(bins[4]),
                memory.write_data.eq(sums[0]),
                memory.write_en.eq(valid[4] & (bank == b)),
            ]
