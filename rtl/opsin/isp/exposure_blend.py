# SPDX-License-Identifier: MIT
"""The arithmetic of the merge of two exposures."""

from typing import Any

from amaranth import C, Cat, Module, Mux, Value, signed, unsigned
from amaranth.lib import data

from ..common.flow import delayed
from ..common.multiplier import multiply
from .frame_pixels import Kept, Met
from .motion_excess import EXCESS_LATENCY, drop, motion_excess, weighted
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
    """From ``Met`` to :class:`Exposures`, in 8 cycles; the distance saturates."""

    def __init__(self, *, depth: int, ppc: int) -> None:
        self.depth = depth
        settings = {"ratio": unsigned(16), "black": unsigned(depth), "stored_long": unsigned(1)}
        met = Met(unsigned(depth), unsigned(depth))
        super().__init__(met, Exposures(depth), latency=8, ppc=ppc, settings=settings)

    def compute(self, m: Module) -> None:
        for index in range(self.ppc):
            self._pixel(m, index)

    def _pixel(self, m: Module, index: int) -> None:
        pixel, result = self.i.p.pixel[index], self.o.p.pixel[index]
        ports: Any = self

        def register(value: Value, name: str, stages: int = 1) -> Value:
            register: Value = delayed(m, value, stages, f"{name}_{index}")
            return register

        long = register(Mux(ports.stored_long, pixel.past, pixel.now), "long")
        short = register(Mux(ports.stored_long, pixel.now, pixel.past), "short")
        short = register(short - ports.black, "short_level")
        product = multiply(m, short, ports.ratio)
        scaled = register((product + 128) >> 8, "scaled")
        level = register(register(long - ports.black, "level"), "level_late", 3)
        difference = register(scaled - level, "difference")
        size = register(Mux(difference < 0, -difference, difference), "size")
        difference = register(difference, "difference_late")
        full = (1 << self.depth) - 1
        now = register(pixel.now, "now", 7)
        long = register(long, "long_late", 6)
        m.d.sync += [
            result.now.eq(now),
            result.long.eq(long),
            result.difference.eq(difference),
            result.distance.eq(Mux(size[self.depth :].any(), full, size)),
        ]


class ExposureBlend(PointBlock):
    """From rows of five :class:`Exposures` to ``Kept(unsigned(depth_out), unsigned(depth))``.

    Two more settings: ``alone``: there is but one exposure; ``unchanged``: what came goes.
    """

    alone: Value
    unchanged: Value

    LATENCY = EXCESS_LATENCY + 11

    def __init__(self, *, depth: int, depth_out: int, ppc: int) -> None:
        self.depth, self.depth_out = depth, depth_out
        settings = blend_settings(depth, depth_out)
        del settings["ratio"]
        super().__init__(
            data.ArrayLayout(Exposures(depth), 5),
            Kept(unsigned(depth_out), unsigned(depth)),
            latency=self.LATENCY,
            ppc=ppc,
            settings={"alone": unsigned(1), "unchanged": unsigned(1), **settings},
        )

    def compute(self, m: Module) -> None:
        for index in range(self.ppc):
            self._pixel(m, index)

    def _pixel(self, m: Module, index: int) -> None:
        row, result = self.i.p.pixel[index], self.o.p.pixel[index]
        ports: Any = self
        depth = self.depth

        def register(value: Value, name: str, stages: int = 1) -> Value:
            register: Value = delayed(m, value, stages, f"{name}_{index}")
            return register

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
        moved = drop(register, excess, ports.motion_slope, 256)
        left, middle, right = (row[k].long for k in (1, 2, 3))
        ends = register(Mux(left > right, left, right), "ends")
        middle = register(middle, "middle")
        brightest = register(Mux(ends > middle, ends, middle), "brightest")
        above = brightest - ports.knee
        above = register(Mux(above > 0, above, 0)[:depth], "above")
        above = register((above << ports.knee_slope) >> (depth - 8), "steep_above")
        above = register(Mux(above > 256, 256, above)[:9], "saturated", EXCESS_LATENCY - 2)
        weight = Mux(moved > above, moved, above)
        weight = register(Mux(ports.alone, ports.stored_long << 8, weight), "weight")

        # Blend: product in three stages, sum, rounding in two, pedestal, clip
        difference = register(row[2].difference, "difference", EXCESS_LATENCY + 3)
        product = weighted(m, register, difference, weight, "blend")
        level = register(row[2].long, "level", EXCESS_LATENCY + 5) - ports.black
        level = register(level, "level_late")
        merged = register((Cat(C(128, 8), level).as_signed() + product) >> 8, "merged")
        half = register(((1 << ports.shift) >> 1)[:7], "half")
        rounded = register(register(merged + half, "rounded") >> ports.shift, "shifted")
        moved_up = register(rounded + ports.pedestal, "pedestal")
        over = moved_up[self.depth_out :].any()
        clipped = Mux(moved_up < 0, 0, Mux(over, -1, moved_up[: self.depth_out]))
        now = register(row[2].now, "now", self.LATENCY - 1)
        m.d.sync += [result.o.eq(Mux(ports.unchanged, now, clipped)), result.past.eq(now)]
