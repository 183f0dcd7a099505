# SPDX-License-Identifier: MIT
"""Where in a frame a beat is, counted."""

from amaranth import Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["BeatCount"]


class BeatCount(wiring.Component):
    """Count a frame's beats down, line by line.

    Members
    -------
    load : In(1)
        The next beat is a frame's first.
    line, lines : In(16)
        Beats per line, and lines, from 1; constant from ``load`` until the last beat.
    step : In(1)
        A beat passes; not with ``load``.
    eol : Out(1)
        The next beat is the last of a line.
    ends : Out(1)
        The next beat is the last of the frame.

    Timing
    ------
    ``eol`` and ``ends`` come from registers and one gate.
    """

    load: Value
    line: Value
    lines: Value
    step: Value
    eol: Value
    ends: Value

    def __init__(self) -> None:
        super().__init__(
            {
                "load": In(1),
                "line": In(16),
                "lines": In(16),
                "step": In(1),
                "eol": Out(1),
                "ends": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        beats, lines = Signal(16), Signal(16)  # left, with the next
        short, final = Signal(), Signal()  # lines of one beat; the last line
        m.d.comb += self.ends.eq(self.eol & final)
        with m.If(self.load):
            m.d.sync += [
                beats.eq(self.line),
                lines.eq(self.lines),
                short.eq(self.line == 1),
                self.eol.eq(self.line == 1),
                final.eq(self.lines == 1),
            ]
        with m.Elif(self.step):
            m.d.sync += [
                beats.eq(Mux(self.eol, self.line, beats - 1)),
                self.eol.eq(Mux(self.eol, short, beats == 2)),
            ]
            with m.If(self.eol):
                m.d.sync += [lines.eq(lines - 1), final.eq(lines == 2)]

        return m
