# SPDX-License-Identifier: MIT
"""Mean of the colour differences of neighbours that are alike."""

from collections.abc import Callable, Sequence
from typing import Any

from amaranth import C, Cat, Module, Mux, Value, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data

from ..common.flow import delayed
from .point import PointBlock

__all__ = ["Register", "SigmaFilter", "TallYcbcr", "moved_by_mean"]

Register = Callable[..., Value]
"""Carry a value, under a name, for one stage or for so many."""


def moved_by_mean(base: Value, values: Sequence[Value], register: Register, name: str) -> Value:
    """Return ``base + ((sum(values) + n / 2) >> log2(n))`` of 2, 4 or 8 values.

    The values are taken ``log2(n)`` stages before ``base``. One adder does the last step: ``base``
    and the half that rounds stand side by side.
    """
    step = 0
    while len(values) > 1:
        sums = [a + b for a, b in zip(values[::2], values[1::2], strict=True)]
        values = [register(value, f"{name}_{step}_{k}") for k, value in enumerate(sums)]
        step += 1
    return (values[0] + Cat(C(1 << step >> 1, step), base)) >> step


class TallYcbcr(data.StructLayout):
    """A pixel with the luma of those above and below it: ``rows`` from the top, its own amid."""

    def __init__(self, depth: int, rows: int) -> None:
        color = unsigned(depth)
        super().__init__({"y": data.ArrayLayout(color, rows), "cb": color, "cr": color})


class SigmaFilter(PointBlock):
    """Replace colour differences by the mean of those of neighbours, where they are alike.

    Of ``n`` neighbours ``j``, with ``c`` either colour difference::

        alike = |y[j] - y| <= luma and |cb[j] - cb| <= chroma and |cr[j] - cr| <= chroma
        o = c + ((sum(c[j] - c if alike else 0) + n / 2) >> log2(n))

    Parameters
    ----------
    depth : int
        Bits per sample.
    window : ShapeLike
        Shape of the pixels of a window.
    pick : callable
        From a window to its middle pixel, a :class:`TallYcbcr`, and its 2, 4 or 8 neighbours, of
        which ``y`` is the luma.
    count : int
        Neighbours.
    ppc : int
        Pixels per beat.
    pixel_out : ShapeLike
        What the middle pixel becomes: a :class:`TallYcbcr`, or, if it has one row, ``Ycbcr``.

    Members
    -------
    i : In(FlowSignature(window, ppc=ppc))
    o : Out(FlowSignature(pixel_out, ppc=ppc))
    luma, chroma : In(depth)
        Settings, see :class:`~opsin.common.flow.FlowBlock`.
    bypass : In(1)
        Let the middle pixel pass; a setting.

    Timing
    ------
    Latency ``4 + log2(count)`` cycles, throughput 1 beat/cycle. No multipliers.
    """

    luma: Value
    chroma: Value

    def __init__(
        self,
        *,
        depth: int,
        window: ShapeLike,
        pick: Callable[[Any], tuple[Any, Sequence[Any]]],
        count: int,
        ppc: int,
        pixel_out: ShapeLike,
    ) -> None:
        self.depth = depth
        self._pick = pick
        self._steps = count.bit_length() - 1
        super().__init__(
            window,
            pixel_out,
            latency=4 + self._steps,
            ppc=ppc,
            settings={"luma": unsigned(depth), "chroma": unsigned(depth)},
            bypass=lambda window: pick(window)[0],
        )

    def compute(self, m: Module) -> None:
        luma = delayed(m, self.luma, 1, "luma")
        chroma = delayed(m, self.chroma, 1, "chroma")
        limits = {"y": luma, "cb": chroma, "cr": chroma}
        for index in range(self.ppc):

            def register(value: Value, name: str, stages: int = 1, index: int = index) -> Value:
                return delayed(m, value, stages, f"{name}_{index}")

            pixel, neighbours = self._pick(self.i.p.pixel[index])
            out = self.o.p.pixel[index]
            own = {"y": pixel.y[len(pixel.y) // 2], "cb": pixel.cb, "cr": pixel.cr}

            # stages 1 to 3: how far every neighbour is, and whether it counts; a sign comes from
            # the carry chain itself
            parts: dict[str, list[Value]] = {"cb": [], "cr": []}
            for k, neighbour in enumerate(neighbours):
                alike = []
                for name, limit in limits.items():
                    away = register(neighbour[name] - own[name], f"{name}_away_{k}")
                    size = Mux(away < 0, -away, away)[: self.depth]
                    size = register(size, f"{name}_size_{k}")
                    alike.append(register(~(limit - size)[-1], f"{name}_alike_{k}"))
                    if name in parts:
                        parts[name].append(register(away, f"{name}_part_{k}", 2))
                counts = alike[0] & alike[1] & alike[2]
                for values in parts.values():
                    values[k] = Mux(counts, values[k], 0)

            # then the means
            before = 3 + self._steps
            for name, values in parts.items():
                base = register(own[name], name, before)
                m.d.sync += out[name].eq(moved_by_mean(base, values, register, f"{name}_sum"))
            m.d.sync += Value.cast(out.y).eq(register(Value.cast(pixel.y), "y", before))
