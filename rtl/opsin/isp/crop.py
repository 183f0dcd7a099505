# SPDX-License-Identifier: MIT
"""Crop."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.shadow import Shadow
from ..common.video import BayerPhase, VideoSignature
from .point import check_depth

__all__ = ["Crop"]

_PLACE = ("x", "y", "width", "height")


class Crop(wiring.Component):
    """Keep a window of the frame and drop the rest.

    Lines end at the window's last column, or with the line that comes if that is earlier; beats
    before the first ``sof`` are dropped, and those behind 65536 lines or a line of 65536 beats, as
    they belong to no frame. A window that is not wholly within the frame gives short lines, too few
    of them, or nothing, for the frame guard behind to repair.

    An odd ``x`` swaps the colours of a line, an odd ``y`` the kinds of lines:
    ``phase_out = phase ^ Cat(x[0], y[0])``.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(VideoSignature(unsigned(depth), ppc=ppc))
        Raw samples.
    o : Out(VideoSignature(unsigned(depth), ppc=ppc))
        Those of the window.
    x, y : In(unsigned(16))
        Its first column and line; sampled with ``sof``.
    width, height : In(unsigned(16))
        Its size; ``x`` and ``width`` are rounded down to a multiple of ``ppc``; sampled with
        ``sof``.
    phase : In(BayerPhase)
        Colour filter of the frame's first pixel; sampled with ``sof``.
    bypass : In(1)
        Let frames pass; sampled with ``sof``.
    phase_out : Out(BayerPhase)
        Colour filter of the window's first pixel, from when that is at ``o`` to the next frame's.

    Timing
    ------
    Latency 4 cycles, throughput 1 beat/cycle; ``i.ready`` depends combinationally on ``o.ready``;
    ``o`` comes from registers.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16 or ``ppc`` not 1, 2 or 4.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.crop`, :func:`opsin_sim.golden.isp.crop_phase`.
    """

    i: stream.Interface
    o: stream.Interface
    x: Value
    y: Value
    width: Value
    height: Value
    phase: Any
    bypass: Value
    phase_out: Any

    def __init__(self, *, depth: int, ppc: int = 1) -> None:
        check_depth(depth)
        if ppc not in (1, 2, 4):
            raise ValueError(f"ppc must be 1, 2 or 4, not {ppc!r}")
        self.ppc = ppc
        super().__init__(
            {
                "i": In(VideoSignature(unsigned(depth), ppc=ppc)),
                "o": Out(VideoSignature(unsigned(depth), ppc=ppc)),
                **{name: In(unsigned(16)) for name in _PLACE},
                "phase": In(BayerPhase),
                "bypass": In(1),
                "phase_out": Out(BayerPhase),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        members = {**dict.fromkeys(_PLACE, unsigned(16)), "phase": BayerPhase, "bypass": 1}
        m.submodules.settings = settings = Shadow(data.StructLayout(members))
        use: Any = settings.o

        advance = Signal()
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(advance),
            settings.take.eq(self.i.valid & advance & self.i.p.sof),
        ]
        for name in members:
            m.d.comb += settings.i[name].eq(getattr(self, name))

        # Stage 1: the beat, and its place in beats.
        step = (self.ppc - 1).bit_length()
        beat: Any = Signal(self.i.p.shape())
        valid, running, ended = Signal(), Signal(), Signal()
        column, line = Signal(16), Signal(16)
        wraps = Mux(ended, line.all(), column.all())
        runs = self.i.p.sof | (running & ~wraps)
        with m.If(advance):
            m.d.sync += valid.eq(self.i.valid & runs)
            with m.If(self.i.valid):
                fresh = self.i.p.sof | ended
                m.d.sync += [
                    beat.eq(self.i.p),
                    running.eq(runs),
                    ended.eq(self.i.p.eol),
                    column.eq(Mux(fresh, 0, column + 1)),
                    line.eq(Mux(self.i.p.sof, 0, line + ended)),
                ]

        # Stage 2: places within the window; those before it are huge.
        late: Any = Signal.like(beat)
        late_valid, pass_all = Signal(), Signal()
        right, down = Signal(17), Signal(17)
        width, height, last = Signal(16), Signal(16), Signal(16)
        phase = Signal(2)
        first_column = use.x >> step
        with m.If(advance):
            m.d.sync += [
                late.eq(beat),
                late_valid.eq(valid),
                right.eq(column - first_column),
                down.eq(line - use.y),
                width.eq(use.width >> step),
                last.eq((use.width >> step) - 1),
                height.eq(use.height),
                pass_all.eq(use.bypass),
            ]
            turn = Cat(use.x[0] if self.ppc == 1 else 0, use.y[0])
            m.d.sync += phase.eq(use.phase.as_value() ^ Mux(use.bypass, 0, turn))

        # Stage 3: what is the case of these.
        video: Any = Signal.like(beat)
        video_valid, passing = Signal(), Signal()
        at_left, at_top, at_right = Signal(), Signal(), Signal()
        columns, lines = Signal(), Signal()
        turned = Signal(2)
        with m.If(advance):
            m.d.sync += [
                video.eq(late),
                video_valid.eq(late_valid),
                passing.eq(pass_all),
                turned.eq(phase),
                columns.eq(right < width),
                lines.eq(down < height),
                at_left.eq(right == 0),
                at_top.eq(down == 0),
                at_right.eq(right == last),
            ]

        # Stage 4: what lies inside.
        inside = columns & lines
        begins = Mux(passing, video.sof, inside & at_left & at_top)
        with m.If(advance):
            m.d.sync += [
                self.o.valid.eq(video_valid & (inside | passing)),
                self.o.p.pixel.eq(video.pixel),
                self.o.p.sof.eq(begins),
                self.o.p.eol.eq(video.eol | (at_right & inside & ~passing)),
            ]
            with m.If(video_valid & begins):
                m.d.sync += self.phase_out.eq(turned)

        return m
