# SPDX-License-Identifier: MIT
"""Two meshes of gains, of which the four nodes around a place are read at once."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.line_memory import LineMemory

__all__ = ["GAIN", "GainMesh", "MeshPlace", "MeshWrite"]

GAIN = 16  # bits, unsigned Q2.14
ROW, COLUMN = 4, 5  # bits of a node's place

_Pair = data.ArrayLayout(unsigned(GAIN), 2)


class MeshPlace(data.StructLayout):
    """A cell of the mesh, named by its top left node, and how far right and down in it."""

    def __init__(self, fraction: int) -> None:
        super().__init__(
            {
                "row": unsigned(ROW),
                "column": unsigned(COLUMN),
                "x": unsigned(fraction),
                "y": unsigned(fraction),
            }
        )


class MeshWrite(data.StructLayout):
    """Two gains of one node, unsigned Q2.14: of R and Gr (``line`` 0) or of Gb and B (1)."""

    def __init__(self) -> None:
        super().__init__({"row": ROW, "column": COLUMN, "line": 1, "gain": _Pair})


class GainMesh(wiring.Component):
    """Four memories: nodes of even and odd rows, of even and odd columns.

    Members
    -------
    place : In(MeshPlace(fraction))
        Of which ``row`` and ``column`` are read.
    line : In(1)
        Which two gains, as in :class:`MeshWrite`.
    bank : In(1)
        The mesh that is read.
    write : In(stream.Signature(MeshWrite()))
        Gains for the other; always taken.
    nodes : Out(ArrayLayout(ArrayLayout(16, 2), 4))
        Top left, top right, bottom left, bottom right.

    Timing
    ------
    Latency 2 cycles, one place per cycle. ``nodes`` go through two multiplexers.
    """

    place: Any
    line: Value
    bank: Value
    write: stream.Interface
    nodes: Any

    def __init__(self, *, fraction: int = 20) -> None:
        super().__init__(
            {
                "place": In(MeshPlace(fraction)),
                "line": In(1),
                "bank": In(1),
                "write": In(stream.Signature(MeshWrite())),
                "nodes": Out(data.ArrayLayout(_Pair, 4)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.write.ready.eq(1)
        read = [[self._memory(m, y, x) for x in range(2)] for y in range(2)]
        odd_row, odd_column = Signal(2), Signal(2)  # of the last two places, newest first
        m.d.sync += [
            odd_row.eq(Cat(self.place.row[0], odd_row)),
            odd_column.eq(Cat(self.place.column[0], odd_column)),
        ]
        for y in range(2):
            for x in range(2):
                even, odd = (Mux(odd_column[1], read[k][1 - x], read[k][x]) for k in (y, 1 - y))
                m.d.comb += Value.cast(self.nodes[2 * y + x]).eq(Mux(odd_row[1], odd, even))

        return m

    def _memory(self, m: Module, y: int, x: int) -> Value:
        """Nodes whose row and column have parity ``y`` and ``x``; what is read, registered."""
        size = 1 << (ROW + COLUMN)  # two banks, two lines, a quarter of the nodes
        one = [1 << (GAIN - 2)] * 2
        memory = LineMemory(_Pair, depth=size, init=[one] * size)
        m.submodules[f"nodes_{y}{x}"] = memory
        place, new = self.place, self.write.p
        row, column = (place.row + (1 - y)) >> 1, (place.column + (1 - x)) >> 1
        mine = (new.row[0] == y) & (new.column[0] == x)
        m.d.comb += [
            memory.read_addr.eq(Cat(column[: COLUMN - 1], row[: ROW - 1], self.line, self.bank)),
            memory.write_en.eq(self.write.valid & mine),
            memory.write_addr.eq(Cat(new.column[1:], new.row[1:], new.line, ~self.bank)),
            Value.cast(memory.write_data).eq(Value.cast(new.gain)),
        ]
        return Value.cast(memory.read_data)
