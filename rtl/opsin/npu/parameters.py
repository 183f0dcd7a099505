# SPDX-License-Identifier: MIT
"""Biases and scales, one of each per column."""

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .binary32 import Binary32
from .scratchpad import LocalWrite

__all__ = ["PARAMETER_WORDS", "Parameters"]

PARAMETER_WORDS = 8
"""Words that the parameters of all columns fill."""


class Parameters(wiring.Component):
    """Hold what has to be there for all columns at once, in registers.

    Parameters
    ----------
    cols : int
        Columns, bytes per word.

    Members
    -------
    write : In(LocalWrite(8, 8 * cols))
        Words 0..3 are biases, 4..7 scales.
    bias : Out(ArrayLayout(signed(32), cols))
    scale : Out(ArrayLayout(Binary32(), cols))

    Timing
    ------
    Outputs change in the cycle after a write.
    """

    write: data.View
    bias: data.View
    scale: data.View

    def __init__(self, *, cols: int) -> None:
        self.cols = cols
        super().__init__(
            {
                "write": In(LocalWrite(PARAMETER_WORDS, 8 * cols)),
                "bias": Out(data.ArrayLayout(signed(32), cols)),
                "scale": Out(data.ArrayLayout(Binary32(), cols)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        words = Signal(64 * self.cols, reset_less=True)
        with m.If(self.write.enable):
            m.d.sync += words.word_select(self.write.address, 8 * self.cols).eq(self.write.data)
        m.d.comb += [
            self.bias.eq(words[: 32 * self.cols]),
            self.scale.eq(words[32 * self.cols :]),
        ]

        return m
