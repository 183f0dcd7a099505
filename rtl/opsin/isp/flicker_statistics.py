# SPDX-License-Identifier: MIT
"""Sums of lines, for software that looks for the bands of flickering light."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib.wiring import In, Out

from ..common.flow import delayed
from ..common.line_memory import LineMemory
from .quads import total
from .statistics_tap import RESULT, SCALE, StatisticsTap, scaled
from .zone_grid import check_max_width

__all__ = ["FlickerStatistics"]

ROWS = 1024


class FlickerStatistics(StatisticsTap):
    """Sum the samples of each two, four, eight or sixteen lines of the raw frame.

    Lines of a Bayer frame differ in colour, so they are not summed singly. Lines beyond the 1024th
    sum are left out, and those at the end that are too few for one.

    Frames must be complete, as behind the frame guard.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    max_width : int
        Longest line.

    Members
    -------
    i : In(VideoSignature(unsigned(depth), ppc=ppc))
        Raw samples; lines of at least 4 beats.
    o : Out(VideoSignature(unsigned(depth), ppc=ppc))
        The same, at once.
    height : In(unsigned(16))
        Lines of a frame; sampled with ``sof``.
    lines : In(unsigned(2))
        ``2 << lines`` lines make a row; sampled with ``sof``.
    scale : In(unsigned(2))
        Sums are divided by ``16**scale``; sampled with ``sof``.
    hold : In(1)
        Keep the results: a frame that begins now is not measured.
    index : In(unsigned(10))
        Row to read.
    row : Out(unsigned(18))
        Its sum, saturated, of the last frame that had it; undefined before.
    busy : Out(1)
        A frame is being measured; its rows replace those of the frame before as they end.
    frame : Out(unsigned(8))
        Frames measured, modulo 256.

    Timing
    ------
    ``o`` and ``i.ready`` are wires. ``frame`` counts 18 cycles after the last beat; until then
    settings hold still and no other frame begins. ``row`` follows ``index`` after 3 cycles, 4
    while ``busy``.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16, ``ppc`` not 1, 2 or 4 or ``max_width`` not a multiple of it
        in ``4 * ppc``..8192.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.flicker_statistics`.
    """

    lines: Value
    scale: Value
    index: Value
    row: Any

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        super().__init__(
            depth=depth,
            ppc=ppc,
            settings={"lines": unsigned(2), "scale": SCALE},
            ports={"index": In(unsigned(10)), "row": Out(unsigned(RESULT))},
        )
        check_max_width(max_width, ppc)
        self.max_width = max_width

    def elaborate(self, platform: object) -> Module:
        m = Module()
        seen, use, measured = self.measure(m, platform)

        # Stage 2: the beat.
        full = (1 << self.depth) - 1
        beat = Signal((full * self.ppc).bit_length())
        m.d.sync += beat.eq(total([seen.pixel[k] for k in range(self.ppc)]))
        valid, line_ends, odd = (
            delayed(m, value, 1)
            for value in (
                seen.valid,
                seen.ends,
                seen.line[0],
            )
        )

        # Stage 3: the sum of the row so far. Its first beat meets 0.
        pairs, row = Signal(3), Signal(ROWS.bit_length())
        fresh, ends, counts = Signal(init=1), Signal(), Signal()
        m.d.comb += [
            ends.eq(line_ends & odd & ((pairs + 1) >> use.lines).any()),
            counts.eq(measured & ~row[-1]),
        ]
        with m.If(seen.begins):
            m.d.sync += [pairs.eq(0), row.eq(0), fresh.eq(1)]
        with m.Elif(valid):
            m.d.sync += fresh.eq(ends)
            with m.If(ends):
                m.d.sync += [pairs.eq(0), row.eq(row + ~row[-1])]
            with m.Elif(line_ends & odd):
                m.d.sync += pairs.eq(pairs + 1)
        low = Signal(len(beat) + 1)  # with the carry into the upper part, which is a stage behind
        high = Signal((full * self.max_width * 16).bit_length() - len(beat))
        added, restarts = delayed(m, valid, 1), delayed(m, fresh, 1)
        with m.If(valid):
            m.d.sync += low.eq(Mux(fresh, 0, low[:-1]) + beat)
        with m.If(added):
            m.d.sync += high.eq(Mux(restarts, 0, high) + low[-1])
        whole = Cat(delayed(m, low[:-1], 1), high)
        done = delayed(m, ends & counts, 2)
        place = delayed(m, row[:-1], 3)
        result = Signal(RESULT)
        m.d.sync += result.eq(scaled(whole, use.scale))

        # Stage 5: written. No word is read that is being written.
        m.submodules.rows = rows = LineMemory(unsigned(RESULT), ROWS)
        comes = delayed(m, done, 1)
        m.d.comb += [
            rows.write_addr.eq(place),
            rows.write_data.eq(result),
            rows.write_en.eq(comes),
            rows.read_addr.eq(self.index),
        ]
        with m.If(delayed(m, ~comes, 2)):
            m.d.sync += self.row.eq(rows.read_data)
        return m
