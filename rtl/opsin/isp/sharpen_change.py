# SPDX-License-Identifier: MIT
"""How far sharpening moves luma."""

from typing import Any

from amaranth import Cat, Module, Mux, Value, unsigned
from amaranth.hdl import ShapeLike

from ..common.carry_multiplier import carry_latency
from ..common.flow import delayed
from ..common.multiplier import multiply
from ..common.video import Ycbcr
from .point import PointBlock
from .sharpen_detail import DETAIL_STAGES, EXTREME_STAGES, Register, detail_of, extreme_of
from .times import times

__all__ = ["SIZE", "SharpenChange", "sharpen_settings"]

SIZE = 5
"""Rows and columns of the window."""

GAIN, FACTOR = 8, 4  # bits of the gain and of factors that take no multiplier
MULTIPLIER = 18  # bits that a multiplier takes; more are left to synthesis
_PRODUCT = carry_latency(MULTIPLIER, GAIN)  # stages of the product
_STAGES = DETAIL_STAGES + _PRODUCT + 4


def sharpen_settings(depth: int) -> dict[str, ShapeLike]:
    """Return the shapes of the settings of :class:`~opsin.isp.sharpen.Sharpen`."""
    return {
        "gain": unsigned(GAIN),
        "wide": unsigned(3),
        "core": unsigned(depth),
        "edge": unsigned(depth),
        "fall": unsigned(FACTOR),
        "overshoot": unsigned(FACTOR),
        "undershoot": unsigned(FACTOR),
    }


def _luma(window: Any) -> tuple[list[list[Value]], Any]:
    """Return luma by rows and columns, and the pixel in the middle, of either window."""
    if "window" in dict(iter(window.shape())):
        return [[window.window[row][k] for k in range(SIZE)] for row in range(SIZE)], window.pixel
    return [[window[k].y[row] for k in range(SIZE)] for row in range(SIZE)], window[SIZE // 2]


def _middle(window: Any) -> Value:
    luma, pixel = _luma(window)
    return Cat(luma[SIZE // 2][SIZE // 2], pixel.cb, pixel.cr)


class SharpenChange(PointBlock):
    """Everything of :class:`~opsin.isp.sharpen.Sharpen` but its window.

    Parameters
    ----------
    depth : int
        Bits per sample.
    window : ShapeLike
        What comes: an :class:`~opsin.common.line_window.Around` luma, or an array of
        :class:`~opsin.isp.sigma_filter.TallYcbcr`.
    ppc : int
        Pixels per beat.

    Members
    -------
    i : In(FlowSignature(window, ppc=ppc))
    o : Out(FlowSignature(Ycbcr(depth), ppc=ppc))

    And the settings.

    Timing
    ------
    Latency 18 cycles, throughput 1 beat/cycle. No multipliers.
    """

    def __init__(self, *, depth: int, window: ShapeLike, ppc: int) -> None:
        self.depth = depth
        super().__init__(
            window,
            Ycbcr(depth),
            latency=_STAGES,
            ppc=ppc,
            settings=sharpen_settings(depth),
            bypass=_middle,
        )

    def compute(self, m: Module) -> None:
        late = {
            name: delayed(m, getattr(self, name), 1, name)
            for name in ("wide", "core", "edge", "fall", "gain", "overshoot", "undershoot")
        }
        for index in range(self.ppc):

            def register(value: Value, name: str, delay: int = 1, index: int = index) -> Value:
                return delayed(m, value, delay, f"{name}_{index}")

            out = self.o.p.pixel[index]
            y, pixel = _luma(self.i.p.pixel[index])
            detail = detail_of(y, late["wide"], register)
            low, high = (extreme_of(y, name, register) for name in ("low", "high"))
            contrast = register(high - low, "contrast", 2)[: self.depth]
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
                m.d.sync += out[name].eq(register(pixel[name], name, _STAGES - 1))

    def _factor(self, contrast: Value, late: dict[str, Value], register: Register) -> Value:
        """Return the gain of stage 11, from the contrast of stage 6."""
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

        ``down``, ``before`` and ``extremes`` are as late as the detail, ``contrast`` of stage 6.
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
