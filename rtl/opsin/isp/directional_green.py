# SPDX-License-Identifier: MIT
"""Green at every pixel, from weighted colour differences."""

from typing import Any

from amaranth import C, Cat, Module, Mux, Value
from amaranth.lib import data

from ..common.flow import delayed
from ..common.video import BayerPhase
from .bayer import channels
from .mosaic_columns import Difference
from .point import PointBlock, check_depth
from .product import carry_product
from .shares import Weighted

__all__ = ["DirectionalGreen"]

_PRODUCT = 4  # cycles


class DirectionalGreen(PointBlock):
    """Join the colour differences of four sides by their shares.

    In the row ``side = left + ((row_turn * right_share + 16) >> 5)`` and
    ``h = (3 side - 2 row + 4) >> 3``, in the column ``v`` likewise; then
    ``delta = v + (((h - v) * row_share + 16) >> 5)``. What that makes of green beyond ``beside`` is
    halved where the filter's colour, ``row + column + 2 beside``, is more than 2, 4 and 8 times as
    strong as green, ``2 beside``; then ``delta`` is limited so that green is in range.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    rows : int
        As of :class:`~opsin.isp.gradients.Gradients`.

    Members
    -------
    i : In(FlowSignature(Weighted(depth, rows), ppc=ppc))
    o : Out(FlowSignature(Difference(depth, rows), ppc=ppc))
    phase : In(BayerPhase)
        Colour filter at the first pixel; a setting.

    Timing
    ------
    Latency 17 cycles. No multipliers: products are made of carry cells.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16 or ``ppc`` not 1, 2 or 4.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.directional`, which names the papers.
    """

    phase: Value

    def __init__(self, *, depth: int, ppc: int = 1, rows: int = 1) -> None:
        check_depth(depth)
        self.depth = depth
        super().__init__(
            Weighted(depth, rows),
            Difference(depth, rows),
            latency=9 + 2 * _PRODUCT,
            ppc=ppc,
            settings={"phase": BayerPhase},
        )

    def compute(self, m: Module) -> None:
        def register(value: Value, name: str, stages: int = 1) -> Value:
            return delayed(m, value, stages, name)

        shape = self.pixel_in
        channel = channels(m, self, Value.cast(self.phase))
        green = [c[0] ^ c[1] for c in channel]
        pixels: list[Any] = [
            data.View(shape, register(Value.cast(self.i.p.pixel[k]), f"pixel_{k}"))
            for k in range(self.ppc)
        ]

        # Of two neighbours one is green and needs no difference: they share the arithmetic.
        for first in range(0, self.ppc, 2):
            pair = pixels[first : first + 2]
            chosen = Value.cast(pair[0])
            if len(pair) == 2:
                chosen = Mux(green[first], Value.cast(pair[1]), chosen)
            delta = self._delta(m, data.View(shape, chosen), register, f"_{first}")
            for k, pixel in enumerate(pair, first):
                before = register(Value.cast(pixel.before), f"before_{k}", 7 + 2 * _PRODUCT)
                blank = register(green[k], f"blank_{k}", 7 + 2 * _PRODUCT)
                m.d.sync += [
                    Value.cast(self.o.p.pixel[k].before).eq(before),
                    self.o.p.pixel[k].delta.eq(Mux(blank, 0, delta)),
                ]

    def _delta(self, m: Module, w: Any, register: Any, suffix: str) -> Value:
        """Four times the difference to green, from stage 1 on; the caller adds the last stage."""
        depth = self.depth

        def weighted(base: Value, change: Value, share: Value, name: str) -> Value:
            """Make ``base + ((change * share + 16) >> 5)``, in ``_PRODUCT + 1`` stages."""
            start = Cat(C(1, 1), register(base, f"{name}_start{suffix}", _PRODUCT)).as_signed()
            change = carry_product(m, change, share, latency=_PRODUCT) >> 4
            return register((start + change) >> 1, f"{name}{suffix}")

        def joined(middle: Value, before: Value, turn: Value, share: Value, name: str) -> Value:
            """Make ``(3 side - 2 middle + 4) >> 3``, in ``_PRODUCT + 3`` stages."""
            side = weighted(before, turn, share, f"{name}_side")[: depth + 4].as_signed()
            rest = register(4 - (middle << 1), f"{name}_rest{suffix}", _PRODUCT + 2)
            treble = register(side + (side << 1), f"{name}_treble{suffix}")
            value = ((treble + rest) >> 3)[: depth + 3].as_signed()
            return register(value, f"{name}_joined{suffix}")

        row = joined(w.row, w.left, w.row_turn, w.right_share, "row")
        column = joined(w.column, w.up, w.column_turn, w.down_share, "column")
        share = register(w.row_share, f"share{suffix}", _PRODUCT + 3)
        delta = weighted(column, row - column, share, "delta")[: depth + 3].as_signed()

        # What is beyond the neighbours' green; less of it where the colour is saturated.
        beside = register(w.beside, f"beside{suffix}", 6 + 2 * _PRODUCT)
        base = register((w.sample << 2) - w.beside, f"base{suffix}", 4 + 2 * _PRODUCT)
        excess = register(base + delta, f"excess{suffix}")
        detail = register(excess >> self._halvings(w, register, suffix), f"detail{suffix}")

        # Green is to be neither negative nor more than full scale.
        sample = register(w.sample, f"delta_sample{suffix}", 5 + 2 * _PRODUCT)
        green = register(beside + detail, f"green{suffix}")
        free = register(detail - register(base, f"base_late{suffix}", 2), f"free{suffix}")
        lowest = register(-(sample << 2), f"lowest{suffix}", 2)
        highest = register(~sample << 2, f"highest{suffix}", 2)
        over = green > 4 * ((1 << depth) - 1)
        return Mux(green < 0, lowest, Mux(over, highest, free[: depth + 3].as_signed()))

    @staticmethod
    def _halvings(w: Any, register: Any, suffix: str) -> Value:
        """How often the detail of green is halved, 0..3; to the stage after ``delta``."""
        excess = register(w.row + w.column, f"color{suffix}")  # eight times the colour over green
        times = {1: w.beside, 3: w.beside + (w.beside << 1), 7: (w.beside << 3) - w.beside}
        more = [
            register(excess > (register(value, f"times_{k}{suffix}") << 1), f"more_{k}{suffix}")
            for k, value in times.items()
        ]
        halvings = Cat(more[2] | (more[0] & ~more[1]), more[1])
        return register(halvings, f"halvings{suffix}", 3 + 2 * _PRODUCT)
