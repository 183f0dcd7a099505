# SPDX-License-Identifier: MIT
"""Luma, smoothed within what is alike."""

from collections.abc import Callable, Sequence
from typing import Any

from amaranth import Module, Mux, Value, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data

from ..common.flow import delayed
from ..common.video import Rgb
from .point import PointBlock
from .sigma_filter import moved_by_mean
from .times import times

__all__ = ["RATIO", "BaseLayer", "Layered"]

RATIO = 4


class Layered(data.StructLayout):
    """A pixel and its luma, smoothed or not."""

    def __init__(self, depth: int) -> None:
        super().__init__({"rgb": Rgb(depth), "base": unsigned(depth)})


class BaseLayer(PointBlock):
    """Replace the base by its mean over neighbours where it is alike.

    Of ``n`` neighbours ``j``, with ``y`` the base::

        alike = |y[j] - y| <= floor + (y * ratio >> 4)
        o = y + ((sum(y[j] - y if alike else 0) + n / 2) >> log2(n))

    Parameters
    ----------
    depth : int
        Bits per sample.
    window : ShapeLike
        Shape of the pixels of a window.
    pick : callable
        From a window to its middle pixel and the bases of its 2, 4 or 8 neighbours.
    count : int
        Neighbours.
    ppc : int
        Pixels per beat.

    Members
    -------
    i : In(FlowSignature(window, ppc=ppc))
    o : Out(FlowSignature(Layered(depth), ppc=ppc))
    ratio : In(4)
    floor : In(depth)
        Settings, see :class:`~opsin.common.flow.FlowBlock`.

    Timing
    ------
    Latency ``4 + log2(count)`` cycles, throughput 1 beat/cycle. No multipliers.
    """

    ratio: Value
    floor: Value

    def __init__(
        self,
        *,
        depth: int,
        window: ShapeLike,
        pick: Callable[[Any], tuple[Any, Sequence[Any]]],
        count: int,
        ppc: int,
    ) -> None:
        self.depth = depth
        self._pick = pick
        super().__init__(
            window,
            Layered(depth),
            latency=4 + count.bit_length() - 1,
            ppc=ppc,
            settings={"ratio": unsigned(RATIO), "floor": unsigned(depth)},
        )

    def compute(self, m: Module) -> None:
        ratio, floor = (delayed(m, getattr(self, name), 1, name) for name in ("ratio", "floor"))
        for index in range(self.ppc):

            def register(value: Value, name: str, stages: int = 1, index: int = index) -> Value:
                return delayed(m, value, stages, f"{name}_{index}")

            pixel, neighbours = self._pick(self.i.p.pixel[index])
            out = self.o.p.pixel[index]

            # stages 1 to 3: how far every neighbour is and may be, and whether it counts
            base = register(pixel.base, "base")
            limit = times(pixel.base, ratio, register, "ratio") + (floor << 4)
            limit = register(limit, "limit") >> 4
            values = []
            for k, neighbour in enumerate(neighbours):
                away = register(neighbour - pixel.base, f"away_{k}")
                size = register(Mux(away < 0, -away, away)[: self.depth], f"size_{k}")
                alike = register(~(limit - size)[-1], f"alike_{k}")
                values.append(Mux(alike, register(away, f"part_{k}", 2), 0))

            before = self.latency - 2
            base = register(base, "base_late", before)
            m.d.sync += [
                out.base.eq(moved_by_mean(base, values, register, "sum")),
                Value.cast(out.rgb).eq(register(Value.cast(pixel.rgb), "rgb", before + 1)),
            ]
