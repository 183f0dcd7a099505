# SPDX-License-Identifier: MIT
"""Which words complete the sums of a sliding window."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..mesh import Edge

__all__ = ["SlideWalk"]


class SlideWalk(wiring.Component):
    """Tell which words of a walk, line by line, complete a sum, and on which sides it is padded.

    A padded sum is complete when the last word that is there has come, or later: sums at the right
    edge are with the word behind their line, and those at the bottom one with words of a line
    behind the last one. All these may already be words of the next command, in lines as long.

    Members
    -------
    enter : In(1)
        The next word is the first one of a command, of which ``line`` (words of a line) and
        ``edge`` are taken.
    primed : Out(1)
        The first sum is complete with this word, or was with one before: the next word may be that
        of another command.
    start : In(1)
        The next sum is the first one of that command, of which all is taken: also ``double``
        (every second word and line), and the counts of sums, ``across`` a line and ``down``. With
        ``enter`` or after it.
    step : In(1)
        Move on to the next word.
    complete : Out(1), last : Out(1)
        This word completes a sum, the last one.
    sides : Out(Edge())
        Where that sum is padded.

    Timing
    ------
    A word per cycle; no combinational path.
    """

    enter: Value
    primed: Value
    start: Value
    line: Value
    double: Value
    across: Value
    down: Value
    edge: Any
    step: Value
    complete: Value
    last: Value
    sides: Any

    def __init__(self) -> None:
        super().__init__(
            {
                "enter": In(1),
                "primed": Out(1),
                "start": In(1),
                "line": In(8),
                "double": In(1),
                "across": In(8),
                "down": In(16),
                "edge": In(Edge()),
                "step": In(1),
                "complete": Out(1),
                "last": Out(1),
                "sides": Out(Edge()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        line, across = Signal(8, reset_less=True), Signal(8, reset_less=True)
        double = Signal(reset_less=True)
        edge: Any = Signal(Edge(), reset_less=True)
        ahead = Signal()  # words are those of the command behind
        before = Signal(10)  # words until that of the words read has its first sum
        column, left, rows = Signal(8), Signal(8), Signal(16)
        skip, skip_line = Signal(), Signal()
        leftmost, uppermost = Signal(), Signal()
        end = column == line - 1
        m.d.comb += [
            self.primed.eq(ahead | (before == 0)),
            self.complete.eq(self.primed & ~skip & ~skip_line & (left != 0)),
            self.last.eq(self.complete & (left == 1) & (rows == 1)),
            Value.cast(self.sides).eq(
                Value.cast(edge) & Cat(leftmost, left == 1, uppermost, rows == 1)
            ),
        ]
        with m.If(self.step & (before != 0)):
            m.d.sync += before.eq(before - 1)
        with m.If(self.step & self.primed):
            m.d.sync += [column.eq(column + 1), skip.eq(double & ~skip)]
            with m.If(self.complete):
                m.d.sync += [left.eq(left - 1), leftmost.eq(0)]
            with m.If(end):
                m.d.sync += [
                    column.eq(0),
                    skip.eq(0),
                    skip_line.eq(double & ~skip_line),
                    left.eq(across),
                    leftmost.eq(1),
                    rows.eq(rows - ~skip_line),
                    uppermost.eq(0),
                ]
        with m.If(self.enter):
            lines = Mux(self.edge.top, self.line, self.line << 1)
            m.d.sync += [ahead.eq(1), before.eq(lines + 2 - self.edge.left)]
        with m.If(self.start):
            m.d.sync += [
                ahead.eq(0),
                line.eq(self.line),
                across.eq(self.across),
                double.eq(self.double),
                edge.eq(self.edge),
                column.eq(0),
                left.eq(self.across),
                leftmost.eq(1),
                rows.eq(self.down),
                uppermost.eq(1),
                skip.eq(0),
                skip_line.eq(0),
            ]
        return m
