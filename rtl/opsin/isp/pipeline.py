# SPDX-License-Identifier: MIT
"""The camera pipeline."""

from itertools import pairwise
from typing import Any

from amaranth import Module, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.shadow import Shadow
from ..common.stream import Buffer
from ..common.video import Beat, Rgb, VideoSignature
from ..config import IspConfig
from .black_level import BlackLevel
from .color_correction import ColorCorrection
from .demosaic import MIN_HEIGHT, Demosaic
from .frame_guard import MIN_SIZE, FrameGuard, FrameStatus
from .settings import IspSettings
from .tone_curve import CurveWrite, ToneCurve
from .white_balance import WhiteBalance

__all__ = ["Pipeline"]


class Pipeline(wiring.Component):
    """Raw frames in, finished pictures out.

    Frame guard → black level → white balance → demosaic → colour correction → tone curve.

    All settings are sampled together in the cycle in which a frame begins (its ``sof`` beat enters
    the guard) and hold for the whole of that frame, wherever its pixels are; so ``settings`` may
    change at any time and no frame mixes two of them. A frame that follows a very small one waits
    until the last block has taken over the settings of its predecessor.

    Parameters
    ----------
    config : IspConfig
        Sample width, longest line, method of demosaic.

    Members
    -------
    i : In(VideoSignature(unsigned(depth)))
        Raw samples, aligned to the top of ``depth`` bits. Malformed frames are repaired, see
        :class:`~opsin.isp.frame_guard.FrameGuard`.
    o : Out(VideoSignature(Rgb(8)))
        Whole frames.
    settings : In(IspSettings(depth))
        Settings for the next frame.
    curve : In(stream.Signature(CurveWrite()))
        Segments of the tone curve table that ``settings.curve_bank`` does not name. They wait
        while a frame in flight uses that table: from a change of ``curve_bank`` until the first
        frame with it has reached the last block.
    status : Out(FrameStatus)
        What was wrong with ``i``; sticky.
    status_clear : In(1)
        Reset ``status``.

    Timing
    ------
    Throughput 1 pixel/cycle, ``width * height + 2 * width + 2`` cycles a frame. The first pixel
    leaves 2 lines and 35 cycles after it came. With directional demosaic it is
    ``width * height + 4 * width + 3`` cycles, and 5 lines and 67 cycles. ``i.ready`` depends
    combinationally on ``i`` and on registers, not on ``o.ready``.

    Raises
    ------
    ValueError
        If a parameter of ``config`` is out of the range that the blocks allow.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.develop`.
    """

    i: stream.Interface
    o: stream.Interface
    settings: Any
    curve: stream.Interface
    status: Any
    status_clear: Value

    def __init__(self, config: IspConfig) -> None:
        depth = config.depth
        self._guard = FrameGuard(
            depth=depth,
            max_width=config.max_width,
            min_height=max(MIN_SIZE, MIN_HEIGHT[config.demosaic]),
        )
        self._black_level = BlackLevel(depth=depth)
        self._white_balance = WhiteBalance(depth=depth)
        self._demosaic = Demosaic(depth=depth, max_width=config.max_width, method=config.demosaic)
        self._color_correction = ColorCorrection(depth=depth)
        self._tone_curve = ToneCurve(depth=depth)
        self._raw, self._linear = Beat(unsigned(depth)), Beat(Rgb(depth))
        super().__init__(
            {
                "i": In(VideoSignature(unsigned(depth))),
                "o": Out(VideoSignature(Rgb(8))),
                "settings": In(IspSettings(depth)),
                "curve": In(stream.Signature(CurveWrite())),
                "status": Out(FrameStatus()),
                "status_clear": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.guard = guard = self._guard
        m.submodules.black_level = black_level = self._black_level
        m.submodules.white_balance = white_balance = self._white_balance
        m.submodules.demosaic = demosaic = self._demosaic
        m.submodules.color_correction = color_correction = self._color_correction
        m.submodules.tone_curve = tone_curve = self._tone_curve

        # The video, with buffers where chains of ready would grow long.
        m.submodules.raw_buffer = raw_buffer = Buffer(self._raw)
        m.submodules.linear_buffer = linear_buffer = Buffer(self._linear)
        m.submodules.picture_buffer = picture_buffer = Buffer(Beat(Rgb(8)))
        blocks: list[Any] = [guard, black_level, white_balance, raw_buffer, demosaic, linear_buffer]
        blocks += [color_correction, tone_curve, picture_buffer]
        wiring.connect(m, wiring.flipped(self.i), guard.i)
        for before, after in pairwise(blocks):
            wiring.connect(m, before.o, after.i)
        wiring.connect(m, picture_buffer.o, wiring.flipped(self.o))

        # The settings: sampled once for the whole pipeline as a frame begins. No other frame
        # begins before the last block has made its copy.
        m.submodules.settings = shadow = Shadow(self.settings.shape())
        frame: Any = shadow.o
        spreading = Signal()
        at_last_block = tone_curve.i.valid & tone_curve.i.ready & tone_curve.i.p.sof
        with m.If(guard.begin | at_last_block):
            m.d.sync += spreading.eq(guard.begin)
        m.d.comb += [
            shadow.i.eq(self.settings),
            shadow.take.eq(guard.begin),
            guard.hold.eq(spreading),
            guard.width.eq(self.settings.width),
            guard.height.eq(self.settings.height),
            black_level.phase.eq(frame.phase),
            black_level.black.eq(frame.black),
            white_balance.phase.eq(frame.phase),
            white_balance.gain.eq(frame.gain),
            demosaic.width.eq(guard.frame_width),
            demosaic.height.eq(guard.frame_height),
            demosaic.phase.eq(frame.phase),
            color_correction.ccm.eq(frame.ccm),
            color_correction.offset.eq(frame.offset),
            tone_curve.bank.eq(frame.curve_bank),
        ]

        settled = frame.curve_bank == self.settings.curve_bank
        m.d.comb += [
            tone_curve.write.p.eq(self.curve.p),
            tone_curve.write.valid.eq(self.curve.valid & settled),
            self.curve.ready.eq(tone_curve.write.ready & settled),
            self.status.eq(guard.status),
            guard.clear.eq(self.status_clear),
        ]

        return m
