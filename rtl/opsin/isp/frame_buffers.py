# SPDX-License-Identifier: MIT
"""The pipeline's blocks that have a frame in memory beside the one that comes."""

from typing import Any

from amaranth import Module, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.memory_arbiter import MemoryArbiter
from ..common.memory_port import MemoryInterface, MemoryPort
from ..common.stream import Buffer
from ..common.video import VideoSignature
from .frame_settings import FRAME_BLOCKS, frame_settings
from .hdr_merge import HdrMerge
from .temporal_noise_reduction import TemporalNoiseReduction

__all__ = ["FrameBuffers", "word_bytes"]

_AHEAD = 128  # words that each block reads ahead


def word_bytes(ppc: int) -> int:
    """Return the bytes of a memory word: enough for the traffic of both blocks at full rate."""
    return 8 * ppc


class FrameBuffers(wiring.Component):
    """Merge exposures, then reduce noise over time; each has a frame buffer, both one memory port.

    A frame that the merge only stores does not come out, and the noise reduction does not see it.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16; a merged frame has as many.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i, o : VideoSignature(unsigned(depth), ppc=ppc)
        Raw frames.
    memory : Out(MemoryPort(8 * ppc))
        Of both frame buffers.
    width : In(range(max_width + 1)), height : In(16)
        Size of the frame that comes.
    hdr, temporal_nr : In
        Settings of :class:`~opsin.isp.HdrMerge` and :class:`~opsin.isp.TemporalNoiseReduction`.
    busy : Out(1)
        A frame is under way, to ``o`` or to memory.

    All settings must be right when a frame comes, and hold still while ``busy``.

    Timing
    ------
    Latency that of both blocks and 1 cycle; throughput 1 beat/cycle if memory takes a request and
    gives a word per cycle. ``i.ready`` depends combinationally on ``i``; ``o``, requests and
    ``busy`` come from registers.
    """

    i: stream.Interface
    o: stream.Interface
    memory: MemoryInterface
    width: Value
    height: Value
    hdr: Any
    temporal_nr: Any
    busy: Value

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        size = word_bytes(ppc)
        kind: dict[str, int] = {
            "depth": depth, "max_width": max_width, "ppc": ppc, "word_bytes": size, "ahead": _AHEAD,
        }  # fmt: skip
        self._blocks: dict[str, Any] = {
            "hdr": HdrMerge(**kind, depth_out=depth),
            "temporal_nr": TemporalNoiseReduction(**kind),
        }
        self._arbiter = MemoryArbiter(units=2, word_bytes=size, outstanding=2 * _AHEAD)
        video = VideoSignature(unsigned(depth), ppc=ppc)
        super().__init__(
            {
                "i": In(video),
                "o": Out(video),
                "memory": Out(MemoryPort(size)),
                "width": In(range(max_width + 1)),
                "height": In(16),
                **{name: In(layout) for name, layout in frame_settings(depth).items()},
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.arbiter = arbiter = self._arbiter
        m.submodules.between = between = Buffer(self.i.p.shape())  # parts their ready
        # The merge has begun to read ahead when the noise reduction begins, which goes first.
        for name, unit in zip(FRAME_BLOCKS, reversed(arbiter.units), strict=True):
            m.submodules[name] = block = self._blocks[name]
            settings = getattr(self, name)
            wiring.connect(m, block.memory, unit)
            m.d.comb += [block.width.eq(self.width), block.height.eq(self.height)]
            m.d.comb += [
                getattr(block, port).eq(settings[port]) for port in settings.shape().members
            ]
        wiring.connect(m, arbiter.memory, wiring.flipped(self.memory))

        merge, reduction = self._blocks.values()
        wiring.connect(m, wiring.flipped(self.i), merge.i)
        wiring.connect(m, merge.o, between.i)
        wiring.connect(m, between.o, reduction.i)
        wiring.connect(m, reduction.o, wiring.flipped(self.o))
        m.d.sync += self.busy.eq(merge.busy | between.o.valid | reduction.busy)

        return m
