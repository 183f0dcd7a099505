# SPDX-License-Identifier: MIT
"""Frame guard: whole frames, whatever comes."""

from typing import Any

from amaranth import Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.video import VideoSignature
from .point import check_depth

__all__ = ["MIN_SIZE", "FrameGuard", "FrameStatus"]

MIN_SIZE = 4
"""Fewest pixels per line, and lines per frame unless more are asked for."""


class FrameStatus(data.StructLayout):
    """What was wrong with the beats since the flags were cleared.

    ``short_line``: a line ended early and was filled with 0. ``long_line``: a line did not end and
    was cut. ``early_sof``: a frame began before the one before was complete, which was completed
    with 0. ``stray``: beats outside a frame were dropped. ``stopped``: the source stopped in
    mid-frame, which was completed with 0.
    """

    def __init__(self) -> None:
        super().__init__(
            {"short_line": 1, "long_line": 1, "early_sof": 1, "stray": 1, "stopped": 1}
        )


class FrameGuard(wiring.Component):
    """Pass frames of exactly ``height`` lines of ``width`` pixels, markers in place.

    A frame begins with a beat with ``sof``; beats before it, and lines beyond ``height``, are
    dropped. Lines are filled with 0 while the source waits, or dropped from ``width`` to their
    ``eol``. A ``sof`` that comes early waits until its predecessor is complete. So every frame
    that begins ends, as soon as the source sends on, and the next is whole again.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line.
    min_height : int
        Lines of the shortest frame, at least 4.
    ppc : int
        Pixels per beat, 1, 2 or 4.

    Members
    -------
    i : In(VideoSignature(unsigned(depth), ppc=ppc))
        Raw samples as they come.
    o : Out(VideoSignature(unsigned(depth), ppc=ppc))
        Whole frames.
    width : In(16)
        Pixels per line, a multiple of ``ppc``, at least 4 and ``2 * ppc``, at most ``max_width``
        (or the nearest of these is taken).
    height : In(16)
        Lines per frame, at least ``min_height`` (or that is taken). Both must hold still while a
        beat with ``sof`` waits, and are taken with it.
    hold : In(1)
        No frame begins; the beat with ``sof`` waits.
    early : In(1)
        The next frame waits elsewhere: what is missing of this one will not come.
    stop : In(1)
        The source has stopped: likewise; what it still sends of this frame waits, and is dropped.
    begin : Out(1)
        In this cycle a frame begins.
    inside : Out(1)
        A frame has begun and is not complete.
    frame_width : Out(range(max_width + 1))
        Pixels per line of the frame that began last, or is beginning.
    frame_height : Out(16)
        Its lines.
    status : Out(FrameStatus)
        Sticky flags.
    clear : In(1)
        Reset the flags that do not rise in this cycle.

    Timing
    ------
    Latency 1 cycle, throughput 1 beat/cycle; a frame's first beat waits for 2 cycles. ``i.ready``
    depends combinationally on ``o.ready``, ``i`` and ``hold``.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16, ``min_height`` less than 4, ``ppc`` not 1, 2 or 4, or
        ``max_width`` not a multiple of ``ppc`` that a smallest frame fits.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.frame_guard`.
    """

    i: stream.Interface
    o: stream.Interface
    width: Value
    height: Value
    hold: Value
    early: Value
    stop: Value
    begin: Value
    inside: Value
    frame_width: Value
    frame_height: Value
    status: Any
    clear: Value

    def __init__(
        self, *, depth: int, max_width: int, min_height: int = MIN_SIZE, ppc: int = 1
    ) -> None:
        check_depth(depth)
        if not MIN_SIZE <= min_height <= 65535:
            raise ValueError(f"min_height must be in {MIN_SIZE}..65535, not {min_height!r}")
        self.min_height = min_height
        if ppc not in (1, 2, 4):
            raise ValueError(f"ppc must be 1, 2 or 4, not {ppc!r}")
        self.ppc = ppc
        self.min_width = max(MIN_SIZE, 2 * ppc)
        self.max_width = max_width
        if max_width < self.min_width or max_width > 65535 or max_width % ppc:
            raise ValueError(
                f"max_width must be a multiple of {ppc} in {self.min_width}..65535,"
                f" not {max_width!r}"
            )
        super().__init__(
            {
                "i": In(VideoSignature(unsigned(depth), ppc=ppc)),
                "o": Out(VideoSignature(unsigned(depth), ppc=ppc)),
                "width": In(16),
                "height": In(16),
                "hold": In(1),
                "early": In(1),
                "stop": In(1),
                "begin": Out(1),
                "inside": Out(1),
                "frame_width": Out(range(max_width + 1)),
                "frame_height": Out(16),
                "status": Out(FrameStatus()),
                "clear": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        beat, offered = self.i.p, self.i.valid

        inside = self.inside
        filling = Signal()  # its line ended early
        dropping = Signal()  # a line has not ended yet
        x, last_x = Signal(range(self.max_width)), Signal(range(self.max_width))
        y, last_y = Signal(16), Signal(16)

        advance, at_sof, in_line = Signal(), Signal(), Signal()
        missing, fill, take, drop, emit, last = (Signal() for _ in range(6))
        closing, ended, last_line = (Signal() for _ in range(3))
        opening, settled, ripe = Signal(), Signal(), Signal()
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            at_sof.eq(offered & beat.sof),
            in_line.eq(offered & ~beat.sof),
            missing.eq(inside & ~(filling & last_line)),
            closing.eq(filling | self.stop),
            fill.eq(inside & (closing | at_sof | (self.early & ~offered))),
            take.eq(inside & in_line & ~closing & ~dropping),
            drop.eq(in_line & (dropping | ~inside)),
            opening.eq(~inside & at_sof & ~self.hold),
            self.begin.eq(advance & ripe & ~self.hold & ~inside),
            # ``begin``, ``take`` or ``fill``, with little behind the beat
            emit.eq(
                Mux(
                    inside,
                    closing | Mux(offered, beat.sof | ~dropping, self.early),
                    ripe & ~self.hold,
                )
            ),
            last.eq(inside & ~ended & (x == last_x)),
            self.i.ready.eq(self.begin | (advance & (take | drop))),
        ]

        with m.If(advance):
            m.d.sync += [
                self.o.valid.eq(emit),
                self.o.p.pixel.eq(Mux(fill, 0, Value.cast(beat.pixel))),
                self.o.p.sof.eq(self.begin),
                self.o.p.eol.eq(last),
            ]
            with m.If(emit & last):
                m.d.sync += [filling.eq(0), inside.eq(~last_line)]
            with m.If(self.begin):
                m.d.sync += inside.eq(1)
            with m.If((self.begin | take) & beat.eol & ~last):
                m.d.sync += filling.eq(1)
            with m.If(take & last):
                m.d.sync += dropping.eq(~beat.eol)
            with m.If(at_sof | (drop & beat.eol)):
                m.d.sync += dropping.eq(0)

        # Lines have two beats or more: there is time to count them from a register.
        moved = advance & emit
        m.d.sync += ended.eq(moved & last)
        with m.If(moved | ended):
            m.d.sync += x.eq(Mux(ended, moved, x + 1))
        near = Signal()  # the line behind this one is the last
        m.d.sync += near.eq(y + 1 == last_y)
        with m.If(ended):
            m.d.sync += [y.eq(y + 1), last_line.eq(near)]
        with m.If(~inside):
            m.d.sync += [y.eq(0), last_line.eq(0)]

        # The size is taken while the frame's first beat waits for it.
        low, high, flat = Signal(), Signal(), Signal()
        m.d.sync += [
            settled.eq(opening),
            ripe.eq(opening & settled),
        ]
        with m.If(opening):
            width = Mux(low, self.min_width, Mux(high, self.max_width, self.width))
            m.d.sync += [
                low.eq(self.width < self.min_width),
                high.eq(self.width > self.max_width),
                flat.eq(self.height < self.min_height),
                last_x.eq(width // self.ppc - 1),
                self.frame_width.eq(width // self.ppc * self.ppc),
                last_y.eq(Mux(flat, self.min_height, self.height) - 1),
                self.frame_height.eq(Mux(flat, self.min_height, self.height)),
            ]

        rises: Any = Signal(FrameStatus())
        m.d.comb += [
            rises.short_line.eq((self.begin | take) & beat.eol & ~last),
            rises.long_line.eq(take & last & ~beat.eol),
            rises.early_sof.eq(missing & (at_sof | (self.early & ~offered))),
            rises.stray.eq(drop & ~dropping),
            rises.stopped.eq(missing & self.stop),
        ]
        kept = Mux(self.clear, 0, Value.cast(self.status))
        m.d.sync += Value.cast(self.status).eq(kept | Mux(advance, Value.cast(rises), 0))

        return m
