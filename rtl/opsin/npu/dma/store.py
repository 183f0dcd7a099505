# SPDX-License-Identifier: MIT
"""STORE: scratchpad to memory."""

from typing import Any

from amaranth.hdl import Cat, Module, ResetInserter, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import exact_log2

from ...common.burst_port import WriteInterface, WritePort
from ...common.stream import Buffer, Fork, Queue
from ..descriptor import DESCRIPTOR_BITS, Descriptor
from ..isa import Opcode
from ..scratchpad import READ_LATENCY, LocalRead, LocalReadInterface
from .bursts import Bursts
from .commands import LocalRows, MemoryRows
from .departures import Departures
from .gather import Gather
from .giving_up import GivingUp
from .promises import Promises

__all__ = ["StoreEvents", "StoreUnit"]

_COMMANDS = 4  # that may wait for a part


class StoreCommand(data.StructLayout):
    """A STORE for its parts."""

    def __init__(self, word_bytes: int, depth: int) -> None:
        super().__init__({"memory": MemoryRows(word_bytes), "local": LocalRows(depth)})


class StoreEvents(data.StructLayout):
    """What the store unit does in a cycle.

    ``burst``, ``word``: one was announced, one was sent. ``request_wait``, ``word_wait``: the bus
    does not take it; ``local_wait``: the scratchpad does not take a request to read.
    """

    def __init__(self) -> None:
        names = "busy", "burst", "word", "request_wait", "word_wait", "local_wait"
        super().__init__(dict.fromkeys(names, 1))


def prepare(m: Module, command: Any, word_bytes: int, depth: int) -> Any:
    """Work out what the parts have to know of a STORE descriptor."""
    made: Any = Signal(StoreCommand(word_bytes, depth), name="prepared")
    memory, local = made.memory, made.local
    m.d.comb += [
        memory.base.eq(command.memory),
        memory.row_stride.eq(command.row_stride),
        memory.plane_stride.eq(command.plane_stride),
        memory.rows.eq(command.rows),
        memory.planes.eq(command.planes),
        memory.last.eq(command.row_bytes - 1),
        local.base.eq(command.local),
        local.row_stride.eq(command.local_row_stride),
        local.plane_stride.eq(command.local_plane_stride),
        local.rows.eq(command.rows),
        local.planes.eq(command.planes),
        local.last.eq((command.row_bytes - 1)[exact_log2(word_bytes) : 16]),
    ]
    return made


