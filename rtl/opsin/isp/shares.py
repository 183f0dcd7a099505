# SPDX-License-Identifier: MIT
"""Where a colour difference is smooth: the shares of two candidates."""

from amaranth import Array, C, Cat, Module, Mux, Value, signed, unsigned
from amaranth.lib import data

from ..common.flow import delayed
from .gradients import Gradient
from .point import PointBlock, check_depth

__all__ = ["SHARE_COLUMNS", "Shares", "Weighted"]

SHARE_COLUMNS = 5
"""Pixels of the row that :class:`Shares` needs."""

# 32 / (1 + 2 ** (-power * k / 4)), rounded, by power: the share at a ratio of 2 ** (k / 4).
_SHARES = {
    1: (16, 17, 19, 20, 21, 23, 24, 25, 26, 26, 27, 28, 28, 29, 29, 30),
    3: (16, 20, 24, 26, 28, 30, 31, 31, 32, 32, 32, 32, 32, 32, 32, 32),
}


class Weighted(data.StructLayout):
    """Colour differences (see :class:`~opsin.isp.gradients.Gradient`) with shares in 1/32.

    ================  ============================================================================
    sample, before    the raw pixel, and those above it
    beside            sum of its four neighbours
    row, column       ``t``
    left, row_turn    of the row, ``t-1 - t-2``, and ``t1 - t2`` minus that
    up, column_turn   the same of the column
    right_share       of ``t1 - t2`` in the row's difference
    down_share        the same in the column's
    row_share         of the row's difference in the whole
    ================  ============================================================================
    """

    def __init__(self, depth: int, rows: int) -> None:
        difference, slope, turn = signed(depth + 3), signed(depth + 4), signed(depth + 5)
        super().__init__(
            {
                "sample": unsigned(depth),
                "before": data.ArrayLayout(unsigned(depth), rows),
                "beside": unsigned(depth + 2),
                "row": difference,
                "column": difference,
                "left": slope,
                "row_turn": turn,
                "up": slope,
                "column_turn": turn,
                "right_share": unsigned(6),
                "down_share": unsigned(6),
                "row_share": unsigned(6),
            }
        )


class Shares(PointBlock):
    """Compare how rough the colour differences are to the four sides and in both directions.

    Roughness is added up over three rows or columns on each side, over 3 × 5 pixels for both
    directions. Of two candidates with roughness ``a`` and ``b``, each increased by a little, the
    first has the share ``b**power / (a**power + b**power)``, ``power`` 1 for sides and 3 for
    directions, from a table over the difference of their logarithms: no division.

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
    i : In(FlowSignature(ArrayLayout(Gradient(depth, rows), 5), ppc=ppc))
    o : Out(FlowSignature(Weighted(depth, rows), ppc=ppc))

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
        self.depth = depth
        row = data.ArrayLayout(Gradient(depth, rows), SHARE_COLUMNS)
        super().__init__(row, Weighted(depth, rows), latency=7, ppc=ppc, settings={})

    def compute(self, m: Module) -> None:
        for index in range(self.ppc):
            self._pixel(m, index)

    def _pixel(self, m: Module, index: int) -> None:
        w, result, depth = self.i.p.pixel[index], self.o.p.pixel[index], self.depth

        def register(value: Value, name: str, stages: int = 1) -> Value:
            return delayed(m, value, stages, f"{name}_{index}")

        def box(field: str) -> Value:
            """Three columns, in two stages."""
            two = register(w[1][field] + w[3][field], f"{field}_two")
            return register(two + register(w[2][field], f"{field}_middle"), f"{field}_box")

        # stages 1 to 3: sums. The columns' roughness above is that of all rows but the one below.
        rough = [w[k].rough_row for k in range(SHARE_COLUMNS)]
        left = register(rough[1] + rough[2], "left")
        right = register(rough[2] + rough[3], "right")
        three_in_row = register(left + register(rough[3], "right_end"), "three_in_row")
        row_ends = register(rough[0] + rough[4], "row_ends", 2)
        three, up_only, down_only = box("rough_column"), box("rough_up"), box("rough_down")
        column_ends = register(w[0].rough_column + w[4].rough_column, "column_ends", 2)
        side_least, least = 1 << (depth - 6), 1 << (depth - 4)
        sums = {
            "left": register(left + side_least, "left_least", 2),
            "right": register(right + side_least, "right_least", 2),
            "up": register(three - down_only + side_least, "up"),
            "down": register(three - up_only + side_least, "down"),
            "row": register(three_in_row + (row_ends + least), "row"),
            "column": register(three + (column_ends + least), "column"),
        }

        # stages 4 to 7: logarithms, their differences, shares
        bits = {**dict.fromkeys(sums, depth + 3), "row": depth + 4, "column": depth + 4}
        least_bit = {**dict.fromkeys(sums, depth - 6), "row": depth - 4, "column": depth - 4}
        logarithm = {
            name: register(_log2(value[: bits[name]], least_bit[name]), f"{name}_log")
            for name, value in sums.items()
        }
        shares = {
            "right_share": ("left", "right", 1),
            "down_share": ("up", "down", 1),
            "row_share": ("column", "row", 3),
        }
        for name, (other, own, power) in shares.items():
            # both differences, so that the sign need not meet a carry chain again
            ratio = register(logarithm[other] - logarithm[own], f"{name}_ratio")
            inverse = register(logarithm[own] - logarithm[other], f"{name}_inverse")
            size = Mux(ratio[-1], inverse, ratio)[:-1]
            where = register(size[:4] | size[4:].any().replicate(4), f"{name}_index")
            larger = Array(_SHARES[power])[where]
            negative = register(ratio[-1], f"{name}_negative")
            m.d.sync += result[name].eq(Mux(negative, 32 - larger, larger))

        differences = {
            "sample": w[2].sample,
            "before": Value.cast(w[2].before),
            "beside": w[2].beside,
            "row": w[2].row,
            "column": w[2].column,
            "up": w[2].up,
            "column_turn": w[2].turn,
        }
        slope = register(w[1].row - w[0].row, "slope_left")
        slope_right = register(w[3].row - w[4].row, "slope_right")
        late = {name: register(value, f"{name}_late", 6) for name, value in differences.items()}
        late["left"] = register(slope, "left_late", 5)
        late["row_turn"] = register(slope_right - slope, "row_turn_late", 5)
        for name, value in late.items():
            m.d.sync += Value.cast(result[name]).eq(value)


def _log2(value: Value, least: int) -> Value:
    """Four times the binary logarithm of a value from ``2**least`` on, from there.

    Straight lines between powers of two, rounded down.
    """
    result: Value = value[least - 2 : least]
    for exponent in range(least + 1, len(value)):
        code = Cat(value[exponent - 2 : exponent], C(exponent - least, 4))
        result = Mux(value[exponent], code, result)
    return result
