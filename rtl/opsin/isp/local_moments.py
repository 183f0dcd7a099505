# SPDX-License-Identifier: MIT
"""Sums of a column of pixels and of their squares."""

from amaranth import Module, Value, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data

from ..common.flow import delayed
from ..common.line_window import Window
from ..common.multiplier import multiply
from .point import PointBlock

__all__ = ["LocalMoments", "Moments"]

_SQUARE = 2  # cycles


class Moments(data.StructLayout):
    """A sample, and sum and sum of squares of the five of its colour around it in its column."""

    def __init__(self, depth: int) -> None:
        super().__init__(
            {
                "sample": unsigned(depth),
                "sum": unsigned(depth + 3),
                "squares": unsigned(2 * depth + 3),
            }
        )


class LocalMoments(PointBlock):
    """Add up every second pixel of the window's middle column, and their squares.

    Parameters
    ----------
    depth : int
        Bits per sample.
    columns : int
        Columns of the window.
    ppc : int
        Pixels per beat.

    Members
    -------
    i : In(FlowSignature(Window(unsigned(depth), 9, columns), ppc=ppc))
    o : Out(FlowSignature(Moments(depth), ppc=ppc))

    Timing
    ------
    Latency 5 cycles. Five multipliers per pixel.
    """

    def __init__(self, *, depth: int, columns: int, ppc: int) -> None:
        self._middle = columns // 2
        pixel_in: ShapeLike = Window(unsigned(depth), 9, columns)
        super().__init__(pixel_in, Moments(depth), latency=3 + _SQUARE, ppc=ppc, settings={})

    def compute(self, m: Module) -> None:
        for index in range(self.ppc):
            window, out = self.i.p.pixel[index], self.o.p.pixel[index]

            def register(value: Value, name: str, stages: int = 1, index: int = index) -> Value:
                return delayed(m, value, stages, f"{name}_{index}")

            def added(values: list[Value], name: str) -> list[Value]:
                """Values of the next stage: sums of two, and what is left over."""
                pairs = range(0, len(values), 2)
                return [register(sum(values[k : k + 2], Value.cast(0)), name) for k in pairs]

            column = [window[row][self._middle] for row in range(0, 9, 2)]
            samples = [register(sample, f"row_{2 * k}") for k, sample in enumerate(column)]
            squares = [multiply(m, sample, sample) for sample in column]
            sums = added(added(samples, "sum_2"), "sum_4")
            squares = added(added(squares, "squares_2"), "squares_4")
            late = register(samples[2], "sample", 1 + _SQUARE)
            total = register(sums[0] + sums[1], "sum", _SQUARE - 1)
            m.d.sync += [
                out.sample.eq(late),
                out.sum.eq(total),
                out.squares.eq(squares[0] + squares[1]),
            ]
