# SPDX-License-Identifier: MIT
"""The camera pipeline's registers in hardware."""

from typing import Any

from amaranth import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Member, Out

from ..common.register_bank import RegisterBank, RegisterInterface, RegisterPort
from ..common.registers import Access
from ..common.shadow import Shadow
from ..config import IspConfig
from ..isp import FrameStatus, Pipeline
from ..isp.chain import CHAINS
from ..isp.register_map import isp_register_map
from ..isp.setting_registers import setting_words
from ..isp.statistics_registers import BUSY, RESULTS
from ..isp.table_registers import tables
from .isp_tables import connect_table

__all__ = ["IspControl", "controls"]


class IspControl(wiring.Component):
    """Registers of :func:`~opsin.isp.register_map.isp_register_map`, beside a pipeline.

    Settings that are written stay here until they are committed; then all go to the pipeline in
    one cycle, which takes them when its next frame begins. After reset it has the reset values.

    Parameters
    ----------
    config : IspConfig
        Of the pipeline.
    pipeline : Pipeline
        Whose ports it has.

    Members
    -------
    bus : In(RegisterPort(12))
        Accesses.
    irq : Out(1)
        Interrupt: an enabled event's bit is set.
    memory_error : In(1)
        With ``frame_buffer``: memory has refused an access.
    settings, begin, status, status_clear, and those of tables and statistics
        Of :class:`~opsin.isp.Pipeline`, in the other direction. What is written to a table is
        offered only when it is taken within two cycles.

    Timing
    ------
    As :class:`~opsin.common.register_bank.RegisterBank`. ``settings`` follow the answer to a
    commit after a cycle. ``irq`` follows an event after 2 cycles, from a register. Results that are
    read are those of an index written before.
    """

    bus: RegisterInterface
    irq: Value
    settings: Any
    begin: Value
    status: Any
    status_clear: Value
    memory_error: Value

    def __init__(self, config: IspConfig, pipeline: Pipeline) -> None:
        self.config = config
        self._map = isp_register_map(config)
        self._tables = tables(config)
        super().__init__(
            {
                "bus": In(RegisterPort(self._map.address_bits)),
                "irq": Out(1),
                **({"memory_error": In(1)} if config.frame_buffer else {}),
                **{name: member.flip() for name, member in controls(pipeline).items()},
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.bank = bank = RegisterBank(self._map)
        wiring.connect(m, wiring.flipped(self.bus), bank.bus)

        self._stage(m, bank)
        self._load(m, bank)
        if set(RESULTS) & set(CHAINS[self.config.chain]):
            self._measure(m, bank)

        events = bank.events.events
        for name in FrameStatus().members:
            m.d.comb += events[name].eq(self.status[name])
        m.d.comb += [
            self.status_clear.eq(1),  # the flags are kept here
            events.frame.eq(self.begin),
            events.settings.eq(self.begin & bank.status.status.pending),
        ]
        if self.config.frame_buffer:
            m.d.comb += events.memory_error.eq(self.memory_error)
        frames = Signal(32)
        m.d.comb += bank.status.frames.eq(frames)
        m.d.sync += frames.eq(frames + self.begin)
        enabled = Value.cast(bank.flags.events) & Value.cast(bank.values.interrupt_enable)
        m.d.sync += self.irq.eq(enabled.any())

        return m

    def _stage(self, m: Module, bank: RegisterBank) -> None:
        m.submodules.committed = committed = Shadow(self.settings.shape())
        kept = bank.map.of(Access.READ_WRITE)
        for name, paths, _ in setting_words(
            self.config.depth, frame_buffer=self.config.frame_buffer
        ):
            if name not in kept:
                continue
            words = bank.values[name]
            for index, path in enumerate(paths):
                target = committed.i
                for step in path:
                    target = target[step]
                word = words if len(paths) == 1 else words[index]
                m.d.comb += Value.cast(target).eq(word)

        commit, started, pending = Signal(), Signal(), Signal()
        m.d.sync += [  # a register of its own, for it goes to every bit of the settings
            commit.eq(bank.written.commit[0] & bank.write_values.commit),
            started.eq(1),
        ]
        m.d.comb += [
            committed.take.eq(commit | ~started),
            self.settings.eq(committed.o),
            bank.status.status.pending.eq(pending),
        ]
        with m.If(self.begin):
            m.d.sync += pending.eq(0)
        with m.If(commit):
            m.d.sync += pending.eq(1)

    def _load(self, m: Module, bank: RegisterBank) -> None:
        """Hand writes to the pipeline, which takes them in the next cycle if it is ready now."""
        lost = {name: connect_table(m, bank, name, getattr(self, name)) for name in self._tables}
        # a refused write is told to the bus, and here for buses that do not listen
        m.d.comb += bank.events.events.curve_lost.eq(lost.pop("curve"))
        m.d.comb += bank.events.events.table_lost.eq(Cat(lost.values()).any())

    def _measure(self, m: Module, bank: RegisterBank) -> None:
        for k, (name, (register, _, words)) in enumerate(RESULTS.items()):
            result = getattr(self, f"{name}_{register.rpartition('_')[2]}")
            read = bank.status[register]
            if len(words) == 1:
                m.d.comb += read.eq(result)
            else:
                m.d.comb += [read[at].eq(result[word]) for at, word in enumerate(words)]
            m.d.comb += [
                getattr(self, f"{name}_index").eq(bank.values.statistics_index),
                getattr(self, f"{name}_hold").eq(bank.values.statistics_hold[name]),
                bank.status.statistics_frames[k].eq(getattr(self, f"{name}_frame")),
            ]
        for name in BUSY:
            m.d.comb += bank.status.statistics_busy[name].eq(getattr(self, f"{name}_busy"))


def controls(pipeline: Pipeline) -> dict[str, Member]:
    """Members of the pipeline that are neither video nor memory, by name."""
    others = ("i", "o", "second", "memory")
    return {n: member for n, member in pipeline.signature.members.items() if n not in others}
