# SPDX-License-Identifier: MIT
"""Sharpening."""

from amaranth import Module, Mux, Value, unsigned
from amaranth.hdl import ShapeLike

from ..common.carry_multiplier import carry_latency
from ..common.flow import delayed
from ..common.multiplier import multiply
from ..common.video import Ycbcr
from .point import PointBlock, check_depth, unchanged
from .sharpen_detail import DETAIL_STAGES, EXTREME_STAGES, Register, detail_of, extreme_of
from .times import times
from .window_block import WindowBlock

__all__ = ["Sharpen"]

GAIN, FACTOR = 8, 4  # bits of the gain and of factors that take no multiplier
MULTIPLIER = 18  # bits that a multiplier takes; more are left to synthesis

_PRODUCT = carry_latency(MULTIPLIER, GAIN)  # stages of the product
_STAGES = DETAIL_STAGES + _PRODUCT + 4


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
    Latency 22 cycles. With ``line = width / ppc`` beats, a beat leaves ``2 * line + ceil(2 / ppc)``
    slots behind the one in which it came. No multipliers.

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
            latency=_STAGES,
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
            detail = detail_of(y, late["wide"], register)
            low, high = (extreme_of(y, name, register) for name in ("low", "high"))
            contrast = register(high - low, "contrast")[: self.depth]
            down = register(detail[-1], "down")

            factor = self._factor(contrast, late, register)
            change = self._change(m, detail, factor, late["core"], register)
            before = register(y[2][2], "y_9", DETAIL_STAGES)
            extremes = [
                register(value, f"{name}_late", DETAIL_STAGES - EXTREME_STAGES)
                for name, value in (("low", low), ("high", high))
            ]
            room = self._room(detail[-1], before, extremes, contrast, late, register)

            # the last two stages
            change = register(Mux(change > room, room, change[: self.depth]), "limited")
            before = register(before, "y", _PRODUCT + 3)
            down = register(down, "down_late", _PRODUCT + 2)
            m.d.sync += out.y.eq(Mux(down, before - change, before + change))
            for name in ("cb", "cr"):
                m.d.sync += out[name].eq(register(around.pixel[name], name, _STAGES - 1))

    def _factor(self, contrast: Value, late: dict[str, Value], register: Register) -> Value:
        """Return the gain of stage 10, from the contrast of stage 5."""
        excess = register(contrast - late["edge"], "beyond_edge")
        excess = register(Mux(excess[-1], 0, excess[: self.depth]), "excess")
        loss = register(times(excess, late["fall"], register, "fall"), "loss") >> (self.depth - 5)
        rest = late["gain"] - loss
        return register(Mux(rest < 0, 0, rest[:GAIN]), "factor")

    def _change(
        self, m: Module, detail: Value, factor: Value, core: Value, register: Register
    ) -> Value:
        """Return how much luma is to change, ``_PRODUCT + 2`` stages behind the detail."""
        # both signs less the core; the detail's own chooses, and nothing is left of the negative
        bits = self.depth + 4
        up, down = register(detail - core, "cored_up"), register(-detail - core, "cored_down")
        size = Mux(register(detail[-1], "detail_down"), down, up)
        size = Mux(size[-1], 0, size[:bits])
        if bits <= MULTIPLIER:
            product = multiply(m, size, factor, cells="carry")
        else:
            product = register(size, "cored") * register(factor, "factor_last")
            product = register(product, "product", _PRODUCT - 1)
        return register((product + (1 << 8)) >> 9, "change")

    def _room(
        self,
        down: Value,
        before: Value,
        extremes: list[Value],
        contrast: Value,
        late: dict[str, Value],
        register: Register,
    ) -> Value:
        """Return how much luma may change, as late as :meth:`_change`.

        ``down``, ``before`` and ``extremes`` are as late as the detail, ``contrast`` of stage 5.
        """
        low, high = extremes
        room = register(Mux(down, before - low, high - before)[: self.depth], "room_inside")
        over, under = (
            register(times(contrast, late[name], register, name), f"{name}_margin", 3)
            for name in ("overshoot", "undershoot")
        )
        room = register(room + register(Mux(down, under, over) >> 6, "margin"), "room_beyond")
        end = register(Mux(down, before, ~before), "end", 2)  # to black, or white
        beyond = register(room > end, "beyond_end")
        room, end = register(room[: self.depth], "room_late"), register(end, "end_late")
        return register(Mux(beyond, end, room), "room", _PRODUCT - 1)
