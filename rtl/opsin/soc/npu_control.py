# SPDX-License-Identifier: MIT
"""The neural processor's registers in hardware."""

from typing import Any

from amaranth import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..common.register_bank import RegisterBank, RegisterInterface, RegisterPort
from ..config import NpuConfig
from ..npu.isa import Error
from ..npu.register_map import npu_register_map

__all__ = ["NpuControl"]

_OF_JOB = {"entry": 32, "memory_begin": 32, "memory_end": 32, "watchdog": 32}


class NpuControl(wiring.Component):
    """Registers of :func:`~opsin.npu.register_map.npu_register_map`, beside a core.

    What a job is given is copied when it starts; writing it then does not disturb the job.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    bus : In(RegisterPort(8))
    irq : Out(1)
        Interrupt: an enabled event's bit is set.
    entry, memory_begin, memory_end, watchdog, start, stop, done, error, error_index,
    error_address, counter, count
        Of :class:`~opsin.npu.core.Core`, in the other direction.

    Timing
    ------
    As :class:`~opsin.common.register_bank.RegisterBank`. ``start`` follows the write by a cycle;
    ``irq`` follows ``done`` by 3 cycles, from a register.
    """

    bus: RegisterInterface
    irq: Value
    entry: Value
    memory_begin: Value
    memory_end: Value
    watchdog: Value
    start: Value
    stop: Value
    done: Value
    error: Any
    error_index: Value
    error_address: Value
    counter: Value
    count: Value

    def __init__(self, config: NpuConfig) -> None:
        self._map = npu_register_map(config)
        self._counter = self._map["counter"].fields[0].width
        super().__init__(
            {
                "bus": In(RegisterPort(self._map.address_bits)),
                "irq": Out(1),
                **{name: Out(width) for name, width in _OF_JOB.items()},
                **dict.fromkeys(["start", "stop"], Out(1)),
                "done": In(1),
                "error": In(Error),
                **dict.fromkeys(["error_index", "error_address", "count"], In(32)),
                "counter": Out(self._counter),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.bank = bank = RegisterBank(self._map)
        wiring.connect(m, wiring.flipped(self.bus), bank.bus)

        running, begun, ended = Signal(), Signal(), Signal()
        m.d.comb += [
            begun.eq(bank.written.start[0] & bank.write_values.start),
            ended.eq(running & self.done & ~self.start),  # not that of the job before
            bank.busy.start.eq(running),
        ]
        m.d.sync += [
            self.start.eq(begun),
            self.stop.eq(bank.written.stop[0] & bank.write_values.stop),
            running.eq(begun | (running & ~ended)),
        ]
        with m.If(begun):
            m.d.sync += [getattr(self, name).eq(bank.values[name]) for name in _OF_JOB]

        events = bank.events.events
        m.d.comb += [
            bank.status.status.running.eq(running),
            bank.status.status.done.eq(self.done & ~running),
            bank.status.error.eq(self.error),
            bank.status.error_index.eq(self.error_index),
            bank.status.error_address.eq(self.error_address),
            bank.status.count.eq(self.count),
            self.counter.eq(bank.values.counter),
            events.done.eq(ended),
            events.failed.eq(ended & (self.error != Error.NONE)),
        ]
        enabled = Value.cast(bank.flags.events) & Value.cast(bank.values.interrupt_enable)
        m.d.sync += self.irq.eq(enabled.any())

        return m
