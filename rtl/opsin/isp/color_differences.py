# SPDX-License-Identifier: MIT
"""Medians of columns of colour differences."""

from amaranth import Module, Value, signed, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data

from ..common.flow import delayed
from ..common.line_window import Window
from ..common.video import Rgb
from .oscillation import median_of_five, oscillation
from .point import PointBlock

__all__ = ["ColorDifferences", "Differences"]


class Differences(data.StructLayout):
    """A pixel, and of the five in its column around it: medians of R - G and B - G, oscillation."""

    def __init__(self, depth: int) -> None:
        super().__init__(
            {
                "pixel": Rgb(depth),
                "r": signed(depth + 1),
                "b": signed(depth + 1),
                "oscillation": unsigned(depth + 2),
            }
        )


class ColorDifferences(PointBlock):
    """Subtract green from red and blue; medians of the five pixels of the window's middle column.

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
    i : In(FlowSignature(Window(Rgb(depth), 5, columns), ppc=ppc))
    o : Out(FlowSignature(Differences(depth), ppc=ppc))

    Timing
    ------
    Latency 6 cycles, throughput 1 beat/cycle.
    """

    def __init__(self, *, depth: int, columns: int, ppc: int) -> None:
        self._middle = columns // 2
        pixel_in: ShapeLike = Window(Rgb(depth), 5, columns)
        super().__init__(pixel_in, Differences(depth), latency=6, ppc=ppc, settings={})

    def compute(self, m: Module) -> None:
        for index in range(self.ppc):

            def register(value: Value, name: str, stages: int = 1, index: int = index) -> Value:
                return delayed(m, value, stages, f"{name}_{index}")

            window, out = self.i.p.pixel[index], self.o.p.pixel[index]
            column = [window[row][self._middle] for row in range(5)]
            greens = [pixel.g for pixel in column]
            swing = oscillation(greens, register, "swing")
            pixel = register(Value.cast(column[2]), "pixel", 5)
            for name in ("r", "b"):
                differences = [
                    register(pixel[name] - pixel.g, f"{name}_{k}") for k, pixel in enumerate(column)
                ]
                median = median_of_five(differences, register, f"{name}_median")
                m.d.sync += out[name].eq(median)
            m.d.sync += [Value.cast(out.pixel).eq(pixel), out.oscillation.eq(swing)]
