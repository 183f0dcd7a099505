# SPDX-License-Identifier: MIT
"""Addresses of a frame's words in memory."""

from amaranth import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["LineWalk"]


class LineWalk(wiring.Component):
    """Walk over lines of words: one address per ``step``.

    Parameters
    ----------
    word_bytes : int
        Bytes of a word, a power of two.
    beats : int
        Beats a word holds; the last word of a line may hold fewer.

    Members
    -------
    start : In(1)
        Begin at the first word. Only when not ``active``.
    base, stride : In(32)
        Address of the first line, and from line to line, in bytes; rounded down to words. Constant
        while ``active``.
    line, lines : In(16)
        Beats per line, and lines, from 1. Constant while ``active``.
    step : In(1)
        Go on to the next word.
    active : Out(1)
        There is a word.
    address : Out(32)
        Of the word.

    Timing
    ------
    The first address comes in the cycle after ``start``; outputs come from registers.
    """

    start: Value
    base: Value
    stride: Value
    line: Value
    lines: Value
    step: Value
    active: Value
    address: Value

    def __init__(self, *, word_bytes: int, beats: int) -> None:
        self.beats = beats
        self._shift = word_bytes.bit_length() - 1
        super().__init__(
            {
                "start": In(1),
                "base": In(32),
                "stride": In(32),
                "line": In(16),
                "lines": In(16),
                "step": In(1),
                "active": Out(1),
                "address": Out(32),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        word = Signal(32 - self._shift)
        first = Signal.like(word)  # of the line
        below = Signal.like(word)  # first of the line below
        beats, lines = Signal(16), Signal(16)  # left, with this word's and this line
        last = Signal()  # word of the line
        m.d.comb += [
            self.address.eq(word << self._shift),
            below.eq(first + (self.stride >> self._shift)),
        ]
        with m.If(self.start):
            m.d.sync += [
                self.active.eq(1),
                word.eq(self.base >> self._shift),
                first.eq(self.base >> self._shift),
                beats.eq(self.line),
                last.eq(self.line <= self.beats),
                lines.eq(self.lines),
            ]
        with m.Elif(self.step):
            m.d.sync += [
                word.eq(word + 1),
                beats.eq(beats - self.beats),
                last.eq(beats <= 2 * self.beats),
            ]
            with m.If(last):
                m.d.sync += [
                    word.eq(below),
                    first.eq(below),
                    beats.eq(self.line),
                    last.eq(self.line <= self.beats),
                    lines.eq(lines - 1),
                    self.active.eq(lines != 1),
                ]

        return m
