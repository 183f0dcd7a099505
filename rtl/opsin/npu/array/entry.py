# SPDX-License-Identifier: MIT
"""Words from the scratchpad, as the mesh takes them."""

from typing import Any

from amaranth.hdl import Module, Mux, ShapeLike, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...common.flow import delayed
from ...config import NpuConfig
from ..mesh import Edge, Mesh, Vector, Window
from ..scratchpad import READ_LATENCY
from .accumulator import RowTag
from .line_window import LineWindow

__all__ = ["Asked", "VectorEntry"]


class Asked(data.StructLayout):
    """What is known of a vector when its word is asked for.

    ``swap``: it is its tile's first. ``sums``: it makes sums. ``column``: data slide, with padding
    on the sides ``edge``. ``padded``: bytes ``padding`` take the word's place. ``offset``: bytes of
    the word are not signed.
    """

    def __init__(self, tag: ShapeLike) -> None:
        flags = dict.fromkeys(["swap", "sums", "column", "padded", "offset"], 1)
        super().__init__({"tag": tag, **flags, "edge": Edge(), "padding": 8})


class VectorEntry(wiring.Component):
    """Make vectors of words, and the window that slides over them.

    Parameters
    ----------
    config : NpuConfig
    mesh : Mesh

    Members
    -------
    valid : In(1), asked : In(Asked(RowTag(accumulator_rows)))
        A vector. Its word, if there is one, is asked for in this cycle.
    word : In(8 * rows)
        The scratchpad's answer to what was asked for ``READ_LATENCY`` cycles before.
    vectors : Out(Vector(rows, RowTag(accumulator_rows), sliding=mesh.sliding))
        With the answer.
    window : Out(Window(cols)), start : In(1), line : In(8), busy : Out(1)
        If ``mesh.sliding``: those of :class:`~opsin.npu.array.line_window.LineWindow`.

    Timing
    ------
    ``vectors`` and ``window`` depend combinationally on ``word``.
    """

    valid: Value
    asked: Any
    word: Value
    vectors: data.View
    window: Any
    start: Value
    line: Value
    busy: Value

    def __init__(self, config: NpuConfig, mesh: Mesh) -> None:
        self.config = config
        self._mesh = mesh
        tag = RowTag(config.accumulator_rows)
        super().__init__(
            {
                "valid": In(1),
                "asked": In(Asked(tag)),
                "word": In(8 * config.rows),
                "vectors": Out(Vector(config.rows, tag, sliding=mesh.sliding)),
                **({"window": Out(Window(config.cols))} if mesh.sliding else {}),
                "start": In(1),
                "line": In(8),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        taken = delayed(m, self.valid, READ_LATENCY, "taken")
        then: Any = delayed(m, self.asked, READ_LATENCY, "then")
        vector: Any = self.vectors
        m.d.comb += [
            vector.valid.eq(taken & then.sums),
            vector.swap.eq(taken & then.swap),
            vector.tag.eq(then.tag),
        ]
        word = Signal(8 * self.config.rows)
        for r in range(self.config.rows):
            byte = self.word.word_select(r, 8) ^ (then.offset << 7)
            m.d.comb += [
                word.word_select(r, 8).eq(byte),
                vector.activation[r].eq(Mux(then.column | then.padded, then.padding, byte)),
            ]
        if self._mesh.sliding:
            m.submodules.window = window = LineWindow(self._mesh)
            m.d.comb += [
                vector.column.eq(taken & then.column),
                vector.edge.eq(then.edge),
                window.word.eq(word),
                window.start.eq(self.start),
                window.line.eq(self.line),
                self.window.eq(window.window),
                self.busy.eq(window.busy),
            ]
        return m
