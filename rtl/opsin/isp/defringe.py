# SPDX-License-Identifier: MIT
"""Defringing."""

from typing import Any

from amaranth import C, Cat, Module, Mux, Value, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In

from ..common.flow import FlowBlock, delayed, join
from ..common.row_window import RowWindow
from ..common.video import Ycbcr
from .oscillation import less
from .point import PointBlock, check_depth

__all__ = ["Defringe"]

_REACH = 5


class Defringe(FlowBlock):
    """Take away the blue and violet seams that a lens makes beside edges of luma.

    With ``l`` and ``r`` the pixels 5 to the left and right, and ``grey = 2**(depth - 1)``::

        contrast = max(abs(y[l] - y), abs(y[r] - y))
        excess   = cb - max(cb[l], cb[r], grey) - core
        change   = max(min(excess, 2 * limit - excess, contrast - edge), 0)
        o.cb     = cb - change

    Cr goes by at most ``change`` to the nearest value within those of ``cr[l]``, ``cr[r]`` and
    ``grey``. Luma passes.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(FlowSignature(Ycbcr(depth), ppc=ppc))
        Frames with lines of at least 6 pixels.
    o : Out(FlowSignature(Ycbcr(depth), ppc=ppc))
    edge : In(depth)
        Contrast from where on something is done; a setting, see
        :class:`~opsin.common.flow.FlowBlock`.
    core : In(depth)
        Excess of blue that stays; a setting.
    limit : In(depth)
        Excess from where on less is taken away, and none from twice as much on; a setting.
    bypass : In(1)
        Let frames pass, in the same time; a setting.

    Timing
    ------
    Latency 12 cycles. A beat leaves ``ceil(5 / ppc)`` slots behind the one in which it came. No
    line memory, no multipliers.

    Raises
    ------
    ValueError
        If ``depth`` or ``ppc`` is out of range.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.defringe`.
    """

    edge: Value
    core: Value
    limit: Value
    bypass: Value

    def __init__(self, *, depth: int, ppc: int = 1) -> None:
        check_depth(depth)
        self._row = RowWindow(Ycbcr(depth), columns=2 * _REACH + 1, ppc=ppc)
        self._change = _Change(depth=depth, ppc=ppc)
        super().__init__(
            Ycbcr(depth),
            Ycbcr(depth),
            ppc=ppc,
            latency=self._row.latency + self._change.latency,
            ports={name: In(shape) for name, shape in {**_registers(depth), "bypass": 1}.items()},
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.row = self._row
        m.submodules.change = change = self._change

        join(m, wiring.flipped(self.i), [self._row, change], wiring.flipped(self.o))
        for name in ("edge", "core", "limit", "bypass"):
            m.d.comb += getattr(change, name).eq(getattr(self, name))

        return m


def _registers(depth: int) -> dict[str, ShapeLike]:
    return dict.fromkeys(("edge", "core", "limit"), unsigned(depth))


class _Change(PointBlock):
    """What becomes of the pixel in the middle. Latency 9 cycles."""

    def __init__(self, *, depth: int, ppc: int) -> None:
        self.depth = depth
        super().__init__(
            data.ArrayLayout(Ycbcr(depth), 2 * _REACH + 1),
            Ycbcr(depth),
            latency=9,
            ppc=ppc,
            settings=_registers(depth),
            bypass=lambda line: line[_REACH],
        )

    def compute(self, m: Module) -> None:
        edge, core, limit = (delayed(m, getattr(self, k), 1, k) for k in _registers(0))
        grey = C(1 << (self.depth - 1), self.depth)
        for index in range(self.ppc):

            def register(value: Value, name: str, stages: int = 1, index: int = index) -> Value:
                return delayed(m, value, stages, f"{name}_{index}")

            def least(a: Value, b: Value, name: str, register: Any = register) -> Value:
                return register(Mux(less(a, b), a, b), name)

            def most(a: Value, b: Value, name: str, register: Any = register) -> Value:
                return register(Mux(less(a, b), b, a), name)

            def positive(value: Value, name: str, register: Any = register) -> Value:
                return register(Mux(value[-1], 0, value[:-1]), name)

            line, out = self.i.p.pixel[index], self.o.p.pixel[index]
            left, own, right = line[0], line[_REACH], line[2 * _REACH]

            # stages 1 to 5: how far contrast is above the edge
            sizes = []
            for name, side in (("left", left), ("right", right)):
                away = register(side.y - own.y, name)
                sizes.append(register(Mux(away < 0, -away, away)[: self.depth], f"{name}_size"))
            contrast = most(sizes[0], sizes[1], "contrast")
            edgy = positive(register(contrast - edge, "edgy"), "edgy_positive")

            # stages 1 to 7: what is taken away
            blue = most(left.cb, right.cb, "blue")
            blue = register(Mux(blue[-1], blue, grey), "blue_or_grey")
            over = register(register(own.cb, "cb", 2) - blue, "over")
            excess = register(over - core, "excess")
            size = excess[: self.depth - 1]  # of one that is not negative
            rest = positive(register((limit << 1) - size, "rest"), "rest_positive")
            taken = register(Mux(excess[-1], 0, size), "excess_positive")
            taken = least(taken, edgy, "taken")[: self.depth - 1]
            change = least(taken, rest, "change")[: self.depth - 1]

            # stages 1 to 9: Cr's way, of which it goes the change
            low = least(left.cr, right.cr, "low")
            low = register(Mux(low[-1], grey, low), "low_or_grey")
            high = most(left.cr, right.cr, "high")
            high = register(Mux(high[-1], high, grey), "high_or_grey")
            red = register(own.cr, "cr", 2)
            rise, fall = register(low - red, "rise"), register(red - high, "fall")
            down = ~fall[-1]
            way = Mux(down, fall[:-1], Mux(rise[-1], 0, rise[:-1]))
            move = least(register(way, "way", 4), change, "move")[: self.depth]
            down = register(down, "down", 5)
            # the lowest bit carries into the sum what makes a difference of it
            red = Cat(C(1, 1), register(red, "red", 6))
            red = red + Cat(down, move ^ down.replicate(self.depth))
            m.d.sync += [
                out.y.eq(register(own.y, "y", 8)),
                out.cb.eq(register(register(own.cb, "own_cb", 7) - change, "new_cb")),
                out.cr.eq(red[1:]),
            ]
