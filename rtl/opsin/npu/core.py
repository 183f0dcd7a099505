# SPDX-License-Identifier: MIT
"""The neural processor."""

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from ..common.burst_port import ReadInterface, ReadPort, WriteInterface, WritePort
from ..common.read_join import ReadJoin
from ..common.stream import moved
from ..config import NpuConfig
from .array import ArrayUnit
from .core_events import core_events
from .counters import COUNTERS
from .dispatch import Dispatcher
from .dma import LoadUnit, StoreUnit
from .event_counters import EventCounters
from .isa import Error, Unit
from .scratchpad import Scratchpad
from .vector import VectorUnit

__all__ = ["Core"]


class Core(wiring.Component):
    """Run jobs: descriptors in memory, as :mod:`opsin.npu.isa` defines them.

    Parameters
    ----------
    config : NpuConfig
    mesh
        ``element`` and ``bels`` of :class:`~opsin.npu.mesh.Mesh`.

    Members
    -------
    start : In(1), entry : In(32)
        Run the job at this address, a multiple of 64; ignored while one runs. Held, it begins
        another when that is done.
    stop : In(1)
        End the job that runs, with ``Error.STOPPED``.
    memory_begin, memory_end : In(32)
        First byte of the job's memory, and the one behind its last (0: 2³²); nothing else is
        touched, not even by reading ahead. Constant while a job runs.
    watchdog : In(32)
        Cycles without any activity that end a job; 0: none do. Constant while a job runs.
    done : Out(1)
        The job has ended; until the next starts. Memory has taken everything by then, and owes
        nothing, unless the error is WATCHDOG: then the next job waits until it has answered.
    error : Out(Error), error_index : Out(32), error_address : Out(32)
        How, at which descriptor, counted in memory from the entry on; and the address that memory
        refused, else that descriptor's. Valid with ``done``.
    reads : Out(ReadPort(word_bytes)), writes : Out(WritePort(word_bytes))
        Memory.
    counter : In(range(len(COUNTERS))), count : Out(32)
        Number of a counter of :data:`~opsin.npu.counters.COUNTERS`, and what it has counted since
        the start, modulo 2³².

    Timing
    ------
    See ``docs/npu.md``. No combinational path. ``count`` follows ``counter`` by a cycle, and what
    it counts by 70. After a reset in mid-job memory must not answer what it was asked before.

    Raises
    ------
    ValueError
        If ``rows`` and ``cols`` differ, or are not a power of two in 4..64.

    References
    ----------
    Golden model: :mod:`opsin_sim.golden.npu`.
    """

    start: Value
    entry: Value
    stop: Value
    memory_begin: Value
    memory_end: Value
    watchdog: Value
    done: Value
    error: Any
    error_index: Value
    error_address: Value
    reads: ReadInterface
    writes: WriteInterface
    counter: Value
    count: Value

    def __init__(self, config: NpuConfig, **mesh: Any) -> None:
        if config.rows != config.cols:
            raise ValueError(f"cols must equal rows ({config.rows}), not {config.cols!r}")
        if config.rows not in (4, 8, 16, 32, 64):
            raise ValueError(f"rows must be a power of two in 4..64, not {config.rows!r}")
        self.config = config
        self._array = ArrayUnit(config, **mesh)
        super().__init__(
            {
                "start": In(1),
                "entry": In(32),
                "stop": In(1),
                **dict.fromkeys(["memory_begin", "memory_end", "watchdog"], In(32)),
                "done": Out(1),
                "error": Out(Error),
                **dict.fromkeys(["error_index", "error_address"], Out(32)),
                "reads": Out(ReadPort(config.word_bytes)),
                "writes": Out(WritePort(config.word_bytes)),
                "counter": In(range(len(COUNTERS))),
                "count": Out(32),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, words = self.config, self.config.scratchpad_words

        m.submodules.dispatcher = dispatcher = Dispatcher(config)
        m.submodules.load = load = LoadUnit(word_bytes=config.word_bytes, depth=words)
        m.submodules.array = array = self._array
        m.submodules.vector = vector = VectorUnit(config)
        m.submodules.store = store = StoreUnit(word_bytes=config.word_bytes, depth=words)
        m.submodules.join = join = ReadJoin(word_bytes=config.word_bytes)
        m.submodules.scratchpad = scratchpad = Scratchpad(
            depth=words, shape=unsigned(8 * config.rows), banks=config.banks, readers=4, writers=2
        )
        m.submodules.counters = counters = EventCounters(len(COUNTERS))

        # Jobs
        m.d.comb += dispatcher.give_up.eq(self.stop)
        for name in ("start", "entry", "memory_begin", "memory_end", "watchdog"):
            m.d.comb += getattr(dispatcher, name).eq(getattr(self, name))
        for name in ("done", "error", "error_index", "error_address"):
            m.d.comb += getattr(self, name).eq(getattr(dispatcher, name))

        # Units
        parts: tuple[Any, ...] = load, array, vector, store
        units = dict(zip(Unit, parts, strict=True))
        for unit, part in units.items():
            connect(m, getattr(dispatcher, unit.name.lower()), part.command)
            m.d.comb += [
                part.stop.eq(dispatcher.stop),
                dispatcher.finished[unit.value].eq(part.finished),
                dispatcher.busy[unit.value].eq(part.busy),
            ]
        for refusal, part in (dispatcher.read, load), (dispatcher.write, store):
            m.d.comb += [refusal.error.eq(part.error), refusal.address.eq(part.error_address)]

        # Memory; descriptors first, so that the next one is there in time
        connect(m, dispatcher.memory, join.seldom)
        connect(m, load.memory, join.often)
        connect(m, join.memory, flipped(self.reads))
        connect(m, store.memory, flipped(self.writes))

        # Local memories. Whoever stands first goes first; the activations never wait.
        for n, reader in enumerate((array.activations, array.weights, vector.words, store.local)):
            connect(m, reader, scratchpad.reads[n])
        for n, writer in enumerate((vector.write, load.local)):
            connect(m, writer, scratchpad.writes[n])
        connect(m, vector.sums, array.sums)

        # What shows that something is still going on
        local: list[Any] = [*scratchpad.reads, vector.sums, *scratchpad.writes]
        streams = [
            *(port.request for port in [*local, self.reads, self.writes]),
            *(self.reads.response, self.writes.words, self.writes.response),
        ]
        m.d.comb += dispatcher.active.eq(Cat(moved(one) for one in streams).any())

        # Counters, from registers
        working = Signal()
        starts = self.start & (~working | self.done)
        m.d.sync += counters.clear.eq(starts)
        with m.If(starts):
            m.d.sync += working.eq(1)
        with m.Elif(self.done):
            m.d.sync += working.eq(0)
        events = core_events(dispatcher, units, self.reads, self.writes)
        events["cycles"] = working & ~self.done
        m.d.sync += counters.events.eq(Cat(events[name] & working for name in COUNTERS))
        m.d.comb += [counters.index.eq(self.counter), self.count.eq(counters.value)]

        return m
