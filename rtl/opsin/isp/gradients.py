# SPDX-License-Identifier: MIT
"""Colour differences around every raw pixel, and how they change."""

from typing import Any

from amaranth import Cat, Module, Mux, Value, signed, unsigned
from amaranth.lib import data

from ..common.flow import delayed
from ..common.line_window import Window
from .point import PointBlock, check_depth

__all__ = ["GRADIENT_COLUMNS", "GRADIENT_ROWS", "Gradient", "Gradients"]

GRADIENT_ROWS, GRADIENT_COLUMNS = 9, 7
"""Window that :class:`Gradients` needs."""


class Gradient(data.StructLayout):
    """A raw pixel and what is known of the colour differences ``t`` in its row and its column.

    ``t`` is four times the difference between green and the other colour there, each interpolated
    where it is missing: ``2 c0 - 2 (c-1 + c1) + c-2 + c2``, positive at green, negative elsewhere.

    ================  ============================================================================
    sample            the raw pixel
    before            the pixels of the ``rows`` lines above, from the top, for the colours
    beside            sum of its four neighbours
    row, column       ``t``
    up, turn          of the column, ``t-1 - t-2``, and ``t1 - t2`` minus that
    rough_row         ``abs(t1 - t-1) >> 2`` of the row, added up over the rows -1 to 1
    rough_column      ``abs(t1 - t-1) >> 2`` of the column, added up over the rows -1 to 1
    rough_up          the summand of row -1
    rough_down        the summand of row 1
    ================  ============================================================================
    """

    def __init__(self, depth: int, rows: int) -> None:
        super().__init__(
            {
                "sample": unsigned(depth),
                "before": data.ArrayLayout(unsigned(depth), rows),
                "beside": unsigned(depth + 2),
                "row": signed(depth + 3),
                "column": signed(depth + 3),
                "up": signed(depth + 4),
                "turn": signed(depth + 5),
                "rough_row": unsigned(depth + 2),
                "rough_column": unsigned(depth + 2),
                "rough_up": unsigned(depth),
                "rough_down": unsigned(depth),
            }
        )


class Gradients(PointBlock):
    """Find the :class:`Gradient` of the pixel in the middle of a window of 9 × 7 raw pixels.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    rows : int
        Lines that :class:`~opsin.isp.directional_colors.DirectionalColors` gives.

    Members
    -------
    i : In(FlowSignature(Window(unsigned(depth), 9, 7), ppc=ppc))
    o : Out(FlowSignature(Gradient(depth, rows), ppc=ppc))

    Timing
    ------
    Latency 7 cycles.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16 or ``ppc`` not 1, 2 or 4.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.directional`, which names the papers.
    """

    def __init__(self, *, depth: int, ppc: int = 1, rows: int = 1) -> None:
        check_depth(depth)
        self.depth, self.rows = depth, rows
        window = Window(unsigned(depth), GRADIENT_ROWS, GRADIENT_COLUMNS)
        super().__init__(window, Gradient(depth, rows), latency=7, ppc=ppc, settings={})

    def compute(self, m: Module) -> None:
        for index in range(self.ppc):
            self._pixel(m, index)

    def _pixel(self, m: Module, index: int) -> None:
        window, result = self.i.p.pixel[index], self.o.p.pixel[index]

        def register(value: Value, name: str, stages: int = 1) -> Value:
            return delayed(m, value, stages, f"{name}_{index}")

        def difference(c: list[Value], name: str) -> Value:
            """``t`` in the middle of five pixels, in three stages."""
            near = register(c[1] + c[3], f"{name}_near")
            far = register(c[0] + c[4], f"{name}_far")
            middle = register(c[2], f"{name}_middle")
            inner = register(middle - near, f"{name}_inner")
            return register((inner << 1) + register(far, f"{name}_far_2"), f"{name}_t")

        def gradient(c: list[Value], name: str) -> Value:
            """``abs(t1 - t-1) >> 2`` in the middle of seven pixels, in four stages."""
            pairs = [register(c[3 - k] - c[3 + k], f"{name}_pair_{k}") for k in (1, 2, 3)]
            outer = register(pairs[0] + pairs[2], f"{name}_outer")
            twice = register(pairs[1] << 1, f"{name}_twice")
            change = register(outer - twice, f"{name}_change")
            size = Mux(change < 0, -change, change)[: self.depth + 2]
            return register(size >> 2, f"{name}_gradient")

        def added(parts: list[Value], name: str) -> Value:
            """Three summands, in two stages; the second is the block's last."""
            two = register(parts[0] + parts[2], f"{name}_two")
            return two + register(parts[1], f"{name}_third")

        # stage 1: the window's pixels, which are chosen in front of it; then six for the rest
        rows = {
            k: [register(window[k][at], f"pixel_{k}_{at}") for at in range(GRADIENT_COLUMNS)]
            for k in (3, 4, 5)
        }
        row = rows[4]
        column = [
            rows[k][3] if k in rows else register(window[k][3], f"pixel_{k}_3")
            for k in range(GRADIENT_ROWS)
        ]
        rough_row = [gradient(rows[4 + k], f"row_{k + 1}") for k in (-1, 0, 1)]
        rough_column = [
            gradient(column[4 + k - 3 : 4 + k + 4], f"column_{k + 1}") for k in (-1, 0, 1)
        ]

        # t-1 - t-2 = 4 (c-1 - c-2) - 3 (c0 - c-3) + c1 - c-4, likewise downwards
        up, down = (
            self._rise(column[::step], register, name) for step, name in ((-1, "up"), (1, "down"))
        )
        neighbours = [register(c[2] + c[4], "neighbours") for c in (row, column[1:])]
        outputs = {
            "sample": register(row[3], "sample", 5),
            "before": register(Cat(column[4 - self.rows : 4]), "before", 5),
            "beside": register(neighbours[0] + neighbours[1], "beside", 4),
            "row": register(difference(row[1:6], "row"), "row", 2),
            "column": register(difference(column[2:7], "column"), "column", 2),
            "up": register(up, "up", 2),
            "turn": register(register(down - up, "turn"), "turn_late"),
            "rough_row": added(rough_row, "rough_row"),
            "rough_column": added(rough_column, "rough_column"),
            "rough_up": register(rough_column[0], "rough_up"),
            "rough_down": register(rough_column[2], "rough_down"),
        }
        for name, value in outputs.items():
            m.d.sync += Value.cast(result[name]).eq(value)

    @staticmethod
    def _rise(c: list[Value], register: Any, name: str) -> Value:
        """``t1 - t2`` of nine pixels from -4 to 4, in three stages."""
        first = register(c[5] - c[6], f"{name}_first")
        second = register(c[4] - c[7], f"{name}_second")
        third = register(c[3] - c[8], f"{name}_third")
        treble = register(second + (second << 1), f"{name}_treble")
        rest = register((first << 2) + third, f"{name}_rest")
        return register(rest - treble, f"{name}_rise")
