# SPDX-License-Identifier: MIT
"""Sharpening."""

from collections.abc import Callable

from amaranth import C, Cat, Module, Mux, Value, unsigned
from amaranth.hdl import ShapeLike

from ..common.flow import delayed
from ..common.multiplier import multiply
from ..common.video import Ycbcr
from .point import PointBlock, check_depth, unchanged
from .times import times
from .window_block import WindowBlock

__all__ = ["Sharpen"]

GAIN, FACTOR = 8, 4  # bits of the gain and of factors that take no multiplier
MULTIPLIER = 18  # bits that a multiplier takes; more are left to synthesis

Register = Callable[..., Value]


class Sharpen(WindowBlock):
    """Add to luma what it lacks in a blurred copy of itself; colour differences pass.

    With ``y`` the luma in the middle of 5 × 5 pixels, ``narrow`` the binomial sum of 3 × 3 (16
    parts), ``broad`` that of 5 × 5 (256 parts), ``low`` and ``high`` the least and the greatest
    luma of 3 × 3::

        fine   = 16 * y - narrow
        coarse = (256 * y - broad + 8) >> 4
        detail = fine + (((coarse - fine) * wide + 2) >> 2)
        factor = max(gain - (max(high - low - edge, 0) * fall >> (depth - 5)), 0)
        change = (max(abs(detail) - core, 0) * factor + 2**8) >> 9

    The change goes up, at most to ``high + ((high - low) * overshoot >> 6)``, if the detail is
    positive, else down, at most to ``low - ((high - low) * undershoot >> 6)``.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i, o : FlowSignature(Ycbcr(depth), ppc=ppc)
        Well-formed frames (see :class:`~opsin.isp.frame_guard.FrameGuard`).
    width : In(range(max_width + 1))
        Pixels per line, at least 3 and 2 beats; a setting, see
        :class:`~opsin.common.flow.FlowBlock`.
    height : In(16)
        Lines, at least 3; a setting.
    gain : In(8)
        Of detail, unsigned Q3.5; a setting, as all that follow.
    wide : In(3)
        Share of the larger window, unsigned Q1.2.
    core : In(depth)
        Detail that is taken for noise, 1/16 samples.
    edge : In(depth)
        Contrast from where on the gain falls.
    fall : In(4)
        How much it falls in full scale.
    overshoot, undershoot : In(4)
        How far beyond its neighbours a pixel may go, 1/64 of their contrast.
    bypass : In(1)
        Let frames pass, in the same time.

    Timing
    ------
    Latency 19 cycles. With ``line = width / ppc`` beats, a beat leaves ``2 * line + ceil(2 / ppc)``
    slots behind the one in which it came. One multiplier per pixel.

    Raises
    ------
    ValueError
        If ``depth``, ``max_width`` or ``ppc`` is out of range.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.sharpen`, which names the paper.
    """

    gain: Value
    wide: Value
    core: Value
    edge: Value
    fall: Value
    overshoot: Value
    undershoot: Value
    bypass: Value

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        check_depth(depth)
        self.depth = depth
        settings: dict[str, ShapeLike] = {
            "gain": unsigned(GAIN),
            "wide": unsigned(3),
            "core": unsigned(depth),
            "edge": unsigned(depth),
            "fall": unsigned(FACTOR),
            "overshoot": unsigned(FACTOR),
            "undershoot": unsigned(FACTOR),
        }
        super().__init__(
            Ycbcr(depth),
            Ycbcr(depth),
            rows=5,
            columns=5,
            max_width=max_width,
            latency=14,
            ppc=ppc,
            settings=settings,
            near="y",
            bypass=unchanged,
        )

    def compute(self, m: Module, stages: PointBlock) -> None:
        late = {
            name: delayed(m, getattr(self, name), 1, name)
            for name in ("wide", "core", "edge", "fall", "gain", "overshoot", "undershoot")
        }
        for index in range(self.ppc):

            def register(value: Value, name: str, delay: int = 1, index: int = index) -> Value:
                return delayed(m, value, delay, f"{name}_{index}")

            around, out = stages.i.p.pixel[index], stages.o.p.pixel[index]
            y = [[around.window[row][column] for column in range(5)] for row in range(5)]
            detail = self._detail(y, late["wide"], register)
            low, high = (self._extreme(y, name, register) for name in ("low", "high"))
            contrast = register(high - low, "contrast")[: self.depth]

            # stages 6 to 9, beside the detail: the gain
            excess = contrast - late["edge"]
            excess = register(Mux(excess < 0, 0, excess[: self.depth]), "excess")
            loss = register(times(excess, late["fall"], register, "fall"), "loss") >> (
                self.depth - 5
            )
            rest = late["gain"] - loss
            factor = register(Mux(rest < 0, 0, rest[:GAIN]), "factor")

            # stages 9 to 12: how much
            down = detail[-1]
            size = register(Mux(down, -detail, detail)[: self.depth + 4], "size")
            size = size - late["core"]
            size = Mux(size < 0, 0, size[: self.depth + 4])
            if self.depth + 4 <= MULTIPLIER:
                product = multiply(m, size, factor)
            else:
                product = register(size, "cored") * register(factor, "factor_last")
                product = register(product, "product")
            change = register((product + (1 << 8)) >> 9, "change")

            # stages 9 to 12: how much at most
            before = register(y[2][2], "y_8", 8)
            low, high = register(low, "low_8", 4), register(high, "high_8", 4)
            room = Mux(down, before - low, high - before)
            room = register(room[: self.depth], "room_inside")
            room = register(room, "room_10")
            over, under = (
                register(times(contrast, late[name], register, name), f"{name}_margin", 2)
                for name in ("overshoot", "undershoot")
            )
            margin = register(Mux(down, under, over) >> 6, "margin", 2)
            room = register(room + margin, "room_beyond")
            end = register(Mux(down, before, ~before), "end", 3)  # to black, or white
            room = register(Mux(room > end, end, room[: self.depth]), "room")

            change = register(Mux(change > room, room, change[: self.depth]), "limited")
            before, down = register(before, "y", 5), register(down, "down", 5)
            m.d.sync += out.y.eq(Mux(down, before - change, before + change))
            for name in ("cb", "cr"):
                m.d.sync += out[name].eq(register(around.pixel[name], name, 13))

    def _detail(self, y: list[list[Value]], wide: Value, register: Register) -> Value:
        """Luma less its blurred copy, 1/16 samples, after 8 stages."""

        def pair(name: str, *places: tuple[int, int]) -> Value:
            (first, second) = places
            return register(y[first[0]][first[1]] + y[second[0]][second[1]], name)

        # stages 1 and 2: pixels of the same weight
        middle = register(y[2][2], "middle", 2)
        near_h, near_v = pair("near_h", (2, 1), (2, 3)), pair("near_v", (1, 2), (3, 2))
        upper, lower = pair("upper", (1, 1), (1, 3)), pair("lower", (3, 1), (3, 3))
        far_h, far_v = pair("far_h", (2, 0), (2, 4)), pair("far_v", (0, 2), (4, 2))
        top, bottom = pair("top", (0, 0), (0, 4)), pair("bottom", (4, 0), (4, 4))
        knights = pair("knights_t", (0, 1), (0, 3)) + pair("knights_b", (4, 1), (4, 3))
        knights_s = pair("knights_l", (1, 0), (3, 0)) + pair("knights_r", (1, 4), (3, 4))
        near = register(near_h + near_v, "near")
        diagonal = register(upper + lower, "diagonal")
        far = register(far_h + far_v, "far")
        corners = register(top + bottom, "corners")
        knights = register(knights + knights_s, "knights")

        # stages 3 to 5: weights, sums, what luma has beyond them
        narrow = register((middle << 2) + (near << 1) + diagonal, "narrow")
        outer = register(corners + (knights << 2), "outer")
        inner = register((far << 2) + (far << 1) + (diagonal << 4), "inner")
        core = register((near << 4) + (near << 3) + (middle << 5) + (middle << 2), "core_sum")
        middle = register(middle, "middle_3")
        fine = register((middle << 4) - narrow, "fine", 2)
        broad = register(outer + inner + core, "broad")
        middle = register(middle, "middle_4")
        coarse = register(((middle << 8) + 8 - broad) >> 4, "coarse")

        # stages 6 to 8: between the two
        difference = register(coarse - fine, "difference")
        start = Cat(C(2, 2), register(fine, "fine_6")).as_signed()
        low = Mux(wide[0], difference, 0) + (Mux(wide[1], difference, 0) << 1)
        high = (Mux(wide[2], difference, 0) << 2) + start
        detail = (register(low, "part_low") + register(high, "part_high")) >> 2
        return register(detail[: self.depth + 5].as_signed(), "detail")

    def _extreme(self, y: list[list[Value]], name: str, register: Register) -> Value:
        """Return the least (``low``) or greatest luma of 3 × 3, after 4 stages."""

        def better(a: Value, b: Value) -> Value:
            return Mux((a < b) if name == "low" else (a > b), a, b)

        rows = []
        for k in range(1, 4):
            two = register(better(y[k][1], y[k][2]), f"{name}_two_{k}")
            rows.append(register(better(two, register(y[k][3], f"{name}_3_{k}")), f"{name}_{k}"))
        two = register(better(rows[0], rows[1]), f"{name}_rows")
        return register(better(two, register(rows[2], f"{name}_row")), name)
