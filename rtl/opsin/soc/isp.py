# SPDX-License-Identifier: MIT
"""The camera pipeline as a part of other people's chips: video and registers on standard buses."""

from typing import Any

from amaranth import Module, Value, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..common.register_bank import RegisterInterface, RegisterPort
from ..config import IspConfig
from ..isp import Pipeline
from ..isp.frame_buffers import word_bytes
from ..isp.register_map import isp_register_map
from .axi_lite import Axi4LiteBridge
from .axi_memory import AxiMemory
from .axi_video import AxiStream, VideoFromAxi, VideoToAxi
from .isp_control import IspControl, controls
from .on_bus import OnBus
from .wishbone import WishboneBridge

__all__ = ["IspAxi", "IspCore", "IspWishbone"]

_OUTPUTS = {"o": "picture", "second": "second"}


class IspCore(wiring.Component):
    """The pipeline with AXI4-Stream video and registers that know no bus.

    Parameters
    ----------
    config : IspConfig
        Of the pipeline.

    Members
    -------
    raw : In(AxiStream(depth * ppc))
        Raw video; samples are aligned to the top of ``depth`` bits.
    picture : Out(AxiStream(32 * ppc))
        The first output: bytes as they lie in memory, lines from whole words. Of chains other than
        ``complete``: pixels of the last block.
    second : Out(AxiStream(32 * ppc))
        The second output, of ``complete``.
    registers : In(RegisterPort(12))
        See :func:`~opsin.isp.register_map.isp_register_map`.
    memory : Out(Axi4(8 * ppc))
        Of the frame buffers, with ``frame_buffer``; see :class:`AxiMemory`.
    irq : Out(1)
        Interrupt, active high, level.

    Timing
    ------
    As :class:`~opsin.isp.Pipeline`, and 1 cycle. All outputs come from registers.
    """

    raw: Any
    registers: RegisterInterface
    memory: Any
    irq: Value

    def __init__(self, config: IspConfig) -> None:
        self._pipeline = Pipeline(config)
        self._control = IspControl(config, self._pipeline)
        self._raw = VideoFromAxi(unsigned(config.depth), ppc=config.ppc)
        self._outputs: dict[str, VideoToAxi] = {}
        for port, name in _OUTPUTS.items():
            if port in (members := self._pipeline.signature.members):
                pixels = members[port].signature.members["payload"].shape.members["pixel"]
                self._outputs[name] = VideoToAxi(pixels.elem_shape, ppc=pixels.length)
        self._memory = None
        if config.frame_buffer:
            self._memory = AxiMemory(word_bytes=word_bytes(config.ppc))
        super().__init__(
            {
                "raw": In(AxiStream(config.depth * config.ppc)),
                **{name: Out(part.axis.signature) for name, part in self._outputs.items()},
                "registers": In(RegisterPort(isp_register_map(config).address_bits)),
                **({"memory": Out(self._memory.axi.signature)} if self._memory else {}),
                "irq": Out(1),
            }
        )

    @property
    def places(self) -> dict[str, str]:
        """Ports for video and memory by their prefixes."""
        places = {
            "s_axis": "raw", "m_axis": "picture", "m_axis_second": "second", "m_axi": "memory"
        }  # fmt: skip
        return {prefix: n for prefix, n in places.items() if n in self.signature.members}

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.pipeline = pipeline = self._pipeline
        m.submodules.control = control = self._control
        m.submodules.raw = raw = self._raw

        wiring.connect(m, wiring.flipped(self.raw), raw.axis)
        wiring.connect(m, raw.o, pipeline.i)
        for port, name in _OUTPUTS.items():
            if name in self._outputs:
                m.submodules[name] = part = self._outputs[name]
                wiring.connect(m, getattr(pipeline, port), part.i)
                wiring.connect(m, part.axis, wiring.flipped(getattr(self, name)))
        if self._memory:
            m.submodules.memory = memory = self._memory
            wiring.connect(m, pipeline.memory, memory.memory)
            wiring.connect(m, memory.axi, wiring.flipped(self.memory))
            m.d.comb += control.memory_error.eq(memory.error)
        wiring.connect(m, wiring.flipped(self.registers), control.bus)
        for name in controls(pipeline):
            mine, other = getattr(control, name), getattr(pipeline, name)
            member = pipeline.signature.members[name]
            if not member.is_port:
                wiring.connect(m, mine, other)
            elif member.flow == Out:
                m.d.comb += mine.eq(other)
            else:
                m.d.comb += other.eq(mine)
        m.d.comb += self.irq.eq(control.irq)

        return m


class IspAxi(OnBus):
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
    s_axis_* : In(AxiStream(depth * ppc))
        Raw video.
    m_axis_* : Out(AxiStream(32 * ppc))
        The first output, as of :class:`IspCore`.
    m_axis_second_* : Out(AxiStream(32 * ppc))
        The second, of ``complete``.
    m_axi_* : Out(Axi4(8 * ppc))
        Memory of the frame buffers, with ``frame_buffer``.
    irq : Out(1)
        Interrupt, active high, level.

    Timing
    ------
    As :class:`IspCore`.
    """

    def __init__(self, config: IspConfig) -> None:
        bridge = Axi4LiteBridge(address_bits=isp_register_map(config).address_bits)
        super().__init__(IspCore(config), prefix="s_axi", port="axi", bridge=bridge)


class IspWishbone(OnBus):
    """The pipeline with AXI4-Stream video and Wishbone registers.

    Parameters
    ----------
    config : IspConfig
        Of the pipeline.

    Members
    -------
    wb_* : In(Wishbone(12))
        Registers.
    s_axis_*, m_axis_*, m_axis_second_*, m_axi_*, irq
        As of :class:`IspAxi`.

    Timing
    ------
    As :class:`IspCore`.
    """

    def __init__(self, config: IspConfig) -> None:
        bridge = WishboneBridge(address_bits=isp_register_map(config).address_bits)
        super().__init__(IspCore(config), prefix="wb", port="wishbone", bridge=bridge)
