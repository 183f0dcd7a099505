# SPDX-License-Identifier: MIT
"""Words of the scratchpad as a window that slides over lines."""

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ...common.line_memory import LineMemory
from ..mesh import Mesh, Window
from ..scratchpad import READ_LATENCY

__all__ = ["LineWindow"]

_DEPTH = 512


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
    For each chain the change is made when the last vector of before has had its word, and before
    the first one behind needs a word of an earlier line: that is a line later, or more.
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
    def settle(mesh: Mesh, side: int = 1, chain: int = 2) -> int:
        """Return the cycles from ``start`` to the change for a chain; without, for the last one.

        The last vector may be asked for in the cycle after ``start``; its word comes READ_LATENCY
        cycles later, and the address of the word that comes out for it is made three before the
        chain takes that in.

        The first vector is asked for two cycles after ``start`` or later. Its sum's or a later
        one's data of the line before enter the chain a line of words after that, or more. So the
        first address for them is made ``line`` - 1 cycles after the change, or more.
        """
        return 1 + READ_LATENCY + mesh.window_delay(side, chain) - 3 + 1

    def elaborate(self, platform: object) -> Module:
        m = Module()
        place = Signal(9)  # to write to
        m.d.sync += place.eq(place + 1)
        following = Signal(8, reset_less=True)
        settle = self.settle(self._mesh)
        wait = Signal(range(settle + 1))
        m.d.comb += self.busy.eq(wait != 0)
        with m.If(wait != 0):
            m.d.sync += wait.eq(wait - 1)
        with m.If(self.start):
            m.d.sync += [wait.eq(settle), following.eq(self.line)]
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
                line = Signal(8, name=f"line_{side}_{chain}", reset_less=True)
                with m.If(wait == 1 + settle - self.settle(self._mesh, side, chain)):
                    m.d.sync += line.eq(following)
                m.d.sync += address.eq(place + 3 - late - chain * line)
                m.d.comb += [
                    memory.write_en.eq(1),
                    memory.write_addr.eq(place),
                    memory.write_data.eq(own),
                    memory.read_addr.eq(address),
                    out.eq(memory.read_data),
                ]
        return m
