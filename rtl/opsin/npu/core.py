# SPDX-License-Identifier: MIT
"""The neural processor."""

from typing import Any

from amaranth.hdl import Module, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from ..common.memory_arbiter import MemoryArbiter
from ..common.memory_port import MemoryInterface, MemoryPort
from ..config import NpuConfig
from .accumulator import Accumulator, RowTag
from .check import Check
from .counters import Counters, CounterValues
from .drain import Drain
from .fetch import Fetch
from .fill import Fill
from .isa import Error, Space
from .load import Load
from .matmul import Matmul
from .mesh import Mesh
from .parameters import PARAMETER_WORDS, Parameters
from .scratchpad import Scratchpad
from .sequencer import Sequencer
from .store import Store

__all__ = ["Core"]


class Core(wiring.Component):
    """Run jobs: descriptors in memory, as :mod:`opsin.npu.isa` defines them.

    Parameters
    ----------
    config : NpuConfig
        With ``rows`` and ``cols`` equal, a power of two in 4..64.

    Members
    -------
    memory : Out(MemoryPort(config.word_bytes))
    start : In(1)
        Begin the job at ``entry``; ignored while one runs. Held, it begins another when that is
        done.
    entry : In(32)
        Byte address of the first descriptor, a multiple of 64.
    memory_bytes : In(32)
        Bytes of memory given to the job, from address 0 on; nothing at or beyond is touched, not
        even by reading ahead. 0 stands for 2³². Constant while a job runs.
    done : Out(1)
        The job has ended; until the next starts. Memory has taken everything by then, and owes
        nothing.
    error : Out(isa.Error), error_index : Out(32)
        How the job ended, and at which descriptor; valid with ``done``.
    counters : Out(CounterValues())

    Timing
    ------
    See ``docs/npu.md``. No combinational path but from ``memory.request.ready`` to registers.
    After a reset in mid-job memory must not answer requests made before it.

    Raises
    ------
    ValueError
        If ``rows`` and ``cols`` differ, or are not a power of two in 4..64.

    References
    ----------
    Golden model: :mod:`opsin_sim.golden.npu`.
    """

    memory: MemoryInterface
    start: Value
    entry: Value
    memory_bytes: Value
    done: Value
    error: Any
    error_index: Value
    counters: data.View

    def __init__(self, config: NpuConfig) -> None:
        if config.rows != config.cols:
            raise ValueError(f"cols must equal rows ({config.rows}), not {config.cols!r}")
        if config.rows not in (4, 8, 16, 32, 64):
            raise ValueError(f"rows must be a power of two in 4..64, not {config.rows!r}")
        self.config = config
        super().__init__(
            {
                "memory": Out(MemoryPort(config.word_bytes)),
                "start": In(1),
                "entry": In(32),
                "memory_bytes": In(32),
                "done": Out(1),
                "error": Out(Error),
                "error_index": Out(32),
                "counters": Out(CounterValues()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        config = self.config
        word_bytes, size = config.word_bytes, config.rows
        depths = {
            Space.ACTIVATIONS: config.activation_words,
            Space.WEIGHTS: config.weight_words,
            Space.PARAMETERS: PARAMETER_WORDS,
        }

        m.submodules.fetch = fetch = Fetch(word_bytes=word_bytes)
        m.submodules.check = check = Check(config)
        m.submodules.sequencer = sequencer = Sequencer()
        m.submodules.load = load = Load(word_bytes=word_bytes, depths=depths)
        m.submodules.store = store = Store(word_bytes=word_bytes, depth=config.activation_words)
        m.submodules.fill = fill = Fill(word_bytes=word_bytes, depth=config.activation_words)
        m.submodules.matmul = matmul = Matmul(config)
        m.submodules.drain = drain = Drain(config)
        m.submodules.arbiter = arbiter = MemoryArbiter(units=3, word_bytes=word_bytes)
        m.submodules.mesh = mesh = Mesh(rows=size, cols=size, tag=RowTag())
        m.submodules.accumulator = accumulator = Accumulator(
            depth=config.accumulator_rows, cols=size
        )
        m.submodules.parameters = parameters = Parameters(cols=size)
        m.submodules.activations = activations = Scratchpad(
            depth=config.activation_words, shape=unsigned(8 * size)
        )
        m.submodules.weights = weights = Scratchpad(
            depth=config.weight_words, shape=unsigned(8 * size)
        )
        m.submodules.counters = counters = Counters()

        # Descriptors
        connect(m, fetch.o, check.i)
        connect(m, check.o, sequencer.i)
        connect(m, sequencer.load, load.command)
        connect(m, sequencer.store, store.command)
        connect(m, sequencer.fill, fill.command)
        connect(m, sequencer.matmul, matmul.command)
        connect(m, sequencer.requantize, drain.command)
        m.d.comb += [
            sequencer.start.eq(self.start),
            sequencer.entry.eq(self.entry),
            self.done.eq(sequencer.done),
            self.error.eq(sequencer.error),
            self.error_index.eq(sequencer.error_index),
            fetch.start.eq(sequencer.begin),
            fetch.stop.eq(sequencer.stop),
            fetch.entry.eq(self.entry),
            fetch.memory_bytes.eq(self.memory_bytes),
            check.memory_bytes.eq(self.memory_bytes),
            sequencer.ended.eq(fetch.ended),
            sequencer.quiet.eq(fetch.idle & arbiter.idle),
            sequencer.busy.eq(load.busy | store.busy | fill.busy | matmul.busy | drain.busy),
        ]

        # Memory; descriptors first, so that the next one is there in time
        for n, port in enumerate((fetch.memory, load.memory, store.memory)):
            connect(m, port, arbiter.units[n])
        connect(m, arbiter.memory, flipped(self.memory))

        # Local memories. One unit works at a time: whoever is busy has the port.
        m.d.comb += [
            weights.write.eq(load.weights),
            parameters.write.eq(load.parameters),
            activations.write.eq(load.activations),
        ]
        for writer in fill, drain:
            with m.If(writer.activations.enable):
                m.d.comb += activations.write.eq(writer.activations)
        connect(m, matmul.weights, weights.read)
        connect(m, drain.sums, accumulator.read)
        for reader in matmul, store:
            m.d.comb += reader.activations.data.eq(activations.read.data)
        with m.If(store.busy):
            m.d.comb += [
                activations.read.address.eq(store.activations.address),
                activations.read.enable.eq(store.activations.enable),
            ]
        with m.Else():
            m.d.comb += [
                activations.read.address.eq(matmul.activations.address),
                activations.read.enable.eq(matmul.activations.enable),
            ]

        # Array
        m.d.comb += [
            mesh.i.eq(matmul.vectors),
            mesh.weights.eq(matmul.weight_rows),
            accumulator.i.eq(mesh.o),
            accumulator.base.eq(matmul.base),
            accumulator.bias.eq(parameters.bias),
            matmul.written.eq(accumulator.written),
            drain.scale.eq(parameters.scale),
        ]

        m.d.comb += [
            counters.clear.eq(self.start & ~sequencer.running),
            self.counters.eq(counters.values),
            counters.events.cycles.eq(sequencer.running),
            counters.events.descriptors.eq(sequencer.issued),
            counters.events.fetch_wait.eq(sequencer.waiting),
            counters.events.load.eq(load.busy),
            counters.events.store.eq(store.busy),
            counters.events.fill.eq(fill.busy),
            counters.events.matmul.eq(matmul.busy),
            counters.events.requantize.eq(drain.busy),
            counters.events.array_busy.eq(mesh.i.valid),
            counters.events.weight_wait.eq(matmul.stalled),
            counters.events.words_fetched.eq(fetch.memory.response.valid),
            counters.events.words_read.eq(load.memory.response.valid),
            counters.events.words_written.eq(
                store.memory.request.valid & store.memory.request.ready
            ),
        ]
        return m
