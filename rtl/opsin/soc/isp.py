# SPDX-License-Identifier: MIT
"""The camera pipeline as a part of other people's chips: video and registers on standard buses."""

from typing import Any

from amaranth import Module, Value, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..common.register_bank import RegisterInterface, RegisterPort
from ..common.video import Rgb
from ..config import IspConfig
from ..isp import Pipeline
from ..isp.register_map import isp_register_map
from .axi_lite import Axi4Lite, Axi4LiteBridge
from .axi_video import AxiStream, VideoFromAxi, VideoToAxi
from .flat import attach, flat
from .isp_control import IspControl
from .wishbone import Wishbone, WishboneBridge

__all__ = ["IspAxi", "IspCore", "IspWishbone"]


class IspCore(wiring.Component):
    """The pipeline with AXI4-Stream video and registers that know no bus.

    Parameters
    ----------
    config : IspConfig
        Of the pipeline.

    Members
    -------
    raw : In(AxiStream(depth))
        Raw video; samples are aligned to the top of ``depth`` bits.
    picture : Out(AxiStream(24))
        Pictures.
    registers : In(RegisterPort(12))
        See :func:`~opsin.isp.register_map.isp_register_map`.
    irq : Out(1)
        Interrupt, active high, level.

    Timing
    ------
    As :class:`~opsin.isp.Pipeline`, and 1 cycle. All outputs come from registers.
    """

    raw: Any
    picture: Any
    registers: RegisterInterface
    irq: Value

    def __init__(self, config: IspConfig) -> None:
        self._pipeline = Pipeline(config)
        self._control = IspControl(config)
        self._raw = VideoFromAxi(unsigned(config.depth))
        self._picture = VideoToAxi(Rgb(8))
        super().__init__(
            {
                "raw": In(AxiStream(config.depth)),
                "picture": Out(AxiStream(24)),
                "registers": In(RegisterPort(isp_register_map(config).address_bits)),
                "irq": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.pipeline = pipeline = self._pipeline
        m.submodules.control = control = self._control
        m.submodules.raw = raw = self._raw
        m.submodules.picture = picture = self._picture

        wiring.connect(m, wiring.flipped(self.raw), raw.axis)
        wiring.connect(m, raw.o, pipeline.i)
        wiring.connect(m, pipeline.o, picture.i)
        wiring.connect(m, picture.axis, wiring.flipped(self.picture))
        wiring.connect(m, wiring.flipped(self.registers), control.bus)
        wiring.connect(m, control.curve, pipeline.curve)
        m.d.comb += [
            pipeline.settings.eq(control.settings),
            # the registers keep faults, so the pipeline need not
            pipeline.status_clear.eq(1),
            control.faults.eq(pipeline.status),
            # the pipeline takes a frame's first beat when, and only when, the frame begins
            control.begin.eq(pipeline.i.valid & pipeline.i.ready & pipeline.i.p.sof),
            self.irq.eq(control.irq),
        ]

        return m


class IspAxi(wiring.Component):
    """The pipeline with AXI4-Stream video and AXI4-Lite registers.

    Ports have the names that other tools expect: ``s_axi_awaddr``, ``s_axis_tdata``, …

    Parameters
    ----------
    config : IspConfig
        Of the pipeline.

    Members
    -------
    s_axi_* : In(Axi4Lite(12))
        Registers.
    s_axis_* : In(AxiStream(depth))
        Raw video.
    m_axis_* : Out(AxiStream(24))
        Pictures.
    irq : Out(1)
        Interrupt, active high, level.

    Timing
    ------
    As :class:`IspCore`.
    """

    def __init__(self, config: IspConfig) -> None:
        self._core = IspCore(config)
        self._bridge = Axi4LiteBridge(address_bits=isp_register_map(config).address_bits)
        super().__init__(
            {
                **flat("s_axi", Axi4Lite(isp_register_map(config).address_bits).flip()),
                **flat("s_axis", AxiStream(config.depth).flip()),
                **flat("m_axis", AxiStream(24)),
                "irq": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.bridge = bridge = self._bridge
        attach(m, self, "s_axi", bridge.axi)
        _join(m, self, self._core, bridge.registers)
        return m


class IspWishbone(wiring.Component):
    """The pipeline with AXI4-Stream video and Wishbone registers.

    Parameters
    ----------
    config : IspConfig
        Of the pipeline.

    Members
    -------
    wb_* : In(Wishbone(12))
        Registers.
    s_axis_* : In(AxiStream(depth))
        Raw video.
    m_axis_* : Out(AxiStream(24))
        Pictures.
    irq : Out(1)
        Interrupt, active high, level.

    Timing
    ------
    As :class:`IspCore`.
    """

    def __init__(self, config: IspConfig) -> None:
        self._core = IspCore(config)
        self._bridge = WishboneBridge(address_bits=isp_register_map(config).address_bits)
        super().__init__(
            {
                **flat("wb", Wishbone(isp_register_map(config).address_bits).flip()),
                **flat("s_axis", AxiStream(config.depth).flip()),
                **flat("m_axis", AxiStream(24)),
                "irq": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.bridge = bridge = self._bridge
        attach(m, self, "wb", bridge.wishbone)
        _join(m, self, self._core, bridge.registers)
        return m


def _join(m: Module, top: Any, core: IspCore, registers: RegisterInterface) -> None:
    """Connect what does not depend on the bus of the registers."""
    m.submodules.core = core
    wiring.connect(m, registers, core.registers)
    attach(m, top, "s_axis", core.raw)
    attach(m, top, "m_axis", core.picture)
    m.d.comb += top.irq.eq(core.irq)
