# SPDX-License-Identifier: MIT
"""When all words of lines have been asked for."""

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["LineCount"]


class LineCount(wiring.Component):
    """Count ``lines`` lines of ``line`` words each, and ``tail`` words behind them.

    Members
    -------
    start : In(1)
        Take ``line``, ``lines`` and ``tail``.
    step : In(1)
        Move on to the next word.
    last : Out(1)
        This word is the last one.

    Timing
    ------
    A word per cycle; no combinational path.
    """

    start: Value
    line: Value
    lines: Value
    tail: Value
    step: Value
    last: Value

    def __init__(self) -> None:
        super().__init__(
            {
                "start": In(1),
                "line": In(8),
                "lines": In(17),
                "tail": In(2),
                "step": In(1),
                "last": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        line, tail = Signal(8, reset_less=True), Signal(2, reset_less=True)
        words, lines = Signal(8, reset_less=True), Signal(17, reset_less=True)  # to come
        m.d.comb += self.last.eq((words == 1) & (lines == (tail == 0)))
        with m.If(self.step):
            m.d.sync += words.eq(words - 1)
            with m.If(words == 1):
                m.d.sync += [words.eq(Mux(lines == 1, tail, line)), lines.eq(lines - 1)]
        with m.If(self.start):
            m.d.sync += [
                line.eq(self.line),
                tail.eq(self.tail),
                words.eq(self.line),
                lines.eq(self.lines),
            ]
        return m
