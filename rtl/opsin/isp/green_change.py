# SPDX-License-Identifier: MIT
"""How far green equalization moves a pixel."""

from typing import Any

from amaranth import C, Cat, Module, Mux, Signal, Value, unsigned
from amaranth.hdl import ShapeLike

from ..common.carry_multiplier import carry_latency
from ..common.flow import delayed
from ..common.multiplier import multiply
from ..common.video import BayerPhase
from .bayer import channels
from .clip import clip
from .green_columns import ROWS
from .point import PointBlock

__all__ = ["GreenChange", "green_settings"]

SLOPE_FRACTION = 8
PRODUCT = carry_latency(16, SLOPE_FRACTION)
_OPPOSITE = (((2, 0), (2, 4)), ((0, 2), (4, 2)), ((1, 1), (3, 3)), ((1, 3), (3, 1)))


def green_settings(depth: int) -> dict[str, ShapeLike]:
    """Return the shapes of the settings of :class:`~opsin.isp.GreenEqualization`."""
    return {
        "phase": BayerPhase,
        "threshold": unsigned(depth),
        "slope": unsigned(SLOPE_FRACTION),
        "edge": unsigned(depth + 2),
    }


class GreenChange(PointBlock):
    """Everything of :class:`~opsin.isp.GreenEqualization` but its window.

    Parameters
    ----------
    depth : int
        Bits per sample.
    window : ShapeLike
        Five columns, from :class:`~opsin.isp.green_columns.GreenColumns`.
    ppc : int
        Pixels per beat.

    Members
    -------
    i : In(FlowSignature(window, ppc=ppc))
    o : Out(FlowSignature(unsigned(depth), ppc=ppc))

    And the settings.

    Timing
    ------
    Latency 14 cycles, throughput 1 beat/cycle. Carry cells multiply.
    """

    phase: Value
    threshold: Value
    slope: Value
    edge: Value

    def __init__(self, *, depth: int, window: Any, ppc: int) -> None:
        self.depth = depth
        super().__init__(
            window,
            unsigned(depth),
            latency=10 + PRODUCT,
            ppc=ppc,
            settings=green_settings(depth),
            bypass=lambda columns: columns[ROWS // 2].sample[ROWS // 2],
        )

    def compute(self, m: Module) -> None:
        channel = channels(m, self, Value.cast(self.phase))
        self._threshold = delayed(m, self.threshold, 1, "threshold")
        self._edge = delayed(m, self.edge, 1, "edge")
        for k in range(self.ppc):
            green = channel[k][0] ^ channel[k][1]
            self._pixel(m, green, k)

    def _pixel(self, m: Module, green: Value, index: int) -> None:
        columns = self.i.p.pixel[index]
        w = [[columns[x].sample[y] for x in range(ROWS)] for y in range(ROWS)]

        def register(value: Value, name: str, count: int = 1) -> Value:
            return delayed(m, value, count, f"{name}_{index}")

        # stages 1 and 2: sums of pairs and of fours; opposite greens' differences
        def four(name: str, *places: tuple[int, int]) -> Value:
            pairs = [
                register(w[a[0]][a[1]] + w[b[0]][b[1]], f"{name}_{k}")
                for k, (a, b) in enumerate((places[:2], places[2:]))
            ]
            return register(pairs[0] + pairs[1], name)

        sides = four("sides", (2, 0), (2, 4), (0, 2), (4, 2))
        corners = four("corners", (0, 0), (0, 4), (4, 0), (4, 4))
        others = four("others", (1, 1), (1, 3), (3, 1), (3, 3))
        apart = []
        for k, (a, b) in enumerate(_OPPOSITE):
            signed = register(w[a[0]][a[1]] - w[b[0]][b[1]], f"signed_{k}")
            turned = signed[: self.depth] ^ signed[-1].replicate(self.depth)
            apart.append(register(turned + signed[-1], f"apart_{k}")[: self.depth])
        middle = register(w[2][2], "middle", 2)

        # stages 3 to 5: both means and their difference; how lively it is here
        inner = register((middle << 2) + (sides << 1), "inner")
        own = register(inner + register(corners, "corners_3"), "own")
        difference = register((register(others, "others_4", 2) << 2) - own, "difference")
        halves = [register(apart[k] + apart[k + 1], f"apart_of_{k}") for k in (0, 2)]
        activity = register(register(halves[0] + halves[1], "activity"), "activity_9", 1 + PRODUCT)

        # stages 6 to 10: how much is allowed
        product = multiply(m, own[4:], self.slope, cells="carry")
        part = product[SLOPE_FRACTION:]
        size = register(Mux(difference[-1], -difference, difference)[:-1], "size")
        negative = register(difference[-1], "negative", 2 + PRODUCT)

        allowed = register(self._threshold + part, "allowed")
        lively = register(self._edge + (part << 2), "lively")
        size = register(size, "size_9", PRODUCT - 1)
        rest = register((allowed << 5) - size, "rest")
        flat = register((activity <= lively) & register(green, "green", 4 + PRODUCT), "flat")

        # stages 11 to 14: the change
        size = register(size, "size_10")
        limited = Mux(rest < size, rest[: len(size)], size)
        amount = register(Mux(flat & ~rest[-1], limited, 0), "amount")
        turned = amount ^ negative.replicate(len(amount))
        half = Cat(negative, C(8, 4))  # rounds, and makes the change of sign complete
        change = Signal(len(amount) - 4, name=f"change_{index}").as_signed()
        total = Signal(self.depth + 2, name=f"total_{index}").as_signed()
        middle = register(middle, "middle_12", 6 + PRODUCT)
        m.d.sync += [
            change.eq((Cat(turned, negative).as_signed() + half) >> 5),
            total.eq(middle + change),
            self.o.p.pixel[index].eq(clip(total, self.depth)),
        ]
