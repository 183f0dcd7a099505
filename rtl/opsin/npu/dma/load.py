# SPDX-License-Identifier: MIT
"""LOAD: memory to scratchpad."""

from typing import Any

from amaranth.hdl import Module, Mux, ResetInserter, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import exact_log2

from ...common.burst_port import BurstRequest, ReadInterface, ReadPort
from ...common.stream import Buffer, Fork, Queue
from ..descriptor import DESCRIPTOR_BITS, Descriptor
from ..isa import Opcode
from ..scratchpad import LocalWrite, LocalWriteInterface
from .align import Align
from .arrivals import Arrivals
from .bursts import Bursts
from .commands import MemoryRows, PlacedRows
from .giving_up import GivingUp
from .place import Place

__all__ = ["LoadEvents", "LoadUnit"]

_COMMANDS = 4  # that may wait for words of memory, behind the one whose words come
_OWED = 16  # bits of the number of words on their way


class LoadCommand(data.StructLayout):
    """A LOAD for its parts."""

    def __init__(self, word_bytes: int, depth: int) -> None:
        super().__init__({"memory": MemoryRows(word_bytes), "placed": PlacedRows(depth)})


class LoadEvents(data.StructLayout):
    """What the load unit does in a cycle.

    ``burst``, ``word``: one was asked for, one came. ``request_wait``: the bus does not take a
    request; ``word_wait``: the next word has not come; ``local_wait``: the scratchpad takes none.
    """

    def __init__(self) -> None:
        names = "busy", "burst", "word", "request_wait", "word_wait", "local_wait"
        super().__init__(dict.fromkeys(names, 1))


def prepare(m: Module, command: Any, word_bytes: int, depth: int) -> Any:
    """Work out what the parts have to know of a LOAD descriptor."""
    low = exact_log2(word_bytes)
    made: Any = Signal(LoadCommand(word_bytes, depth), name="prepared")
    memory, placed = made.memory, made.placed
    m.d.comb += [
        memory.base.eq(command.memory),
        memory.row_stride.eq(command.row_stride),
        memory.plane_stride.eq(command.plane_stride),
        memory.rows.eq(command.rows),
        memory.planes.eq(command.planes),
        memory.last.eq(command.row_bytes - 1),
        memory.before.eq(command.before),
        placed.rows.base.eq(command.local),
        placed.rows.row_stride.eq(command.local_row_stride),
        placed.rows.plane_stride.eq(command.local_plane_stride),
        placed.rows.rows.eq(command.top + command.rows + command.bottom),
        placed.rows.planes.eq(command.planes),
        placed.rows.last.eq((command.before + command.row_bytes + command.after - 1)[low:]),
        placed.begin.eq(command.before),
        placed.end.eq(command.before + command.row_bytes - 1),
        placed.top.eq(command.top),
        placed.bottom.eq(command.top + command.rows),
        placed.fill.eq(command.fill),
    ]
    return made


