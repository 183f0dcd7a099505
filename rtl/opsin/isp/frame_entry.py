# SPDX-License-Identifier: MIT
"""Where frames enter the pipeline."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.stream import Buffer
from ..common.video import BayerPhase, VideoSignature
from .crop import Crop
from .frame_guard import FrameGuard, FrameStatus
from .settings import IspSettings

__all__ = ["FrameEntry"]

_QUIET = 8  # cycles without a beat at the guard after which there is none in the crop


class FrameEntry(wiring.Component):
    """Let one frame in at a time, cut its window out, and make it whole.

    A beat with ``sof`` waits until the frame before has left the pipeline. If that frame is
    not complete, or if ``timeout`` cycles go by without a beat of it, the rest is filled with 0. A
    frame that has nothing in the crop's window is dropped, and counts as ``early_sof`` when the
    next one comes.

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
        From the second cycle after this one all settings below must be those of the frame to come,
        until the cycle after the next ``begin``.
    width, height : In(16)
        Size of the frame that comes.
    phase : In(BayerPhase)
        Its first pixel's colour filter.
    crop : In
        Settings of :class:`~opsin.isp.Crop`: ``x``, ``y``, ``width``, ``height``, ``bypass``.
    timeout : In(32)
        Cycles in which ``i`` offers nothing, to which up to 8 are added; 0: forever. They count
        from the window's first beat on.
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
    Latency 7 cycles, throughput 1 beat/cycle; between frames ``i`` waits for 16 cycles and more.
    ``i.ready`` depends combinationally on ``i``.
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
        m.submodules.buffer = buffer = Buffer(crop.o.p.shape())  # parts their ready
        m.submodules.guard = guard = self._guard
        m.submodules.leave = leave = Buffer(guard.o.p.shape())  # the guard's from the next block's
        wiring.connect(m, crop.o, buffer.i)
        wiring.connect(m, buffer.o, guard.i)
        wiring.connect(m, guard.o, leave.i)
        wiring.connect(m, leave.o, wiring.flipped(self.o))

        # The first beat of a frame waits until nothing of the one before is left, and then until
        # settings have arrived.
        waits, passes, may = Signal(), Signal(), Signal()
        opened = Signal(5)
        quiet = Signal(range(_QUIET + 1))
        behind = self.busy | leave.o.valid
        m.d.comb += [
            waits.eq(self.i.valid & self.i.p.sof & ~opened[-1]),
            crop.i.p.eq(self.i.p),
            crop.i.valid.eq(self.i.valid & ~waits),
            self.i.ready.eq(crop.i.ready & ~waits),
            passes.eq(self.i.valid & self.i.ready),
            may.eq(waits & (quiet == _QUIET) & ~guard.inside & ~behind & ~opened[0]),
        ]
        m.d.sync += [
            quiet.eq(Mux(guard.i.valid | ~waits, 0, quiet + (quiet != _QUIET))),
            guard.early.eq(quiet == _QUIET),
            self.begin.eq(may),
            opened.eq(Mux(passes & self.i.p.sof, 0, Cat(may | opened[0], opened))),
        ]

        self._watch(m, passes)

        # A frame of which the window has seen nothing is dropped.
        missing, lost = Signal(), Signal()
        with m.If(guard.begin):
            m.d.sync += missing.eq(0)
        with m.Elif(passes & self.i.p.sof):
            m.d.sync += missing.eq(1)
        m.d.sync += lost.eq((lost & ~self.clear) | (missing & self.begin))

        crops = ~self.crop.bypass
        m.d.sync += [
            guard.width.eq(Mux(crops, self.crop.width, self.width)),
            guard.height.eq(Mux(crops, self.crop.height, self.height)),
        ]
        m.d.comb += [
            *(
                getattr(crop, name).eq(self.crop[name])
                for name in ("x", "y", "width", "height", "bypass")
            ),
            crop.phase.eq(self.phase),
            self.frame_width.eq(guard.frame_width),
            self.frame_height.eq(guard.frame_height),
            self.frame_phase.eq(crop.phase_out),
            self.status.eq(guard.status),
            self.status.early_sof.eq(guard.status.early_sof | lost),
            guard.clear.eq(self.clear),
        ]

        return m

    def _watch(self, m: Module, passes: Value) -> None:
        """Have the rest of the frame filled when the source does not send on."""
        guard = self._guard
        silent = Signal(32)  # cycles
        moves, idle, limited, late = Signal(), Signal(), Signal(), Signal()
        same = Signal(4)
        m.d.sync += [
            moves.eq(passes | ~guard.inside),
            idle.eq(~self.i.valid),
            limited.eq(self.timeout != 0),
            guard.stop.eq(guard.inside & (guard.stop | late)),
        ]
        with m.If(moves):
            m.d.sync += [silent.eq(0), same.eq(0), late.eq(0)]
        with m.Else():
            m.d.sync += [
                silent.eq(silent + idle),
                *(
                    same[k].eq(silent.word_select(k, 8) == self.timeout.word_select(k, 8))
                    for k in range(4)
                ),
                late.eq(same.all() & limited),
            ]
