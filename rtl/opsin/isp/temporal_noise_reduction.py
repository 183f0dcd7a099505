# SPDX-License-Identifier: MIT
"""Temporal noise reduction."""

from typing import Any

from amaranth import Module, Value, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.memory_port import MemoryInterface, MemoryPort
from ..common.passage import Passage
from ..common.row_window import RowWindow
from ..common.shadow import Shadow
from ..common.video import VideoSignature
from .frame_loop import FrameLoop
from .point import check_depth
from .temporal_blend import BLEND_SETTINGS, Compared, Mean, TemporalBlend, TemporalDifference

__all__ = ["TemporalNoiseReduction"]


class TemporalNoiseReduction(wiring.Component):
    """Blend every raw sample with the mean of its predecessors, unless something moves there.

    ``o = now + weight * (mean - now)``; the mean, and of how many frames it is, come from memory,
    and the new ones take their place. The weight is at most ``n / (n + 1)`` beside a mean of
    ``n`` frames, up to 8/9, and falls with the logarithm of the mean difference of five pixels of
    the row, squared, over the variance that the noise model ``constant + slope * sample`` expects.

    The first frame after reset, after ``bypass``, and after one of another size or place passes as
    it is, and so does one with ``forget``.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    fraction : int
        Bits below the sample in memory, 0..4.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    word_bytes : int or None
        Bytes of a memory word, a power of two; None: ``8 * ppc``. A word must hold a beat of
        ``ppc * (depth + fraction + 3)`` bits; for 1 beat/cycle, at least two.
    ahead : int
        Memory words read ahead, at least 16.

    Members
    -------
    i, o : VideoSignature(unsigned(depth), ppc=ppc)
        Raw frames.
    memory : Out(MemoryPort(word_bytes))
        Of the frame buffer.
    width : In(range(max_width + 1)), height : In(16)
        Pixels per line, a multiple of ``ppc`` and at least 3; lines, at least 1.
    base, stride : In(32)
        Address of the frame buffer, and from line to line; multiples of ``word_bytes``.
    constant : In(signed(24)), slope : In(16)
        Variance of the noise as in :class:`~opsin.isp.raw_noise_reduction.RawNoiseReduction`.
    threshold : In(signed(8))
        Where weight begins to fall: 16 times the logarithm (base 2) of squared difference over
        variance.
    motion_slope : In(3)
        It falls by ``2**motion_slope / 256`` for every 1/16 of an octave.
    max_weight : In(8)
        Weight of the mean at most, in 1/256.
    forget : In(1)
        Do without history in this frame.
    bypass : In(1)
        Let frames pass, without a word of memory.
    busy : Out(1)
        A frame is under way, to ``o`` or to memory.

    All settings are sampled as a frame begins.

    Timing
    ------
    Latency ``35 + ceil(2 / ppc)`` cycles, with history 8 and the memory's more; throughput
    1 beat/cycle if memory accepts and answers as many words. No frame begins before the one before
    has left and is in memory. ``i.ready`` depends combinationally on ``i``; ``o`` and requests come
    from registers.

    Raises
    ------
    ValueError
        If a parameter is out of range, or a word does not hold a beat.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.temporal_noise_reduction`, which names papers.
    """

    i: stream.Interface
    o: stream.Interface
    memory: MemoryInterface
    width: Value
    height: Value
    base: Value
    stride: Value
    constant: Value
    slope: Value
    threshold: Value
    motion_slope: Value
    max_weight: Value
    forget: Value
    bypass: Value
    busy: Value

    def __init__(
        self,
        *,
        depth: int,
        max_width: int,
        fraction: int = 1,
        ppc: int = 1,
        word_bytes: int | None = None,
        ahead: int = 128,
    ) -> None:
        check_depth(depth)
        if not 0 <= fraction <= 4:
            raise ValueError(f"fraction must be in 0..4, not {fraction!r}")
        self.depth, self.fraction, self.ppc = depth, fraction, ppc
        sample = unsigned(depth)
        self._loop = FrameLoop(
            sample,
            sample,
            Mean(depth, fraction),
            max_width=max_width,
            ppc=ppc,
            word_bytes=word_bytes or 8 * ppc,
            ahead=ahead,
        )
        self._settings: dict[str, ShapeLike] = dict(BLEND_SETTINGS)
        super().__init__(
            {
                "i": In(VideoSignature(sample, ppc=ppc)),
                "o": Out(VideoSignature(sample, ppc=ppc)),
                "memory": Out(MemoryPort(word_bytes or 8 * ppc)),
                "width": In(range(max_width + 1)),
                "height": In(16),
                "base": In(32),
                "stride": In(32),
                **{name: In(shape) for name, shape in self._settings.items()},
                "forget": In(1),
                "bypass": In(1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        kind: dict[str, int] = {"depth": self.depth, "fraction": self.fraction, "ppc": self.ppc}
        m.submodules.loop = loop = self._loop
        difference = TemporalDifference(**kind)
        row = RowWindow(Compared(self.depth, self.fraction), columns=5, ppc=self.ppc)
        blend = TemporalBlend(**kind)
        m.submodules.passage = passage = Passage([difference, row, blend])
        m.submodules.settings = settings = Shadow(data.StructLayout(self._settings))

        wiring.connect(m, wiring.flipped(self.i), loop.i)
        wiring.connect(m, loop.met, passage.i)
        wiring.connect(m, passage.o, loop.kept)
        wiring.connect(m, loop.o, wiring.flipped(self.o))
        wiring.connect(m, loop.memory, wiring.flipped(self.memory))
        for name in ("width", "height", "base", "stride"):
            m.d.comb += getattr(loop, name).eq(getattr(self, name))
        m.d.comb += [
            loop.read.eq(~self.bypass & ~self.forget),
            loop.write.eq(~self.bypass),
            loop.emit.eq(1),
            settings.take.eq(loop.begin),
            self.busy.eq(loop.busy),
            blend.fresh.eq(~loop.reading),
        ]
        for name in self._settings:
            m.d.comb += settings.i[name].eq(getattr(self, name))
            held: Any = settings.o[name]
            m.d.comb += getattr(blend, name).eq(held)

        return m
