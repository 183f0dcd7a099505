# SPDX-License-Identifier: MIT
"""The camera pipeline's registers in hardware."""

from typing import Any

from amaranth import Cat, Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.register_bank import RegisterBank, RegisterInterface, RegisterPort
from ..common.shadow import Shadow
from ..config import IspConfig
from ..isp import CurveWrite, FrameStatus, IspSettings
from ..isp.decompand import DecompandWrite
from ..isp.defect_map import MapWrite as DefectWrite
from ..isp.gain_mesh import MeshWrite
from ..isp.overlay import OverlayWrite
from ..isp.register_map import isp_register_map
from ..isp.setting_registers import setting_words
from ..isp.table_registers import TABLES
from .isp_tables import connect_table

__all__ = ["IspControl"]


class IspControl(wiring.Component):
    """Registers of :func:`~opsin.isp.register_map.isp_register_map`, beside a pipeline.

    Settings that are written stay here until they are committed; then all go to the pipeline in
    one cycle, which takes them when its next frame begins. After reset it has the reset values.

    Parameters
    ----------
    config : IspConfig
        Of the pipeline.

    Members
    -------
    bus : In(RegisterPort(12))
        Accesses.
    settings : Out(IspSettings(depth))
        Settings for the next frame.
    curve : Out(stream.Signature(CurveWrite()))
        Segments of the tone curve, offered only when they are taken within two cycles.
    decompand : Out(stream.Signature(DecompandWrite()))
    defect : Out(stream.Signature(MapWrite()))
    shading : Out(stream.Signature(MeshWrite()))
    overlay : Out(stream.Signature(OverlayWrite(2048)))
        The same for the other tables.
    statistics_index : Out(10)
        Zone, or bin, to read.
    statistics_hold : Out(1)
        Keep the results.
    awb_zone : In(ArrayLayout(32, 4))
        Red, green, blue and quads of that zone.
    ae_count : In(32)
        Samples in that bin.
    awb_frame, ae_frame : In(8)
        Frames whose results have come.
    faults : In(FrameStatus)
        Faults of the raw stream; not sticky.
    begin : In(1)
        A frame begins in this cycle.
    irq : Out(1)
        Interrupt: an enabled event's bit is set.

    Timing
    ------
    As :class:`~opsin.common.register_bank.RegisterBank`. ``settings`` follow the answer to a
    commit after a cycle. ``irq`` follows an event after 2 cycles, from a register.
    """

    bus: RegisterInterface
    settings: Any
    curve: stream.Interface
    decompand: stream.Interface
    defect: stream.Interface
    shading: stream.Interface
    overlay: stream.Interface
    statistics_index: Value
    statistics_hold: Value
    awb_zone: Any
    ae_count: Value
    awb_frame: Value
    ae_frame: Value
    faults: Any
    begin: Value
    irq: Value

    def __init__(self, config: IspConfig) -> None:
        self.config = config
        self._map = isp_register_map(config)
        super().__init__(
            {
                "bus": In(RegisterPort(self._map.address_bits)),
                "settings": Out(IspSettings(config.depth)),
                "curve": Out(stream.Signature(CurveWrite())),
                "decompand": Out(stream.Signature(DecompandWrite())),
                "defect": Out(stream.Signature(DefectWrite())),
                "shading": Out(stream.Signature(MeshWrite())),
                "overlay": Out(stream.Signature(OverlayWrite(2048))),
                "statistics_index": Out(10),
                "statistics_hold": Out(1),
                "awb_zone": In(data.ArrayLayout(32, 4)),
                "ae_count": In(32),
                "awb_frame": In(8),
                "ae_frame": In(8),
                "faults": In(FrameStatus()),
                "begin": In(1),
                "irq": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.bank = bank = RegisterBank(self._map)
        wiring.connect(m, wiring.flipped(self.bus), bank.bus)

        self._settings(m, bank)
        self._tables(m, bank)
        self._statistics(m, bank)

        events = bank.events.events
        for name in FrameStatus().members:
            m.d.comb += events[name].eq(self.faults[name])
        m.d.comb += [
            events.frame.eq(self.begin),
            events.settings.eq(self.begin & bank.status.status.pending),
        ]
        frames = Signal(32)
        m.d.comb += bank.status.frames.eq(frames)
        m.d.sync += frames.eq(frames + self.begin)
        enabled = Value.cast(bank.flags.events) & Value.cast(bank.values.interrupt_enable)
        m.d.sync += self.irq.eq(enabled.any())

        return m

    def _settings(self, m: Module, bank: RegisterBank) -> None:
        m.submodules.committed = committed = Shadow(self.settings.shape())
        for name, paths, _ in setting_words(self.config.depth):
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

    def _tables(self, m: Module, bank: RegisterBank) -> None:
        """Hand writes to the pipeline, which takes them in the next cycle if it is ready now."""
        lost = {name: connect_table(m, bank, name, getattr(self, name)) for name in TABLES}
        # a refused write is told to the bus, and here for buses that do not listen
        m.d.comb += bank.events.events.curve_lost.eq(lost.pop("curve"))
        m.d.comb += bank.events.events.table_lost.eq(Cat(lost.values()).any())

    def _statistics(self, m: Module, bank: RegisterBank) -> None:
        m.d.comb += [
            self.statistics_index.eq(bank.values.statistics_index),
            self.statistics_hold.eq(bank.values.statistics_hold),
            Value.cast(bank.status.awb_zone).eq(Value.cast(self.awb_zone)),
            bank.status.ae_count.eq(self.ae_count),
            bank.status.statistics_frames.awb.eq(self.awb_frame),
            bank.status.statistics_frames.ae.eq(self.ae_frame),
        ]
