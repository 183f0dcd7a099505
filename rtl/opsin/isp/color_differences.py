# SPDX-License-Identifier: MIT
"""Medians of columns of colour differences."""

from collections.abc import Callable
from typing import Any

from amaranth import Cat, Module, Value, signed, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data

from ..common.flow import delayed
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
    """Subtract green from red and blue; medians of the three pixels of a column.

    Parameters
    ----------
    depth : int
        Bits per sample.
    window : ShapeLike
        Shape of what comes.
    pick : callable
        From that to its three pixels, from above.
    ppc : int
        Pixels per beat.

    Members
    -------
    i : In(FlowSignature(window, ppc=ppc))
    o : Out(FlowSignature(Differences(depth), ppc=ppc))

    Timing
    ------
    Latency 5 cycles, throughput 1 beat/cycle.
    """

    def __init__(
        self, *, depth: int, window: ShapeLike, pick: Callable[[Any], list[Any]], ppc: int
    ) -> None:
        self._pick = pick
        super().__init__(window, Differences(depth), latency=5, ppc=ppc, settings={})

    def compute(self, m: Module) -> None:
        for index in range(self.ppc):

            def register(value: Value, name: str, stages: int = 1, index: int = index) -> Value:
                return delayed(m, value, stages, f"{name}_{index}")

            column, out = self._pick(self.i.p.pixel[index]), self.o.p.pixel[index]
            greens = [pixel["g"] for pixel in column]
            swing = oscillation(greens, register, "swing")
            pixel = register(Cat(column[1][name] for name in "rgb"), "pixel", 4)
            for name in ("r", "b"):
                differences = [
                    register(pixel[name] - green, f"{name}_{k}")
                    for k, (pixel, green) in enumerate(zip(column, greens, strict=True))
                ]
                median = median_of_three(differences, register, f"{name}_of")
                m.d.sync += out[name].eq(register(median, f"{name}_median"))
            m.d.sync += [Value.cast(out.pixel).eq(pixel), out.oscillation.eq(swing)]
