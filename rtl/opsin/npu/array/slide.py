# SPDX-License-Identifier: MIT
"""Words of the scratchpad as a window that slides over lines."""

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ...common.line_memory import LineMemory
from ..mesh import Mesh, Window
from ..scratchpad import READ_LATENCY

__all__ = ["LineWindow", "SlideWalk"]

_DEPTH = 512


class SlideWalk(wiring.Component):
    """Tell which words of a walk, line by line, complete a sum.

    Members
    -------
    start : In(1)
        Take ``line`` (words of a line), ``double`` (every second word and line) and the counts of
        sums, ``across`` a line and ``down``.
    step : In(1)
        Move on to the next word.
    complete : Out(1), last : Out(1)
        This word completes a sum, the last one.

    Timing
    ------
    A word per cycle; no combinational path.
    """

    start: Value
    line: Value
    double: Value
    across: Value
    down: Value
    step: Value
    complete: Value
    last: Value

    def __init__(self) -> None:
        super().__init__(
            {
                "start": In(1),
                "line": In(8),
                "double": In(1),
                "across": In(8),
                "down": In(16),
                "step": In(1),
                "complete": Out(1),
                "last": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        line, across = Signal(8, reset_less=True), Signal(8, reset_less=True)
        double = Signal(reset_less=True)
        before = Signal(10)  # words until the first sum is complete
        column, left, rows = Signal(8), Signal(8), Signal(16)
        skip, skip_line = Signal(), Signal()
        end = column == line - 1
        m.d.comb += [
            self.complete.eq((before == 0) & ~skip & ~skip_line & (left != 0)),
            self.last.eq(self.complete & (left == 1) & (rows == 1)),
        ]
        with m.If(self.step & (before != 0)):
            m.d.sync += before.eq(before - 1)
        with m.Elif(self.step):
            m.d.sync += [column.eq(column + 1), skip.eq(double & ~skip)]
            with m.If(self.complete):
                m.d.sync += left.eq(left - 1)
            with m.If(end):
                m.d.sync += [
                    column.eq(0),
                    skip.eq(0),
                    skip_line.eq(double & ~skip_line),
                    left.eq(across),
                    rows.eq(rows - ~skip_line),
                ]
        with m.If(self.start):
            m.d.sync += [
                line.eq(self.line),
                across.eq(self.across),
                double.eq(self.double),
                before.eq((self.line << 1) + 2),
                column.eq(0),
                left.eq(self.across),
                rows.eq(self.down),
                skip.eq(0),
                skip_line.eq(0),
            ]
        return m


class LineWindow(wiring.Component):
    """Keep words for two lines, and give the mesh what its chains take in each cycle.

    Chain k gets the word of k lines before, :meth:`~opsin.npu.mesh.Mesh.window_delay` cycles later.

    Parameters
    ----------
    mesh : Mesh
        Whose window it is.

    Members
    -------
    word : In(8 * cols)
        One in each cycle, with the vector that it belongs to.
    start : In(1), line : In(8)
        The next lines have so many words; the first of them is asked for in the next cycle or
        later.
    busy : Out(1)
        The change is not yet made, as vectors on their way still need the old lines: no ``start``.
    window : Out(Window(cols))

    Timing
    ------
    The change is made before the third line, if lines have :meth:`shortest` words or more.
    """

    word: Value
    start: Value
    line: Value
    busy: Value
    window: Any

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh
        super().__init__(
            {
                "word": In(8 * mesh.cols),
                "start": In(1),
                "line": In(8),
                "busy": Out(1),
                "window": Out(Window(mesh.cols)),
            }
        )

    @staticmethod
    def settle(mesh: Mesh) -> int:
        """Return the cycles from ``start`` to the change.

        The last vector may be asked for in the cycle after ``start``; its word comes READ_LATENCY
        cycles later, and the address of the word that comes out last is made three before that.
        """
        return 1 + READ_LATENCY + mesh.window_delay(1, 2) - 3 + 1

    @staticmethod
    def shortest(mesh: Mesh) -> int:
        """Return the words that lines must have at least.

        The first sum's word is asked for 2 * line + 4 cycles after ``start``, and the first
        address that it needs is made READ_LATENCY + 3 - 3 later.
        """
        return (LineWindow.settle(mesh) + 1 - 4 - READ_LATENCY + 1) // 2 + 1

    def elaborate(self, platform: object) -> Module:
        m = Module()
        place = Signal(9)  # to write to
        m.d.sync += place.eq(place + 1)
        line, following = Signal(8, reset_less=True), Signal(8, reset_less=True)
        wait = Signal(range(self.settle(self._mesh) + 1))
        m.d.comb += self.busy.eq(wait != 0)
        with m.If(wait != 0):
            m.d.sync += wait.eq(wait - 1)
        with m.If(wait == 1):
            m.d.sync += line.eq(following)
        with m.If(self.start):
            m.d.sync += [wait.eq(self.settle(self._mesh)), following.eq(self.line)]
        for side in range(2):
            own = Cat(self.word.word_select(c, 8) for c in range(side, self._mesh.cols, 2))
            for chain in range(3):
                late = self._mesh.window_delay(side, chain)
                out = Value.cast(self.window[side][chain])
                if not late:
                    m.d.comb += out.eq(own)
                    continue
                depth = _DEPTH if chain else 32
                memory = LineMemory(len(own), depth, luts=not chain)
                m.submodules[f"memory_{side}_{chain}"] = memory
                address = Signal(range(depth), name=f"address_{side}_{chain}", reset_less=True)
                m.d.sync += address.eq(place + 3 - late - chain * line)
                m.d.comb += [
                    memory.write_en.eq(1),
                    memory.write_addr.eq(place),
                    memory.write_data.eq(own),
                    memory.read_addr.eq(address),
                    out.eq(memory.read_data),
                ]
        return m
