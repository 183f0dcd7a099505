# SPDX-License-Identifier: MIT
"""What goes into a mesh and comes out."""

from amaranth.hdl import ShapeLike, signed, unsigned
from amaranth.lib import data
from amaranth.utils import ceil_log2

__all__ = ["TAPS", "Edge", "Sums", "Vector", "WeightRow", "Window"]

TAPS = 9
"""Of a sliding window: 3 × 3."""


class Edge(data.StructLayout):
    """Sides of a sliding window, of 3 × 3, that lie outside."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(["left", "right", "top", "bottom"], 1))


class Vector(data.StructLayout):
    """One activation per mesh row; ``swap`` marks the first of a new tile.

    With ``column``, the columns' own data are multiplied, and activations are all the same: they
    take the place of the data on the sides that ``edge`` names.
    """

    def __init__(self, rows: int, tag: ShapeLike, *, sliding: bool = False) -> None:
        activation = data.ArrayLayout(signed(8), rows)
        fields = {"activation": activation, "tag": tag, "swap": 1, "valid": 1}
        super().__init__(fields | ({"column": 1, "edge": Edge()} if sliding else {}))


class Window(data.ArrayLayout):
    """Data of all columns in three chains, one for each row of a sliding window.

    ``[side][chain][n]`` is that of column ``2n + side``.
    """

    def __init__(self, cols: int) -> None:
        chain = data.ArrayLayout(signed(8), cols // 2)
        super().__init__(data.ArrayLayout(chain, 3), 2)


class WeightRow(data.StructLayout):
    """Weights of mesh row ``row``, one per column.

    If ``packed``, they are weights of four bits for two rows, the upper ones for row
    ``row + rows // 2``. If ``tap``, they are those of the columns' own data, ``row`` vectors
    behind. Only for a mesh that takes such.
    """

    def __init__(
        self,
        rows: int,
        cols: int,
        weight_bits: int = 8,
        *,
        packed: bool = False,
        sliding: bool = False,
    ) -> None:
        weight = data.ArrayLayout(signed(weight_bits), cols)
        number = unsigned(ceil_log2(max(rows, TAPS) if sliding else rows))
        fields: dict[str, ShapeLike] = {"weight": weight, "row": number}
        flags = {name: 1 for name, there in {"packed": packed, "tap": sliding}.items() if there}
        super().__init__(fields | flags | {"valid": 1})


class Sums(data.StructLayout):
    """One sum per mesh column."""

    def __init__(self, cols: int, tag: ShapeLike) -> None:
        super().__init__({"sum": data.ArrayLayout(signed(32), cols), "tag": tag, "valid": 1})
