# SPDX-License-Identifier: MIT
"""The arithmetic of temporal noise reduction."""

from typing import Any

from amaranth import Array, C, Cat, Module, Mux, Value, signed, unsigned
from amaranth.lib import data

from ..common.flow import delayed
from .frame_pixels import Kept, Met
from .motion_excess import EXCESS_LATENCY, drop, motion_excess, weighted
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
"""Settings of :class:`TemporalBlend`."""


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
        super().__init__(met, Compared(depth, fraction), latency=2, ppc=ppc)

    def compute(self, m: Module) -> None:
        for index in range(self.ppc):
            pixel, result = self.i.p.pixel[index], self.o.p.pixel[index]
            apart = (pixel.now << self.fraction) - pixel.past.mean
            apart = delayed(m, apart, 1, f"apart_{index}")
            both = delayed(m, Value.cast(pixel), 1, f"met_{index}")
            met = data.View(self.i.p.pixel[index].shape(), both)
            m.d.sync += [
                result.now.eq(met.now),
                Value.cast(result.past).eq(Value.cast(met.past)),
                result.difference.eq(Mux(apart < 0, -apart, apart)),
            ]


class TemporalBlend(PointBlock):
    """From rows of five :class:`Compared` to ``Kept(unsigned(depth), Mean)``.

    One more setting: ``fresh``: there is no history.
    """

    fresh: Value

    LATENCY = EXCESS_LATENCY + 8

    def __init__(self, *, depth: int, fraction: int, ppc: int) -> None:
        self.depth, self.fraction = depth, fraction
        super().__init__(
            data.ArrayLayout(Compared(depth, fraction), 5),
            Kept(unsigned(depth), Mean(depth, fraction)),
            latency=self.LATENCY,
            ppc=ppc,
            settings={"fresh": unsigned(1), **BLEND_SETTINGS},
        )

    def compute(self, m: Module) -> None:
        for index in range(self.ppc):
            self._pixel(m, index)

    def _pixel(self, m: Module, index: int) -> None:
        row, result = self.i.p.pixel[index], self.o.p.pixel[index]
        ports: Any = self
        depth, fraction = self.depth, self.fraction

        def register(value: Value, name: str, stages: int = 1) -> Value:
            register: Value = delayed(m, value, stages, f"{name}_{index}")
            return register

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

        # Weight: what the age allows, less what moves; three stages
        less = drop(register, excess, ports.motion_slope, 255)
        most = Array(C(weight, 8) for weight in _AGE_WEIGHTS)[row[2].past.age]
        most = register(most, "most")
        most = Mux(ports.fresh, 0, Mux(most < ports.max_weight, most, ports.max_weight))
        most = register(most, "allowed", EXCESS_LATENCY + 1)
        weight = register(Mux(most > less, most - less, 0)[:8], "weight")

        # Blend: product in three stages, sum, rounding
        now = register(row[2].now, "now", EXCESS_LATENCY + 2) << fraction
        mean = register(row[2].past.mean, "mean", EXCESS_LATENCY + 2)
        apart = register(mean - now, "apart")
        product = weighted(m, register, apart, weight, "product")
        now = register(now, "now_late", 4)
        blended = ((Cat(C(128, 8), now) + product) >> 8)[: depth + fraction]
        blended = register(blended, "blended")
        old = register(Cat(weight >= w for w in _AGE_WEIGHTS[:7]), "old")
        age = register(sum(old, C(0, 3))[:3], "age", 3)
        rounded = (blended + ((1 << fraction) >> 1)) >> fraction
        m.d.sync += [
            result.o.eq(Mux(rounded[depth:].any(), -1, rounded[:depth])),
            result.past.mean.eq(blended),
            result.past.age.eq(age),
        ]
