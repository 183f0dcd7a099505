# SPDX-License-Identifier: MIT
"""Where frames enter the pipeline."""

from typing import Any

from amaranth import Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.video import BayerPhase, VideoSignature
from .crop import Crop
from .frame_guard import FrameGuard, FrameStatus
from .settings import IspSettings

__all__ = ["FrameEntry"]

_QUIET = 8  # cycles after which no beat of the frame before is in the crop


class FrameEntry(wiring.Component):
    """Let one frame in at a time, cut its window out, and make it whole.

    A beat with ``sof`` waits until the frame before has left the pipeline. If that frame is
    not complete, or if ``timeout`` cycles go by without a beat of it, the rest is filled with 0.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line behind the crop.
    min_height : int
        Lines of the shortest frame.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(VideoSignature(unsigned(depth), ppc=ppc))
        Raw samples as they come.
    o : Out(VideoSignature(unsigned(depth), ppc=ppc))
        Whole frames (see :class:`~opsin.isp.frame_guard.FrameGuard`).
    begin : Out(1)
        In the cycle after this one, all settings below must be those of the frame to come, and stay
        until the next ``begin``.
    width, height : In(16)
        Size of the frame that comes.
    phase : In(BayerPhase)
        Its first pixel's colour filter.
    crop : In
        Settings of :class:`~opsin.isp.Crop`: ``x``, ``y``, ``width``, ``height``, ``bypass``.
    timeout : In(32)
        Cycles; 0: forever.
    frame_width, frame_height, frame_phase : Out
        Of the frames at ``o``.
    busy : In(1)
        A frame is on its way behind ``o``.
    status : Out(FrameStatus)
        Sticky flags.
    clear : In(1)
        Reset them.

    Timing
    ------
    Latency 4 cycles, throughput 1 beat/cycle; between frames ``i`` waits for 10 cycles and more.
    """

    i: stream.Interface
    o: stream.Interface
    begin: Value
    width: Value
    height: Value
    phase: Any
    crop: Any
    timeout: Value
    frame_width: Value
    frame_height: Value
    frame_phase: Any
    busy: Value
    status: Any
    clear: Value

    def __init__(self, *, depth: int, max_width: int, min_height: int, ppc: int = 1) -> None:
        self._crop = Crop(depth=depth, ppc=ppc)
        self._guard = FrameGuard(depth=depth, max_width=max_width, min_height=min_height, ppc=ppc)
        video = VideoSignature(unsigned(depth), ppc=ppc)
        super().__init__(
            {
                "i": In(video),
                "o": Out(video),
                "begin": Out(1),
                "width": In(16),
                "height": In(16),
                "phase": In(BayerPhase),
                "crop": In(IspSettings(depth).members["crop"]),
                "timeout": In(32),
                "frame_width": Out(range(max_width + 1)),
                "frame_height": Out(16),
                "frame_phase": Out(BayerPhase),
                "busy": In(1),
                "status": Out(FrameStatus()),
                "clear": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.crop = crop = self._crop
        m.submodules.guard = guard = self._guard
        wiring.connect(m, crop.o, guard.i)
        wiring.connect(m, guard.o, wiring.flipped(self.o))

        # The first beat of a frame waits until nothing of the one before is left.
        waits, passes = Signal(), Signal()
        opened = Signal(range(4))  # the frame may begin: settings have arrived when all are set
        quiet = Signal(range(_QUIET + 1))
        m.d.comb += [
            waits.eq(self.i.valid & self.i.p.sof & ~opened.all()),
            crop.i.p.eq(self.i.p),
            crop.i.valid.eq(self.i.valid & ~waits),
            self.i.ready.eq(crop.i.ready & ~waits),
            passes.eq(self.i.valid & self.i.ready),
            self.begin.eq(waits & (quiet == _QUIET) & ~guard.inside & ~self.busy & (opened == 0)),
        ]
        m.d.sync += quiet.eq(Mux(guard.i.valid | ~waits, 0, Mux(quiet == _QUIET, quiet, quiet + 1)))
        with m.If(self.begin | ((opened != 0) & ~opened.all())):
            m.d.sync += opened.eq(opened + 1)
        with m.Elif(passes & self.i.p.sof):
            m.d.sync += opened.eq(0)

        # What a source that does not send on leaves open is filled.
        silent = Signal(32)
        with m.If(passes | ~guard.inside):
            m.d.sync += silent.eq(0)
        with m.Elif(~self.i.valid & ~guard.stop):
            m.d.sync += silent.eq(silent + 1)
        late = Signal()
        m.d.sync += [
            late.eq((silent == self.timeout) & (self.timeout != 0)),
            guard.early.eq(quiet == _QUIET),
            guard.stop.eq(guard.inside & ~passes & (guard.stop | late)),
        ]

        crops = ~self.crop.bypass
        m.d.comb += [
            *(
                getattr(crop, name).eq(self.crop[name])
                for name in ("x", "y", "width", "height", "bypass")
            ),
            crop.phase.eq(self.phase),
            guard.width.eq(Mux(crops, self.crop.width, self.width)),
            guard.height.eq(Mux(crops, self.crop.height, self.height)),
            self.frame_width.eq(guard.frame_width),
            self.frame_height.eq(guard.frame_height),
            self.frame_phase.eq(crop.phase_out),
            self.status.eq(guard.status),
            guard.clear.eq(self.clear),
        ]

        return m
