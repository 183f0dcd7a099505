# SPDX-License-Identifier: MIT
"""Share of a sample's distance from the local mean that noise explains."""

from amaranth import Array, C, Module, Mux, Value, signed, unsigned
from amaranth.lib import data

from ..common.carry_multiplier import carry_latency
from ..common.flow import delayed
from ..common.multiplier import multiply
from .local_moments import Moments
from .point import PointBlock
from .product import product

__all__ = ["CONSTANT", "SLOPE", "Shrink"]

CONSTANT, SLOPE = signed(24), unsigned(16)
"""Shapes of the noise model's registers."""

_PART, _SHARE = 8, 9  # bits
_QUOTIENT, _MOVED = carry_latency(_PART, _SHARE), carry_latency(_SHARE, _SHARE)
_RECIPROCAL = [round(65536 / (128.5 + k)) for k in range(128)]


class Shrink(PointBlock):
    """Move samples towards the mean of 5 × 5 by the share of the variance that is noise.

    From the sums ``S`` and ``Q`` of the window::

        expected = 25 * max((slope * S >> (21 - depth)) + 25 * constant * 2**(2 * depth - 28), 0)
        variance = 25 * Q - S**2
        o = x + ((256 * expected / variance * (mean - x) + 128) >> 8)

    The quotient is 256 if ``expected >= variance``. Else both numbers are shifted, by the same,
    until the variance's first bit is set, and cut to 8 bits; a table has the reciprocals. The
    mean is ``(41943 * S + 2**19) >> 20`` with ``41943 = 41 * 1023``.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    ppc : int
        Pixels per beat.

    Members
    -------
    i : In(FlowSignature(ArrayLayout(Moments(depth), 9), ppc=ppc))
        Columns of the window around each pixel.
    o : Out(FlowSignature(unsigned(depth), ppc=ppc))
    constant, slope : In(CONSTANT), In(SLOPE)
        The noise model; a setting.
    bypass : In(1)
        Let samples pass; a setting.

    Timing
    ------
    Latency 26 cycles, 27 if ``depth`` is more than 12. Two multipliers per pixel (at ``depth`` 14
    and more they take several of 18 bits), for the square and the slope, and two of carry cells.
    """

    constant: Value
    slope: Value

    def __init__(self, *, depth: int, ppc: int) -> None:
        self.depth = depth
        self._bits = 2 * depth + 8  # of the greatest variance, times 625
        self._steps = [1 << k for k in reversed(range((self._bits - 1).bit_length()))]
        super().__init__(
            data.ArrayLayout(Moments(depth), 9),
            unsigned(depth),
            latency=12 + len(self._steps) + _QUOTIENT + _MOVED,
            ppc=ppc,
            settings={"constant": CONSTANT, "slope": SLOPE},
            bypass=lambda window: window[4].sample,
        )

    def compute(self, m: Module) -> None:
        scale = 2 * self.depth - 28
        ninefold = delayed(m, (self.constant << 3) + self.constant, 1, "c_9")
        constant = delayed(m, self.constant, 1, "c")
        constant = delayed(m, (constant << 4) + ninefold, 1, "c_25")
        constant = constant << scale if scale >= 0 else constant >> -scale
        constant = delayed(m, constant, 1, "constant")
        slope = delayed(m, self.slope, 1, "slope")
        for index in range(self.ppc):
            self._pixel(m, index, constant, slope)

    def _pixel(self, m: Module, index: int, constant: Value, slope: Value) -> None:
        def register(value: Value, name: str, stages: int = 1) -> Value:
            return delayed(m, value, stages, f"{name}_{index}")

        # stages 1 to 4: sums over the window
        columns = self.i.p.pixel[index]
        sums = []
        for name in ("sum", "squares"):
            first = [register(columns[k][name], f"{name}_{k}") for k in range(0, 9, 2)]
            left = register(first[0] + first[1], f"{name}_left")
            right = register(first[3] + first[4], f"{name}_right")
            both = register(left + right, f"{name}_both")
            sums.append(register(both + register(first[2], f"{name}_middle", 2), name))
        total, squares = sums[0][: self.depth + 5], sums[1][: 2 * self.depth + 5]

        # stages 5 to 10: variance and what noise explains of it, times 625, and the mean
        square = product(m, total, total)
        squares_9 = register((squares << 3) + squares, "squares_9")
        squares_25 = register((register(squares, "squares_5") << 4) + squares_9, "squares_25")
        variance = register((squares_25 - square)[: self._bits], "variance", 3)
        noise = (product(m, slope, total) >> (21 - self.depth)) + constant
        noise = register(noise, "noise").as_signed()
        below, size = register(noise[-1], "below"), noise[:-1]
        size_9 = register((size << 3) + size, "noise_9")
        expected = (register(size, "noise_8") << 4) + size_9
        expected = register(Mux(below, 0, expected), "expected")
        whole = register(expected >= variance, "whole")

        total_41 = register((total << 3) + total, "total_9")
        total_41 = register((register(total, "total_5") << 5) + total_41, "total_41")
        above = register((total_41 << 10) + (1 << 19), "mean_above")
        mean = register((above - register(total_41, "mean_below"))[20 : 20 + self.depth], "mean")
        # a stage for the way from one to the other
        sample = register(columns[4].sample, "sample", 9)
        distance = register(register(mean, "mean_9") - sample, "distance")

        # then the shifts, stages "s"
        part = expected[: self._bits]
        for step in self._steps:
            keep = min(len(variance), 7 + step)
            small = ~variance[-step:].any()
            variance, part = (
                register(Mux(small, (value << step)[: len(value)], value)[-keep:], f"{name}_{step}")
                for name, value in (("variance_by", variance), ("part_by", part))
            )

        # stages s + 1 to s + 11
        late = len(self._steps) + _QUOTIENT
        table = Array(C(value, _SHARE) for value in _RECIPROCAL)
        quotient = (multiply(m, part, table[variance[:7]], cells="carry") + 128) >> 8
        whole = register(whole, "whole_late", late - 1)
        share = register(Mux(whole, 256, quotient)[:_SHARE], "share")
        distance = register(distance, "distance_late", late).as_signed()
        moved = multiply(m, share, distance, cells="carry")
        change = register((moved + 128) >> 8, "change")
        sample = register(sample, "sample_late", late + _MOVED + 2)
        m.d.sync += self.o.p.pixel[index].eq(sample + change)
