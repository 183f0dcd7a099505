# SPDX-License-Identifier: MIT
"""Medians of columns of colour differences."""

from amaranth import Module, Value, signed, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data

from ..common.flow import delayed
from ..common.line_window import Window
from ..common.video import Rgb
from .oscillation import median_of_three, oscillation
from .point import PointBlock

__all__ = ["ColorDifferences", "Differences"]


class Differences(data.StructLayout):
    """A pixel, and of the three in its column: medians of R - G and B - G, oscillation."""

    def __init__(self, depth: int) -> None:
        super().__init__(
            {
                "pixel": Rgb(depth),
                "r": signed(depth + 1),
                "b": signed(depth + 1),
                "oscillation": unsigned(depth + 1),
            }
        )


class ColorDifferences(PointBlock):
    """Subtract green from red and blue; medians of the three pixels of the window's middle column.

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
    i : In(FlowSignature(Window(Rgb(depth), 3, columns), ppc=ppc))
    o : Out(FlowSignature(Differences(depth), ppc=ppc))

    Timing
    ------
    Latency 5 cycles, throughput 1 beat/cycle.
    """

    def __init__(self, *, depth: int, columns: int, ppc: int) -> None:
        self._middle = columns // 2
        pixel_in: ShapeLike = Window(Rgb(depth), 3, columns)
        super().__init__(pixel_in, Differences(depth), latency=5, ppc=ppc, settings={})

    def compute(self, m: Module) -> None:
        for index in range(self.ppc):

            def register(value: Value, name: str, stages: int = 1, index: int = index) -> Value:
                return delayed(m, value, stages, f"{name}_{index}")

            window, out = self.i.p.pixel[index], self.o.p.pixel[index]
            column = [window[row][self._middle] for row in range(3)]
            greens = [pixel.g for pixel in column]
            swing = oscillation(greens, register, "swing")
            pixel = register(Value.cast(column[1]), "pixel", 4)
            for name in ("r", "b"):
                differences = [
                    register(pixel[name] - pixel.g, f"{name}_{k}") for k, pixel in enumerate(column)
                ]
                median = median_of_three(differences, register, f"{name}_of")
                m.d.sync += out[name].eq(register(median, f"{name}_median"))
            m.d.sync += [Value.cast(out.pixel).eq(pixel), out.oscillation.eq(swing)]
