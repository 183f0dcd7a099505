# SPDX-License-Identifier: MIT
"""The arithmetic of temporal noise reduction."""

from typing import Any

from amaranth import Array, C, Module, Mux, Value, signed, unsigned
from amaranth.lib import data
from amaranth.lib.wiring import In

from .frame_loop import Kept, Met
from .motion_excess import EXCESS_LATENCY, motion_excess
from .point import PointBlock

__all__ = ["BLEND_SETTINGS", "Compared", "Mean", "TemporalBlend", "TemporalDifference"]

_AGE_WEIGHTS = [round(256 * n / (n + 1)) for n in range(1, 9)]

BLEND_SETTINGS = {
    "constant": signed(24),
    "slope": unsigned(16),
    "threshold": signed(8),
    "motion_slope": unsigned(3),
    "max_weight": unsigned(8),
}
"""Ports of :class:`TemporalBlend`."""


class Mean(data.StructLayout):
    """Mean over frames in ``2**-fraction`` samples, and of how many frames it is, less one."""

    def __init__(self, depth: int, fraction: int) -> None:
        super().__init__({"mean": unsigned(depth + fraction), "age": unsigned(3)})


class Compared(data.StructLayout):
    """A sample, its history, and how far they are apart."""

    def __init__(self, depth: int, fraction: int) -> None:
        super().__init__(
            {
                "now": unsigned(depth),
                "past": Mean(depth, fraction),
                "difference": unsigned(depth + fraction),
            }
        )


class TemporalDifference(PointBlock):
    """From ``Met(unsigned(depth), Mean)`` to :class:`Compared`, in 2 cycles."""

    def __init__(self, *, depth: int, fraction: int, ppc: int) -> None:
        self.fraction = fraction
        met = Met(unsigned(depth), Mean(depth, fraction))
        super().__init__(met, Compared(depth, fraction), latency=2, ppc=ppc, settings={})

    def compute(self, m: Module, settings: Any, advance: Value) -> None:
        for index in range(self.ppc):
            pixel, result = self.i.p.pixel[index], self.o.p.pixel[index]
            apart = (pixel.now << self.fraction) - pixel.past.mean
            apart = self.delayed(m, apart, 1, advance, f"apart_{index}")
            both = self.delayed(m, Value.cast(pixel), 1, advance, f"met_{index}")
            met = data.View(self.i.p.pixel[index].shape(), both)
            with m.If(advance):
                m.d.sync += [
                    result.now.eq(met.now),
                    Value.cast(result.past).eq(Value.cast(met.past)),
                    result.difference.eq(Mux(apart < 0, -apart, apart)),
                ]


class TemporalBlend(PointBlock):
    """From rows of five :class:`Compared` to ``Kept(unsigned(depth), Mean)``.

    Settings do not change while there are beats inside; ``fresh``: there is no history.
    """

    fresh: Value

    LATENCY = EXCESS_LATENCY + 6

    def __init__(self, *, depth: int, fraction: int, ppc: int) -> None:
        self.depth, self.fraction = depth, fraction
        super().__init__(
            data.ArrayLayout(Compared(depth, fraction), 5),
            Kept(unsigned(depth), Mean(depth, fraction)),
            latency=self.LATENCY,
            ppc=ppc,
            settings={},
            ports={"fresh": In(1), **{name: In(shape) for name, shape in BLEND_SETTINGS.items()}},
        )

    def compute(self, m: Module, settings: Any, advance: Value) -> None:
        for index in range(self.ppc):
            self._pixel(m, index, advance)

    def _pixel(self, m: Module, index: int, advance: Value) -> None:
        row, result = self.i.p.pixel[index], self.o.p.pixel[index]
        ports: Any = self
        depth, fraction = self.depth, self.fraction

        def register(value: Value, name: str, stages: int = 1) -> Value:
            return self.delayed(m, value, stages, advance, f"{name}_{index}")

        excess = motion_excess(
            m,
            register,
            [row[k].difference for k in range(5)],
            [row[k].now for k in range(5)],
            constant=ports.constant,
            slope=ports.slope,
            threshold=ports.threshold,
            depth=depth,
            fraction=fraction,
        )

        # Weight: what the age allows, less what moves; two stages
        steep = Mux(excess > 0, excess, 0)[:10] << ports.motion_slope
        drop = register(Mux(steep > 255, 255, steep)[:8], "drop")
        most = Array(C(weight, 8) for weight in _AGE_WEIGHTS)[row[2].past.age]
        most = register(most, "most")
        most = Mux(ports.fresh, 0, Mux(most < ports.max_weight, most, ports.max_weight))
        most = register(most, "allowed", EXCESS_LATENCY)
        weight = register(Mux(most > drop, most - drop, 0)[:8], "weight")

        # Blend: product in two stages, sum, rounding
        now = register(row[2].now, "now", EXCESS_LATENCY + 1) << fraction
        mean = register(row[2].past.mean, "mean", EXCESS_LATENCY + 1)
        apart = register(mean - now, "apart")
        product = register(apart * weight, "product", 2)
        now = register(now, "now_late", 3)
        blended = register((now + ((product + 128) >> 8))[: depth + fraction], "blended")
        age = register(sum((weight >= w for w in _AGE_WEIGHTS[:7]), C(0, 3))[:3], "age", 3)
        rounded = (blended + ((1 << fraction) >> 1)) >> fraction
        full = (1 << depth) - 1
        with m.If(advance):
            m.d.sync += [
                result.o.eq(Mux(rounded > full, full, rounded)),
                result.past.mean.eq(blended),
                result.past.age.eq(age),
            ]
