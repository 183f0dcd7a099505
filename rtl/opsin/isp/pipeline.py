# SPDX-License-Identifier: MIT
"""The camera pipeline."""

from typing import Any

from amaranth import C, Module, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.conveyor import Feed, Unload
from ..common.flow import join
from ..common.memory_port import MemoryInterface
from ..common.shadow import Shadow
from ..common.video import VideoSignature
from ..config import IspConfig
from .block_ports import connect_block, outside
from .chain import STATISTICS, TABLES, chain
from .demosaic import MIN_HEIGHT
from .frame_buffers import FrameBuffers
from .frame_entry import FrameEntry
from .frame_guard import MIN_SIZE, FrameStatus
from .frame_settings import FRAME_BLOCKS
from .outputs import OUTPUTS, Outputs
from .settings import IspSettings

__all__ = ["Pipeline"]

_ENTRY = ("width", "height", "phase", "crop", "timeout")  # settings where frames enter
_COEFFICIENTS = tuple(f"{name}_scale" for name in OUTPUTS)  # ports of the scalers' tables


class Pipeline(wiring.Component):
    """Raw frames in, finished pictures out.

    Crop and frame guard → blocks with frame buffers, if wanted → the conveyor with the blocks of
    :func:`~opsin.isp.chain.chain` → outputs.

    All settings are sampled together in the cycle in which a frame may begin, before its ``sof``
    beat enters, and hold until all of its picture has left; so ``settings`` may change at any time
    and no frame mixes two of them.

    Parameters
    ----------
    config : IspConfig
        Sample width, longest line, pixels per beat, blocks.

    Members
    -------
    i : In(VideoSignature(unsigned(depth), ppc=ppc))
        Raw samples, aligned to the top of ``depth`` bits. Malformed frames are repaired, see
        :class:`~opsin.isp.frame_guard.FrameGuard`.
    o : Out(VideoSignature(unsigned(32 * ppc)))
        The first output, in words of bytes (:class:`~opsin.isp.OutputFormat`). Chains other than
        ``complete`` have one output, of pixels of the last block's shape.
    second : Out(VideoSignature(unsigned(32 * ppc)))
        The second output, of ``complete``.
    memory : Out(MemoryPort(8 * ppc))
        Of the frame buffers, with ``frame_buffer``; see :class:`~opsin.isp.FrameBuffers`.
    settings : In(IspSettings(depth, frame_buffer=frame_buffer))
        Settings for the next frame.
    curve, decompand, defect, shading, overlay : In(stream)
        What is written into the memories of the blocks of these names. Where there are two tables,
        it goes to the one that ``settings`` does not name, and waits while a frame that uses that
        one is on its way.
    output_scale, second_scale : In(stream.Signature(CoefficientWrite()))
        Likewise, of the outputs' scalers.
    awb, ae, ae_zones, af, flicker : In and Out
        The statistics' other ports, named ``awb_index`` and so on.
    status : Out(FrameStatus)
        What was wrong with ``i``; sticky.
    status_clear : In(1)
        Reset ``status``.
    begin : Out(1)
        Settings are sampled.

    Timing
    ------
    Throughput ``ppc`` pixels/cycle. With ``line = width / ppc`` a frame takes ``line * height``
    cycles, then ``i`` waits: in the complete chain with directional demosaic for ``line * 17``
    cycles, as line windows hold 17 lines back, and ``latency`` + 105 cycles (fewer if ``ppc`` is
    more). With ``frame_buffer`` it waits longer, see :class:`~opsin.isp.FrameBuffers`. ``i.ready``
    depends combinationally on ``i``.

    Raises
    ------
    ValueError
        If a parameter of ``config`` is out of the range that the blocks allow.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.develop_all`.
    """

    i: stream.Interface
    o: stream.Interface
    settings: Any
    curve: stream.Interface
    status: Any
    status_clear: Value
    begin: Value
    second: stream.Interface
    memory: MemoryInterface

    def __init__(self, config: IspConfig) -> None:
        depth, ppc, max_width = config.depth, config.ppc, config.max_width
        self._blocks = blocks = chain(config)
        conveyor = [*blocks.values()]
        last = conveyor[-1].pixel_out
        self.latency = sum(block.latency for block in conveyor)
        lines = {"max_width": max_width, "ppc": ppc}
        self._entry = FrameEntry(
            depth=depth, min_height=max(MIN_SIZE, MIN_HEIGHT[config.demosaic]), **lines
        )
        self._feed = Feed(unsigned(depth), **lines)
        self._unload = Unload(last, ppc=ppc, latency=self.latency)
        members: dict[str, Any] = {
            "i": In(VideoSignature(unsigned(depth), ppc=ppc)),
            "o": Out(VideoSignature(last, ppc=ppc)),
            "settings": In(IspSettings(depth, frame_buffer=config.frame_buffer)),
            "status": Out(FrameStatus()),
            "status_clear": In(1),
            "begin": Out(1),
        }
        for name, block in blocks.items():
            if name in TABLES:
                members[name] = block.signature.members["write"]
            elif name in STATISTICS:
                members |= outside(name, block)
        self._buffers = self._outputs = None
        if config.frame_buffer:
            self._buffers = FrameBuffers(depth=depth, **lines)
            members["memory"] = self._buffers.signature.members["memory"]
        if config.chain == "complete":
            widths = max_width, config.second_width
            self._outputs = Outputs(widths=widths, lean=config.lean_scalers, ppc=ppc)
            ports = self._outputs.signature.members
            members |= {name: ports[name] for name in ("o", "second", *_COEFFICIENTS)}
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.entry = entry = self._entry
        m.submodules.feed = feed = self._feed
        for name, block in self._blocks.items():
            m.submodules[name] = block
        m.submodules.unload = unload = self._unload

        # the settings
        m.submodules.settings = shadow = Shadow(self.settings.shape(), wide=True)
        frame: Any = shadow.o
        m.d.sync += self.begin.eq(entry.begin)
        m.d.comb += [
            shadow.i.eq(self.settings),
            shadow.take.eq(entry.begin),
            *(getattr(entry, name).eq(frame[name]) for name in _ENTRY),
            entry.clear.eq(self.status_clear),
            self.status.eq(entry.status),
            feed.width.eq(entry.frame_width),
            feed.height.eq(entry.frame_height),
            feed.room.eq(unload.room),
            feed.left.eq(unload.left),
            unload.height.eq(entry.frame_height),
        ]
        for name, block in self._blocks.items():
            connect_block(m, self, name, block, frame=frame, entry=entry)

        # the video
        wiring.connect(m, wiring.flipped(self.i), entry.i)
        begun = self._remember(m, frame)
        join(m, feed.o, [*self._blocks.values()], unload.i)
        left = self._leave(m, frame)
        m.d.comb += entry.busy.eq(begun | feed.busy | left)

        return m

    def _remember(self, m: Module, frame: Any) -> Value:
        """From the entry to the conveyor; returns whether a frame is there."""
        entry, feed, buffers = self._entry, self._feed, self._buffers
        if buffers is None:
            wiring.connect(m, entry.o, feed.i)
            return C(0)

        m.submodules.buffers = buffers
        wiring.connect(m, entry.o, buffers.i)
        wiring.connect(m, buffers.o, feed.i)
        wiring.connect(m, buffers.memory, wiring.flipped(self.memory))
        m.d.comb += [
            buffers.width.eq(entry.frame_width),
            buffers.height.eq(entry.frame_height),
            *(getattr(buffers, name).eq(frame[name]) for name in FRAME_BLOCKS),
        ]
        return buffers.busy

    def _leave(self, m: Module, frame: Any) -> Value:
        """From the end of the conveyor to the outputs; returns whether a frame is there."""
        outputs = self._outputs
        if outputs is None:
            wiring.connect(m, self._unload.o, wiring.flipped(self.o))
            return C(0)

        m.submodules.outputs = outputs
        wiring.connect(m, self._unload.o, outputs.i)
        for name in ("o", "second", *_COEFFICIENTS):
            wiring.connect(m, getattr(outputs, name), wiring.flipped(getattr(self, name)))
        m.d.comb += [
            outputs.width.eq(self._entry.frame_width),
            outputs.height.eq(self._entry.frame_height),
            outputs.begin.eq(self._feed.begin),
        ]
        for k, name in enumerate(OUTPUTS):
            m.d.comb += [
                outputs.settings[k].eq(frame[name]),
                outputs.banks[k].eq(self.settings[name].scale.bank),
            ]
        return outputs.busy
