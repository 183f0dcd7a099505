# SPDX-License-Identifier: MIT
"""Merge of two exposures."""

from typing import Any

from amaranth import Module, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.memory_port import MemoryInterface, MemoryPort
from ..common.passage import Passage
from ..common.row_window import RowWindow
from ..common.shadow import Shadow
from ..common.video import VideoSignature
from .exposure_blend import ExposureBlend, ExposureDifference, Exposures, blend_settings
from .frame_loop import FrameLoop
from .hdr_role import HdrRole, HdrTurns
from .point import check_depth

__all__ = ["HdrMerge"]


class HdrMerge(wiring.Component):
    """Merge a raw frame with one of another exposure that came before, which waits in memory.

    ``o = long + weight * (ratio * short - long)``, the black level taken off. The short exposure
    gains weight from where the brightest of three long samples of the row reaches ``knee``, and
    where the exposures differ by more than their noise explains: something has moved, and only the
    frame that is not saturated nor blurred counts. If there is no frame in memory of this size and
    at this place, the one that comes is used alone.

    Parameters
    ----------
    depth : int
        Bits per sample that comes, 8..16.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    depth_out : int
        Bits per sample that goes, ``depth``..20; linear.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    word_bytes : int or None
        Bytes of a memory word, a power of two; None: ``8 * ppc``. Holds a beat of ``ppc * depth``
        bits.
    ahead : int
        Memory words read ahead, at least 16.

    Members
    -------
    i : In(VideoSignature(unsigned(depth), ppc=ppc))
        Raw frames of both exposures.
    o : Out(VideoSignature(unsigned(depth_out), ppc=ppc))
        Frames merged or passed.
    memory : Out(MemoryPort(word_bytes))
        Of the frame buffer.
    width : In(range(max_width + 1)), height : In(16)
        Pixels per line, a multiple of ``ppc`` and at least 3; lines, at least 1.
    base, stride : In(32)
        Address of the frame buffer, and from line to line; multiples of ``word_bytes``.
    role : In(HdrRole)
        What the frame is for.
    stored_long : In(1)
        The frame that is stored is the long exposure.
    ratio : In(16)
        Long over short exposure, in 1/256.
    black : In(depth)
        Black level of both.
    knee : In(depth)
        Long sample from which the short exposure gains weight.
    knee_slope : In(3)
        It has all at ``2**(depth - knee_slope)`` above.
    constant : In(signed(24)), slope : In(16)
        Variance of the difference, at a long sample, as in
        :class:`~opsin.isp.raw_noise_reduction.RawNoiseReduction`.
    threshold : In(signed(8)), motion_slope : In(3)
        As in :class:`~opsin.isp.temporal_noise_reduction.TemporalNoiseReduction`.
    shift : In(3)
        Merged values are divided by ``2**shift``.
    pedestal : In(depth_out)
        Then this is added: the new black level.
    busy : Out(1)
        A frame is under way, to ``o`` or to memory.

    All settings are sampled as a frame begins.

    Timing
    ------
    Latency ``44 + ceil(2 / ppc)`` cycles, merging 8 and the memory's more; throughput 1 beat/cycle
    if memory accepts and answers as many words. No frame begins before the one before has left and
    is in memory. ``i.ready`` depends combinationally on ``i``; ``o`` and requests come from
    registers.

    Raises
    ------
    ValueError
        If a parameter is out of range, or a word does not hold a beat.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.hdr_merge`, which names papers.
    """

    i: stream.Interface
    o: stream.Interface
    memory: MemoryInterface
    width: Value
    height: Value
    base: Value
    stride: Value
    role: Any
    stored_long: Value
    ratio: Value
    black: Value
    knee: Value
    knee_slope: Value
    constant: Value
    slope: Value
    threshold: Value
    motion_slope: Value
    shift: Value
    pedestal: Value
    busy: Value

    def __init__(
        self,
        *,
        depth: int,
        max_width: int,
        depth_out: int = 16,
        ppc: int = 1,
        word_bytes: int | None = None,
        ahead: int = 128,
    ) -> None:
        check_depth(depth)
        if not depth <= depth_out <= 20:
            raise ValueError(f"depth_out must be in depth..20, not {depth_out!r}")
        self.depth, self.depth_out, self.ppc = depth, depth_out, ppc
        self._loop = FrameLoop(
            unsigned(depth),
            unsigned(depth_out),
            unsigned(depth),
            max_width=max_width,
            ppc=ppc,
            word_bytes=word_bytes or 8 * ppc,
            ahead=ahead,
        )
        self._settings = blend_settings(depth, depth_out)
        super().__init__(
            {
                "i": In(VideoSignature(unsigned(depth), ppc=ppc)),
                "o": Out(VideoSignature(unsigned(depth_out), ppc=ppc)),
                "memory": Out(MemoryPort(word_bytes or 8 * ppc)),
                "width": In(range(max_width + 1)),
                "height": In(16),
                "base": In(32),
                "stride": In(32),
                "role": In(HdrRole),
                **{name: In(shape) for name, shape in self._settings.items()},
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.loop = loop = self._loop
        difference = ExposureDifference(depth=self.depth, ppc=self.ppc)
        row = RowWindow(Exposures(self.depth), columns=5, ppc=self.ppc)
        blend = ExposureBlend(depth=self.depth, depth_out=self.depth_out, ppc=self.ppc)
        m.submodules.passage = passage = Passage([difference, row, blend])
        m.submodules.turns = turns = HdrTurns()
        m.submodules.settings = settings = Shadow(data.StructLayout(self._settings))

        wiring.connect(m, wiring.flipped(self.i), loop.i)
        wiring.connect(m, loop.met, passage.i)
        wiring.connect(m, passage.o, loop.kept)
        wiring.connect(m, loop.o, wiring.flipped(self.o))
        wiring.connect(m, loop.memory, wiring.flipped(self.memory))
        for name in ("width", "height", "base", "stride"):
            m.d.comb += getattr(loop, name).eq(getattr(self, name))

        m.d.comb += [
            turns.role.eq(self.role),
            turns.begin.eq(loop.begin),
            loop.write.eq(turns.stores),
            loop.read.eq(~turns.stores & ~turns.passes),
            loop.emit.eq(~turns.stores),
            settings.take.eq(loop.begin),
            self.busy.eq(loop.busy),
            blend.alone.eq(~loop.reading),
            blend.unchanged.eq(turns.passed),
        ]
        for name in self._settings:
            m.d.comb += settings.i[name].eq(getattr(self, name))
            for part in (difference, blend):
                if name in part.signature.members:
                    m.d.comb += getattr(part, name).eq(settings.o[name])

        return m
