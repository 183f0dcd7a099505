# SPDX-License-Identifier: MIT
"""A gain from the logarithm of luma."""

from amaranth import Cat, Const, Module, Mux, Value, unsigned
from amaranth.hdl import ShapeLike

from ..common.flow import delayed
from ..common.multiplier import multiply
from ..common.video import Rgb
from .base_layer import Layered
from .point import PointBlock
from .product import carry_product

__all__ = ["ToneGain"]

FRACTION = 8  # of logarithms
GAIN = 12  # fraction bits of the gain
_PRODUCT = 4  # cycles of the first product


class ToneGain(PointBlock):
    """Multiply pixels by ``(pivot / base) ** strength``, with logarithms in straight pieces.

    With ``b = base << (16 - depth)``, ``e`` the place of its first bit, ``f`` the 8 bits behind::

        level = 256 * e + f                                     (0 for b = 0)
        lift  = min(max((strength * (pivot - level) + 128) >> 8, -darken), brighten)
        gain  = (256 + lift % 256) << (4 + (lift >> 8))         (Q4.12)
        o     = min((i * gain + 2**11) >> 12, 2**depth - 1)

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    ppc : int
        Pixels per beat.

    Members
    -------
    i : In(FlowSignature(Layered(depth), ppc=ppc))
    o : Out(FlowSignature(Rgb(depth), ppc=ppc))
    strength : In(8)
        Unsigned Q0.8; a setting, as all.
    pivot : In(12)
        Level where nothing changes, unsigned Q4.8.
    brighten, darken : In(10)
        Greatest lift and its opposite, unsigned Q2.8.
    bypass : In(1)
        Let pixels pass.

    Timing
    ------
    Latency 15 cycles. Three multipliers per pixel.
    """

    strength: Value
    pivot: Value
    brighten: Value
    darken: Value

    SETTINGS: dict[str, ShapeLike] = {  # noqa: RUF012
        "strength": unsigned(8),
        "pivot": unsigned(4 + FRACTION),
        "brighten": unsigned(2 + FRACTION),
        "darken": unsigned(2 + FRACTION),
    }

    def __init__(self, *, depth: int, ppc: int) -> None:
        self.depth = depth
        super().__init__(
            Layered(depth),
            Rgb(depth),
            latency=11 + _PRODUCT,
            ppc=ppc,
            settings=self.SETTINGS,
            bypass=lambda pixel: pixel.rgb,
        )

    def compute(self, m: Module) -> None:
        pivot = delayed(m, self.pivot, 1, "pivot")
        brighten = delayed(m, self.brighten, 1, "brighten")
        least = delayed(m, -self.darken, 1, "least")
        for index in range(self.ppc):

            def register(value: Value, name: str, stages: int = 1, index: int = index) -> Value:
                return delayed(m, value, stages, f"{name}_{index}")

            pixel, out = self.i.p.pixel[index], self.o.p.pixel[index]

            # stages 1 to 4: shift until the first bit is set
            value: Value = Cat(Const(0, 16 - self.depth), pixel.base)
            place: Value = Const(0, 0)
            for step in (8, 4, 2, 1):
                large = value[16 - step :].any()
                value = register(Mux(large, value, value << step)[:16], f"value_{step}")
                place = register(Cat(large, place), f"place_{step}")

            # stages 5 to 11: the gain
            level = Cat(value[15 - FRACTION : 15], place)
            product = carry_product(m, self.strength, pivot - level, latency=_PRODUCT)
            lift = register((product + (1 << (FRACTION - 1))) >> FRACTION, "lift_wanted")
            above = register(lift > brighten, "above")
            below = register(lift < least, "below")
            lift = Mux(above, brighten, Mux(below, least, register(lift, "lift_inside")))
            lift = register(lift[: 3 + FRACTION].as_signed(), "lift")
            mantissa = Cat(lift[:FRACTION], Const(1, 1))
            gain = (mantissa << (lift[FRACTION:] ^ 4))[: 4 + GAIN]

            # stages 12 to 15: times the pixel
            for name in ("r", "g", "b"):
                scaled = multiply(m, register(pixel.rgb[name], name, 7 + _PRODUCT), gain)
                rounded = register((scaled + (1 << (GAIN - 1))) >> GAIN, f"{name}_rounded")
                beyond = rounded[self.depth :].any()
                m.d.sync += out[name].eq(Mux(beyond, (1 << self.depth) - 1, rounded))