class _Copy(wiring.Component):
    """All that is forgotten when a job is given up."""

    command: stream.Interface
    request: stream.Interface
    words: stream.Interface
    write: LocalWriteInterface
    finished: Value
    error: Value
    error_address: Value
    waits: Value

    def __init__(self, *, word_bytes: int, depth: int) -> None:
        self.word_bytes, self.depth = word_bytes, depth
        self.bursts = Bursts(word_bytes=word_bytes)
        self.arrivals = Arrivals(word_bytes=word_bytes)
        self.place = Place(word_bytes=word_bytes, depth=depth)
        super().__init__(
            {
                "command": In(stream.Signature(LoadCommand(word_bytes, depth))),
                "request": Out(self.bursts.o.signature),
                "words": In(self.arrivals.words.signature.flip()),
                "write": Out(LocalWrite(depth, 8 * word_bytes)),
                **dict.fromkeys(["finished", "error", "waits"], Out(1)),
                "error_address": Out(32),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.submodules.bursts = bursts = self.bursts
        m.submodules.arrivals = arrivals = self.arrivals
        m.submodules.align = align = Align(word_bytes=self.word_bytes)
        m.submodules.whole = whole = Buffer(align.o.p.shape())
        m.submodules.place = place = self.place
        m.submodules.enter = enter = Buffer(self.command.p.shape())
        m.submodules.fork = fork = Fork(self.command.p.shape(), count=3)
        connect(m, flipped(self.command), enter.i)
        connect(m, enter.o, fork.i)
        parts = (fork.o[0], fork.o[0].p.memory, bursts.i), *self._behind(m, fork)
        for part, payload, to in parts:
            m.d.comb += [to.valid.eq(part.valid), to.p.eq(payload), part.ready.eq(to.ready)]
        connect(m, bursts.o, flipped(self.request))
        connect(m, flipped(self.words), arrivals.words)
        connect(m, arrivals.o, align.i)
        connect(m, align.o, whole.i)
        connect(m, whole.o, place.words)
        connect(m, place.write, flipped(self.write))
        m.d.comb += [
            self.finished.eq(place.finished),
            self.error.eq(place.error),
            self.error_address.eq(arrivals.error_address),
            self.waits.eq(place.waits),
        ]
        return m

    def _behind(self, m: Module, fork: Fork) -> list[tuple[Any, Any, Any]]:
        """Let those parts be some commands behind that wait for memory."""
        made = []
        for n, name, to in (1, "memory", self.arrivals.i), (2, "placed", self.place.i):
            queue = Queue(to.p.shape(), depth=_COMMANDS, registered=True)
            m.submodules[f"{name}_rows"] = queue
            connect(m, queue.o, to)
            made.append((fork.o[n], fork.o[n].p[name], queue.i))
        return made


class LoadUnit(wiring.Component):
    """Carry out LOADs; asking runs ahead of what comes, across rows and commands.

    Parameters
    ----------
    word_bytes : int
        Bytes of a word, a power of two from 2 on.
    depth : int
        Words of the scratchpad.

    Members
    -------
    command : In(stream.Signature(512))
        LOAD descriptors, checked.
    finished : Out(1)
        The words of a command can be read from now on.
    busy : Out(1)
        Commands are being carried out, or memory owes words.
    stop : In(1)
        Give all commands up. No command is taken until memory owes nothing.
    memory : Out(ReadPort(word_bytes))
    local : Out(LocalWrite(depth, 8 * word_bytes))
    error : Out(1), error_address : Out(32)
        Memory refused this word to the oldest command that is not finished; for one cycle. The
        command never finishes; the unit waits for ``stop``.
    events : Out(LoadEvents())

    Timing
    ------
    The first burst is asked for 5 cycles after the command; a word is offered to the scratchpad
    4 cycles after it came, padding 6 cycles after the command at the earliest. ``finished`` comes
    a cycle after the last word was accepted. A row takes as many cycles as it touches words in
    memory or has words in the scratchpad, whichever are more; there is no pause between rows,
    planes or commands. Bursts are asked for one per cycle, up to 32768 words ahead.

    Raises
    ------
    ValueError
        If ``word_bytes`` is none of those.
    """

    command: stream.Interface
    finished: Value
    busy: Value
    stop: Value
    memory: ReadInterface
    local: LocalWriteInterface
    error: Value
    error_address: Value
    events: Any

    def __init__(self, *, word_bytes: int, depth: int) -> None:
        if word_bytes < 2 or word_bytes & (word_bytes - 1):
            raise ValueError(f"word_bytes must be a power of two from 2 on, not {word_bytes!r}")
        self.word_bytes, self.depth = word_bytes, depth
        super().__init__(
            {
                "command": In(stream.Signature(DESCRIPTOR_BITS)),
                **dict.fromkeys(["finished", "busy", "error"], Out(1)),
                "stop": In(1),
                "memory": Out(ReadPort(word_bytes)),
                "local": Out(LocalWrite(depth, 8 * word_bytes)),
                "error_address": Out(32),
                "events": Out(LoadEvents()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.submodules.giving_up = giving_up = GivingUp()
        copy = _Copy(word_bytes=self.word_bytes, depth=self.depth)
        m.submodules.copy = ResetInserter(giving_up.clear)(copy)
        m.submodules.ask = ask = Buffer(BurstRequest())
        connect(m, ask.o, flipped(self.memory.request))
        connect(m, copy.write, flipped(self.local))

        # What is asked for comes, wanted or not
        owed = Signal(_OWED)
        keep = ~giving_up.clear
        request, response = self.memory.request, self.memory.response
        asks, comes = ask.i.valid & ask.i.ready, response.valid & response.ready
        m.d.comb += [
            ask.i.valid.eq(copy.request.valid & keep & ~owed[-1]),
            ask.i.p.address.eq(copy.request.p.address),
            ask.i.p.more.eq(copy.request.p.more),
            copy.request.ready.eq(ask.i.ready & keep & ~owed[-1]),
            copy.words.valid.eq(response.valid & keep),
            copy.words.payload.eq(response.payload),
            response.ready.eq(copy.words.ready | ~keep),
        ]
        m.d.sync += owed.eq(owed + Mux(asks, ask.i.p.more + 1, 0) - comes)

        descriptor = data.View(Descriptor(Opcode.LOAD), self.command.payload)
        m.d.comb += [
            copy.command.valid.eq(self.command.valid & giving_up.takes),
            copy.command.p.eq(prepare(m, descriptor, self.word_bytes, self.depth)),
            self.command.ready.eq(copy.command.ready & giving_up.takes),
            giving_up.stop.eq(self.stop),
            giving_up.taken.eq(self.command.valid & self.command.ready),
            giving_up.finished.eq(copy.finished),
            giving_up.quiet.eq(owed == 0),
            self.busy.eq(giving_up.busy),
            self.finished.eq(copy.finished & keep),
            self.error.eq(copy.error & keep),
            self.error_address.eq(copy.error_address),
            self.events.busy.eq(self.busy),
            self.events.burst.eq(request.valid & request.ready),
            self.events.word.eq(comes),
            self.events.request_wait.eq(request.valid & ~request.ready),
            self.events.word_wait.eq(copy.waits),
            self.events.local_wait.eq(self.local.request.valid & ~self.local.request.ready),
        ]
        return m
