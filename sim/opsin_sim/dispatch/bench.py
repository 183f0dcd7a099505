# SPDX-License-Identifier: MIT
"""The dispatcher with memory and stand-ins for its units, to be run as a native model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from amaranth.hdl import Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from opsin.common.memory_port import MemoryInterface, MemoryPort
from opsin.config import NpuConfig
from opsin.npu.dispatch import Dispatcher
from opsin.npu.dispatch.cause import Refusal
from opsin.npu.isa import Error, Unit

from ..harness import Model, Run, unpack
from .units import Begin, BurstReader, StubUnit

__all__ = ["DispatchBench", "UnitLog", "begin", "collect"]

_NAMES = [unit.name.lower() for unit in Unit]


class DispatchBench(wiring.Component):
    """Members of the dispatcher, and those of its stand-ins: ``load_begins``, ``load_ends`` ….

    ``refused`` and ``deaf`` are those of :class:`BurstReader`.
    """

    memory: MemoryInterface
    time: Value

    def __init__(self, config: NpuConfig, dispatcher: Any = Dispatcher) -> None:
        self.config = config
        self._dispatcher = dispatcher
        inputs = ("entry", "memory_begin", "memory_end", "watchdog", "refused")
        outputs = ("error_index", "error_address", "time")
        super().__init__(
            {
                "start": In(1),
                "deaf": In(1),
                **dict.fromkeys(inputs, In(32)),
                **dict.fromkeys(outputs, Out(32)),
                "done": Out(1),
                "error": Out(Error),
                "memory": Out(MemoryPort(config.word_bytes)),
                **dict.fromkeys(["read", "write"], In(Refusal())),
                **{f"{name}_longest": In(8) for name in _NAMES},
                **{f"{name}_begins": Out(stream.Signature(Begin())) for name in _NAMES},
                **{f"{name}_ends": Out(stream.Signature(32)) for name in _NAMES},
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the circuit."""
        m = Module()
        m.submodules.dispatcher = dut = self._dispatcher(self.config)
        m.submodules.reader = reader = BurstReader(word_bytes=self.config.word_bytes)
        wiring.connect(m, dut.memory, reader.i)
        wiring.connect(m, reader.o, wiring.flipped(self.memory))
        m.d.sync += self.time.eq(self.time + 1)
        ports: Any = self
        # A job starts once: ``start`` stays while it runs
        begun = Signal()
        m.d.sync += begun.eq(ports.start)
        m.d.comb += dut.start.eq(ports.start & ~begun)
        for name in ("entry", "memory_begin", "memory_end", "watchdog", "read", "write"):
            m.d.comb += getattr(dut, name).eq(getattr(self, name))
        for name in ("done", "error", "error_index", "error_address"):
            m.d.comb += getattr(self, name).eq(getattr(dut, name))
        m.d.comb += [reader.refused.eq(ports.refused), reader.deaf.eq(ports.deaf)]
        for n, name in enumerate(_NAMES):
            m.submodules[name] = unit = StubUnit(seed=0x1357 * (n + 1))
            wiring.connect(m, getattr(dut, name), unit.command)
            m.d.comb += [
                dut.finished[n].eq(unit.finished),
                dut.busy[n].eq(unit.busy),
                unit.stop.eq(dut.stop),
                unit.time.eq(self.time),
                unit.longest.eq(getattr(self, f"{name}_longest")),
            ]
            wiring.connect(m, unit.begins, wiring.flipped(getattr(self, f"{name}_begins")))
            wiring.connect(m, unit.ends, wiring.flipped(getattr(self, f"{name}_ends")))

        return m


@dataclass(frozen=True)
class UnitLog:
    """What a unit got: positions and words of commands, and when they began and finished."""

    words: NDArray[np.uint32]
    begun: NDArray[np.uint32]
    ended: NDArray[np.uint32]


def begin(model: Model, entry: int, **ports: int) -> None:
    """Set the ports given, and let a job start in the next run; all others are off."""
    values = dict.fromkeys(["memory_begin", "watchdog", "refused", "deaf", "memory_end"], 0)
    values |= {f"{name}_longest": 15 for name in _NAMES} | {"entry": entry}
    for name, value in (values | ports).items():
        model.set(name, value)
    model.set("start", 0)
    model.run(cycles=2)
    model.set("start", 1)
    model.run(cycles=2)


def collect(
    model: Model, memory: NDArray[np.uint8], counts: Mapping[Unit, int], **options: Any
) -> tuple[Run, dict[Unit, UnitLog]]:
    """Run to the end, and take so many commands of each unit."""
    sinks = {
        f"{unit.name.lower()}_{what}": counts[unit] for unit in Unit for what in ("begins", "ends")
    }
    run = model.run(sinks=sinks, memory={"memory": memory}, until="done", **options)
    logs = {}
    for unit in Unit:
        name = unit.name.lower()
        begins = unpack(Begin(), run.outputs[f"{name}_begins"])
        words = np.asarray(begins["command"], np.uint32).reshape(-1, 16)
        logs[unit] = UnitLog(words, begins["time"], run.outputs[f"{name}_ends"])
    return run, logs