class _Copy(wiring.Component):
    """All that is forgotten when a job is given up."""

    command: stream.Interface
    read: LocalReadInterface
    bursts: stream.Interface
    words: stream.Interface

    def __init__(self, *, word_bytes: int, depth: int) -> None:
        self._gather = Gather(word_bytes=word_bytes, depth=depth)
        self._bursts = Bursts(word_bytes=word_bytes)
        self._departures = Departures(word_bytes=word_bytes)
        super().__init__(
            {
                "command": In(stream.Signature(StoreCommand(word_bytes, depth))),
                "read": Out(LocalRead(depth, 8 * word_bytes)),
                "bursts": Out(self._bursts.o.signature),
                "words": Out(self._departures.o.signature),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.submodules.gather = gather = self._gather
        m.submodules.bursts = bursts = self._bursts
        m.submodules.departures = departures = self._departures
        m.submodules.enter = enter = Buffer(self.command.p.shape())
        m.submodules.fork = fork = Fork(self.command.p.shape(), count=3)
        connect(m, flipped(self.command), enter.i)
        connect(m, enter.o, fork.i)
        for n, part, to in (
            (0, "local", gather.i),
            (1, "memory", bursts.i),
            (2, "memory", departures.i),
        ):
            queue = Queue(to.p.shape(), depth=_COMMANDS, registered=True)
            m.submodules[f"queue_{n}"] = queue
            m.d.comb += [
                queue.i.valid.eq(fork.o[n].valid),
                queue.i.p.eq(fork.o[n].p[part]),
                fork.o[n].ready.eq(queue.i.ready),
            ]
            connect(m, queue.o, to)
        connect(m, gather.read, flipped(self.read))
        connect(m, gather.o, departures.words)
        connect(m, bursts.o, flipped(self.bursts))
        connect(m, departures.o, flipped(self.words))
        return m


class StoreUnit(wiring.Component):
    """Carry out STOREs, reading ahead across rows and commands.

    Parameters
    ----------
    word_bytes : int
        Bytes of a word, a power of two from 2 on.
    depth : int
        Words of the scratchpad.

    Members
    -------
    command : In(stream.Signature(512))
        STORE descriptors, checked.
    finished : Out(1)
        Memory has answered the last burst of a command.
    busy : Out(1)
        Commands are being carried out, or memory owes answers.
    stop : In(1)
        Give all commands up. Bursts that are announced are ended with words of no bytes; no
        command is taken before memory has answered them.
    memory : Out(WritePort(word_bytes))
    local : Out(LocalRead(depth, 8 * word_bytes))
    error : Out(1), error_address : Out(32)
        Memory refused the burst at this address, of the oldest command that is not finished; for
        one cycle. The command never finishes; the unit waits for ``stop``.
    events : Out(StoreEvents())

    Timing
    ------
    The first word is asked for 5 cycles after the command, and offered to memory 3 cycles after
    it was read; its burst before that. A row takes as many cycles as it touches words in memory;
    there is no pause between rows, planes or commands. 64 bursts may be unanswered, of 16 the
    words may be missing.

    Raises
    ------
    ValueError
        If ``word_bytes`` is none of those.
    """

    command: stream.Interface
    finished: Value
    busy: Value
    stop: Value
    memory: WriteInterface
    local: LocalReadInterface
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
                "memory": Out(WritePort(word_bytes)),
                "local": Out(LocalRead(depth, 8 * word_bytes)),
                "error_address": Out(32),
                "events": Out(StoreEvents()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.submodules.giving_up = giving_up = GivingUp()
        copy = _Copy(word_bytes=self.word_bytes, depth=self.depth)
        m.submodules.copy = ResetInserter(giving_up.clear)(copy)
        m.submodules.promises = promises = Promises(word_bytes=self.word_bytes)
        connect(m, copy.bursts, promises.i)
        connect(m, copy.words, promises.words)
        connect(m, promises.memory, flipped(self.memory))

        # Words that are being read come, wanted or not; one more is asked for while all is cleared
        keep = ~giving_up.clear
        reading = Signal(READ_LATENCY)
        local, read = self.local, copy.read
        m.d.sync += reading.eq(Cat(local.request.valid & local.request.ready, reading))
        m.d.comb += [
            local.request.valid.eq(read.request.valid),
            local.request.payload.eq(read.request.payload),
            read.request.ready.eq(local.request.ready),
            read.response.eq(local.response),
        ]

        descriptor = data.View(Descriptor(Opcode.STORE), self.command.payload)
        request, words = self.memory.request, self.memory.words
        m.d.comb += [
            copy.command.valid.eq(self.command.valid & giving_up.takes),
            copy.command.p.eq(prepare(m, descriptor, self.word_bytes, self.depth)),
            self.command.ready.eq(copy.command.ready & giving_up.takes),
            promises.clear.eq(giving_up.clear),
            giving_up.stop.eq(self.stop),
            giving_up.taken.eq(self.command.valid & self.command.ready),
            giving_up.finished.eq(promises.finished),
            giving_up.quiet.eq(promises.quiet & ~reading.any()),
            self.busy.eq(giving_up.busy),
            self.finished.eq(promises.finished & keep),
            self.error.eq(promises.error & keep),
            self.error_address.eq(promises.error_address),
            self.events.busy.eq(self.busy),
            self.events.burst.eq(request.valid & request.ready),
            self.events.word.eq(words.valid & words.ready),
            self.events.request_wait.eq(request.valid & ~request.ready),
            self.events.word_wait.eq(words.valid & ~words.ready),
            self.events.local_wait.eq(local.request.valid & ~local.request.ready),
        ]
        return m
