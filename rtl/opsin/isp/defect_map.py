# SPDX-License-Identifier: MIT
"""A list of places in raster order, and which pixels of a beat it names."""

from amaranth import Array, Cat, Module, Mux, ResetInserter, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

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
    """Two lists of places, one of which is read along with a frame.

    The list is fetched ahead into a queue; where the first entry in it is the group that the beat
    belongs to, its mask is given out, and it is dropped with the group's last beat.

    Parameters
    ----------
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    restart : In(1)
        A frame is to come; its first beat must not for 4 cycles.
    bank : In(1)
        The list to use; a setting.
    entries : In(range(1025))
        Its length; sampled with ``restart``.
    line, beat : In(16), In(range(8192 // ppc))
        Where the beat is.
    take : In(1)
        The beat leaves.
    last : In(1)
        It is the last of its line.
    found : Out(ppc)
        Which of its pixels the list names.
    write : In(stream.Signature(MapWrite()))
        Entries for the list that ``bank`` does not name; always taken.

    Timing
    ------
    ``found`` depends combinationally on ``line`` and ``beat``. One entry per cycle.
    """

    restart: Value
    bank: Value
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
                "bank": In(1),
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
        m.submodules.queue = ResetInserter(self.restart)(self._queue)
        queue = self._queue
        entry = queue.o.p

        # where the beat is in its group, and whether that is the group at hand
        parts = GROUP // self.ppc
        part = self.beat[: parts.bit_length() - 1]
        here = Signal()
        masks = Array(entry.mask[self.ppc * k : self.ppc * (k + 1)] for k in range(parts))
        m.d.comb += [
            here.eq(
                queue.o.valid
                & (entry.line == self.line)
                & (entry.group == self.beat[parts.bit_length() - 1 :])
            ),
            self.found.eq(Mux(here, masks[part] if parts > 1 else entry.mask, 0)),
            queue.o.ready.eq(self.take & here & (self.last | (part == parts - 1))),
        ]
        self._fetch(m)

        return m

    def _fetch(self, m: Module) -> None:
        """Read the list into the queue, never more than it has room for."""
        m.submodules.memory = memory = LineMemory(MapEntry(), depth=2 * MAP_SIZE)
        queue, new = self._queue, self.write.p
        index, length = Signal(range(MAP_SIZE + 1)), Signal(range(MAP_SIZE + 1))
        room = Signal(range(queue.depth + 1), init=queue.depth)
        asked, coming = Signal(), Signal(2)
        m.d.comb += [
            asked.eq((index != length) & (room != 0)),
            memory.read_addr.eq(Cat(index[:-1], self.bank)),
            queue.i.valid.eq(coming[1]),
            queue.i.p.eq(memory.read_data),
            self.write.ready.eq(1),
            memory.write_en.eq(self.write.valid),
            memory.write_addr.eq(Cat(new.index, ~self.bank)),
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
                length.eq(self.entries),
            ]
