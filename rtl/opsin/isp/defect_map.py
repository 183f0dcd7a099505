# SPDX-License-Identifier: MIT
"""A list of places in raster order, and which pixels of a beat it names."""

from typing import Any

from amaranth import Array, Cat, Module, Mux, ResetInserter, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.flow import delayed
from ..common.line_memory import LineMemory
from ..common.stream import Queue

__all__ = ["MAP_SIZE", "DefectMap", "MapEntry", "MapWrite"]

MAP_SIZE = 1024
GROUP = 4  # pixels that one entry stands for


class MapEntry(data.StructLayout):
    """Four neighbouring pixels: bit ``k`` of ``mask`` stands for pixel ``4 * group + k``."""

    def __init__(self) -> None:
        super().__init__({"mask": GROUP, "group": 11, "line": 16})


class MapWrite(data.StructLayout):
    """An entry and its place in the list."""

    def __init__(self) -> None:
        super().__init__({"index": range(MAP_SIZE), **MapEntry().members})


class DefectMap(wiring.Component):
    """A list of places that is read along with a frame.

    The list is fetched ahead into a queue, and from there into two registers; where the first is
    the group that the beat belongs to, its mask is given out, and it is dropped with the group's
    last beat.

    Parameters
    ----------
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    restart : In(1)
        A frame is to come; its first beat must not for 8 cycles.
    entries : In(range(1025))
        Length of the list; a setting.
    line, beat : In(16), In(range(8192 // ppc))
        Where the beat is.
    take : In(1)
        A beat passes.
    last : In(1)
        It is the last of its line.
    found : Out(ppc)
        Which of its pixels the list names.
    write : In(stream.Signature(MapWrite()))
        Entries; always taken.

    Timing
    ------
    Latency 1 cycle. One entry per cycle.
    """

    restart: Value
    entries: Value
    line: Value
    beat: Value
    take: Value
    last: Value
    found: Value
    write: stream.Interface

    def __init__(self, *, ppc: int) -> None:
        self.ppc = ppc
        self._queue = Queue(MapEntry(), depth=8)
        super().__init__(
            {
                "restart": In(1),
                "entries": In(range(MAP_SIZE + 1)),
                "line": In(unsigned(16)),
                "beat": In(range(8192 // ppc)),
                "take": In(1),
                "last": In(1),
                "found": Out(ppc),
                "write": In(stream.Signature(MapWrite())),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.queue = queue = ResetInserter(self.restart)(self._queue)

        # The beat at hand, a cycle late: so it is known which place comes next, and whether the
        # first entry's, or the second's if the first is dropped, is that one.
        parts = GROUP // self.ppc
        bits = parts.bit_length() - 1
        part = delayed(m, self.beat[:bits], 1, "part")
        ends = delayed(m, self.take & (self.last | (self.beat[:bits] == parts - 1)), 1, "ends")
        entries: list[Any] = [Signal(MapEntry(), name=name) for name in ("first", "second")]
        known = Signal(2)  # which of them hold one
        here, drop = Signal(), Signal()
        comes = [
            known[k] & (entries[k].line == self.line) & (entries[k].group == self.beat[bits:])
            for k in range(2)
        ]
        masks = Array(entries[0].mask[self.ppc * k : self.ppc * (k + 1)] for k in range(parts))
        m.d.comb += [
            drop.eq((here & ends) | ~known[0]),
            queue.o.ready.eq(drop | ~known[1]),
            self.found.eq(Mux(here, masks[part] if parts > 1 else masks[0], 0)),
        ]
        m.d.sync += here.eq(Mux(drop, comes[1], comes[0]) & ~self.restart)
        with m.If(drop):
            m.d.sync += [entries[0].eq(entries[1]), known[0].eq(known[1])]
        with m.If(queue.o.ready):
            m.d.sync += [entries[1].eq(queue.o.p), known[1].eq(queue.o.valid)]
        with m.If(self.restart):
            m.d.sync += known.eq(0)
        self._fetch(m)

        return m

    def _fetch(self, m: Module) -> None:
        """Read the list into the queue, never more than it has room for."""
        m.submodules.memory = memory = LineMemory(MapEntry(), depth=MAP_SIZE)
        queue, new = self._queue, self.write.p
        index = Signal(range(MAP_SIZE + 1))
        room = Signal(range(queue.depth + 1), init=queue.depth)
        asked, coming = Signal(), Signal(2)
        m.d.comb += [
            asked.eq((index != self.entries) & (room != 0)),
            memory.read_addr.eq(index[:-1]),
            queue.i.valid.eq(coming[1]),
            queue.i.p.eq(memory.read_data),
            self.write.ready.eq(1),
            memory.write_en.eq(self.write.valid),
            memory.write_addr.eq(new.index),
            memory.write_data.eq(Value.cast(new)[len(new.index) :]),
        ]
        m.d.sync += [
            coming.eq(Cat(asked, coming)),
            index.eq(index + asked),
            room.eq(room - asked + (queue.o.valid & queue.o.ready)),
        ]
        with m.If(self.restart):
            m.d.sync += [
                Cat(coming, index).eq(0),
                room.eq(queue.depth),
            ]
