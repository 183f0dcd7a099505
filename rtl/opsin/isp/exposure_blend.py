# SPDX-License-Identifier: MIT
"""The arithmetic of the merge of two exposures."""

from typing import Any

from amaranth import Module, Mux, Value, signed, unsigned
from amaranth.lib import data
from amaranth.lib.wiring import In

from .frame_loop import Kept, Met
from .motion_excess import EXCESS_LATENCY, motion_excess
from .point import PointBlock

__all__ = ["ExposureBlend", "ExposureDifference", "Exposures", "blend_settings"]


def blend_settings(depth: int, depth_out: int) -> dict[str, Any]:
    """Return the ports that both parts' settings come from."""
    return {
        "ratio": unsigned(16),
        "black": unsigned(depth),
        "knee": unsigned(depth),
        "knee_slope": unsigned(3),
        "constant": signed(24),
        "slope": unsigned(16),
        "threshold": signed(8),
        "motion_slope": unsigned(3),
        "shift": unsigned(3),
        "pedestal": unsigned(depth_out),
        "stored_long": unsigned(1),
    }


class Exposures(data.StructLayout):
    """Sample that came, long sample, and ``ratio * short - long``, the black level taken off."""

    def __init__(self, depth: int) -> None:
        super().__init__(
            {
                "now": unsigned(depth),
                "long": unsigned(depth),
                "difference": signed(depth + 10),
                "distance": unsigned(depth),
            }
        )


class ExposureDifference(PointBlock):
    """From ``Met`` to :class:`Exposures`, in 8 cycles; the distance saturates.

    Settings do not change while there are beats inside.
    """

    def __init__(self, *, depth: int, ppc: int) -> None:
        self.depth = depth
        ports = {"ratio": In(16), "black": In(depth), "stored_long": In(1)}
        met = Met(unsigned(depth), unsigned(depth))
        super().__init__(met, Exposures(depth), latency=8, ppc=ppc, settings={}, ports=ports)

    def compute(self, m: Module, settings: Any, advance: Value) -> None:
        for index in range(self.ppc):
            self._pixel(m, index, advance)

    def _pixel(self, m: Module, index: int, advance: Value) -> None:
        pixel, result = self.i.p.pixel[index], self.o.p.pixel[index]
        ports: Any = self

        def register(value: Value, name: str, stages: int = 1) -> Value:
            return self.delayed(m, value, stages, advance, f"{name}_{index}")

        long = register(Mux(ports.stored_long, pixel.past, pixel.now), "long")
        short = register(Mux(ports.stored_long, pixel.now, pixel.past), "short")
        short = register(short - ports.black, "short_level")
        product = register(short * ports.ratio, "product", 2)
        scaled = register((product + 128) >> 8, "scaled")
        level = register(register(long - ports.black, "level"), "level_late", 3)
        difference = register(scaled - level, "difference")
        size = register(Mux(difference < 0, -difference, difference), "size")
        difference = register(difference, "difference_late")
        full = (1 << self.depth) - 1
        now = register(pixel.now, "now", 7)
        long = register(long, "long_late", 6)
        with m.If(advance):
            m.d.sync += [
                result.now.eq(now),
                result.long.eq(long),
                result.difference.eq(difference),
                result.distance.eq(Mux(size > full, full, size)),
            ]


class ExposureBlend(PointBlock):
    """From rows of five :class:`Exposures` to ``Kept(unsigned(depth_out), unsigned(depth))``.

    Settings do not change while there are beats inside; ``alone``: there is but one exposure;
    ``unchanged``: what came goes.
    """

    alone: Value
    unchanged: Value

    LATENCY = EXCESS_LATENCY + 8

    def __init__(self, *, depth: int, depth_out: int, ppc: int) -> None:
        self.depth, self.depth_out = depth, depth_out
        ports = {name: In(shape) for name, shape in blend_settings(depth, depth_out).items()}
        del ports["ratio"]
        super().__init__(
            data.ArrayLayout(Exposures(depth), 5),
            Kept(unsigned(depth_out), unsigned(depth)),
            latency=self.LATENCY,
            ppc=ppc,
            settings={},
            ports={"alone": In(1), "unchanged": In(1), **ports},
        )

    def compute(self, m: Module, settings: Any, advance: Value) -> None:
        for index in range(self.ppc):
            self._pixel(m, index, advance)

    def _pixel(self, m: Module, index: int, advance: Value) -> None:
        row, result = self.i.p.pixel[index], self.o.p.pixel[index]
        ports: Any = self
        depth = self.depth

        def register(value: Value, name: str, stages: int = 1) -> Value:
            return self.delayed(m, value, stages, advance, f"{name}_{index}")

        excess = motion_excess(
            m,
            register,
            [row[k].distance for k in range(5)],
            [row[k].long for k in range(5)],
            constant=ports.constant,
            slope=ports.slope,
            threshold=ports.threshold,
            depth=depth,
        )

        # Weight of the short exposure, by motion and by saturation
        steep = Mux(excess > 0, excess, 0)[:10] << ports.motion_slope
        moved = register(Mux(steep > 256, 256, steep)[:9], "moved")
        left, middle, right = (row[k].long for k in (1, 2, 3))
        ends = register(Mux(left > right, left, right), "ends")
        middle = register(middle, "middle")
        brightest = register(Mux(ends > middle, ends, middle), "brightest")
        above = brightest - ports.knee
        above = register(Mux(above > 0, above, 0)[:depth], "above")
        above = (above << ports.knee_slope) >> (depth - 8)
        above = register(Mux(above > 256, 256, above)[:9], "saturated", EXCESS_LATENCY - 2)
        weight = Mux(moved > above, moved, above)
        weight = register(Mux(ports.alone, ports.stored_long << 8, weight), "weight")

        # Blend: product in two stages, sum, rounding, pedestal, clip
        difference = register(row[2].difference, "difference", EXCESS_LATENCY + 2)
        product = register(difference * weight, "blend", 2)
        level = register(row[2].long, "level", EXCESS_LATENCY + 3) - ports.black
        level = register(level, "level_late")
        merged = register(level + ((product + 128) >> 8), "merged")
        half = (1 << ports.shift) >> 1
        rounded = register((merged + half) >> ports.shift, "rounded")
        moved_up = register(rounded + ports.pedestal, "pedestal")
        full = (1 << self.depth_out) - 1
        clipped = Mux(moved_up < 0, 0, Mux(moved_up > full, full, moved_up))
        now = register(row[2].now, "now", self.LATENCY - 1)
        with m.If(advance):
            m.d.sync += [result.o.eq(Mux(ports.unchanged, now, clipped)), result.past.eq(now)]
