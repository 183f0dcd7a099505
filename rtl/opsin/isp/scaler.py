# SPDX-License-Identifier: MIT
"""Scaler."""

from collections.abc import Iterable
from typing import Any

from amaranth import Cat, Module, Signal, Value, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.video import VideoSignature, Ycbcr
from .point import check_depth
from .scaler_across import LineWalk
from .scaler_down import LineStore
from .scaler_filter import CoefficientWrite, PolyphaseFilter
from .scaler_input import ScalerInput
from .scaler_output import ScalerOutput
from .scaler_passes import Pass, PassPlanner
from .scaler_queue import PromisedQueue

__all__ = ["Scaler"]

_SETTINGS = {
    **dict.fromkeys(("width", "height", "width_out", "height_out"), unsigned(16)),
    **dict.fromkeys(("phase_x", "phase_y"), signed(20)),
    **dict.fromkeys(("step_x", "step_y"), unsigned(20)),
    **dict.fromkeys(("average_x", "average_y"), unsigned(2)),
    **dict.fromkeys(("bank", "bypass"), unsigned(1)),
}


class Scaler(wiring.Component):
    """Resample frames: averages of 1, 2, 4 or 8, then four taps with 16 phases, in each direction.

    Along lines first. Of ``n`` samples, averages (halves up) make ``n >> average``; result ``k``
    lies at ``phase + k * step``, is made of the four averages around, borders repeated, and
    saturates; see :class:`~opsin.isp.scaler_filter.PolyphaseFilter`.

    There are two sets of tables. Frames are drawn with the one that ``bank`` names when they start;
    writes go to the other. On an FPGA both hold Lanczos' kernel of two lobes at first.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line that leaves.
    spare_width : int or None
        The same for frames that are averaged vertically or become higher; None: ``max_width``.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    lanes : int
        Samples filtered at once in each direction: 1 or 3, with three multipliers each, of
        carry cells.

    Members
    -------
    i : In(VideoSignature(Ycbcr(depth), ppc=ppc))
        Frames of ``width`` × ``height``; any three samples per pixel. Beats before a ``sof`` are
        dropped.
    o : Out(VideoSignature(Ycbcr(depth), ppc=ppc))
        Frames of ``width_out`` × ``height_out``.
    width, height, width_out, height_out : In(unsigned(16))
        Widths are multiples of ``ppc``.
    average_x, average_y : In(2)
        Log2 of pixels and lines to average; the frame is at least that large.
    step_x, step_y : In(unsigned(20))
        Averages from one result to the next, Q4.16.
    phase_x, phase_y : In(signed(20))
        Place of the first, Q4.16, from -2.
    bank : In(1)
        Tables to use.
    bypass : In(1)
        Let the frame pass, of any width.
    write : In(stream.Signature(CoefficientWrite()))
        Coefficients for the tables that ``bank`` does not name. They wait from a change of ``bank``
        until the frame that is under way has left.

    busy : Out(1)
        A frame is under way in front of the output's queue, or not all of it was taken.

    All settings are sampled when a ``sof`` waits at ``i`` and the frame before has left the
    filters.

    Timing
    ------
    A pixel that leaves takes ``3 // lanes`` cycles, one that comes takes 1, at once: a line takes
    ``max(width / min(ppc, 2**average_x), width_out * 3 // lanes)`` cycles and 5 more, each line
    repeated above or below that ``width_out * 3 // lanes``; a frame 60 cycles more. ``bypass``: 1
    beat/cycle. ``i.ready`` and ``o`` come from registers.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16, ``ppc`` not 1, 2 or 4, ``lanes`` not 1 or 3, or a width
        not in 1..16384.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.scaler`.
    """

    i: stream.Interface
    o: stream.Interface
    bank: Value
    write: stream.Interface
    busy: Value

    def __init__(
        self,
        *,
        depth: int,
        max_width: int,
        spare_width: int | None = None,
        ppc: int = 1,
        lanes: int = 1,
    ) -> None:
        check_depth(depth)
        if ppc not in (1, 2, 4):
            raise ValueError(f"ppc must be 1, 2 or 4, not {ppc!r}")
        if lanes not in (1, 3):
            raise ValueError(f"lanes must be 1 or 3, not {lanes!r}")
        spare_width = max_width if spare_width is None else spare_width
        for name, value in (("max_width", max_width), ("spare_width", spare_width)):
            if not 1 <= value <= 16384:
                raise ValueError(f"{name} must be in 1..16384, not {value!r}")
        self.depth, self.ppc, self.lanes = depth, ppc, lanes
        self._widths = {"max_width": max_width, "spare_width": spare_width}
        super().__init__(
            {
                "i": In(VideoSignature(Ycbcr(depth), ppc=ppc)),
                "o": Out(VideoSignature(Ycbcr(depth), ppc=ppc)),
                **{name: In(shape) for name, shape in _SETTINGS.items()},
                "write": In(stream.Signature(CoefficientWrite())),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        depth, lanes = self.depth, self.lanes
        m.submodules.input = entry = ScalerInput(depth=depth, ppc=self.ppc)
        m.submodules.planner = planner = PassPlanner()
        m.submodules.walk = walk = LineWalk(depth=depth, pace=3 // lanes)
        m.submodules.across = across = PolyphaseFilter(depth=depth, lanes=lanes)
        m.submodules.plans = plans = PromisedQueue(Pass(), depth=16)
        m.submodules.store = store = LineStore(depth=depth, pace=3 // lanes, **self._widths)
        m.submodules.down = down = PolyphaseFilter(depth=depth, lanes=lanes)
        # some 34 cycles are between a pixel's start and its place in the queue
        pixels = 32 if lanes == 1 else 64
        m.submodules.output = output = ScalerOutput(depth=depth, ppc=self.ppc, pixels=pixels)
        wiring.connect(m, output.o, wiring.flipped(self.o))

        use: Any = Signal(data.StructLayout(_SETTINGS))
        drop, start = Signal(), Signal()
        busy = Signal()
        m.d.sync += busy.eq(entry.busy | planner.busy | walk.busy | output.busy)
        self._frames(m, busy, use, drop, start)
        m.d.comb += [
            self.i.ready.eq(entry.ready | drop),
            entry.start.eq(start),
            entry.width.eq(use.width),
            entry.height.eq(use.height),
            entry.average.eq(use.average_x),
            entry.bypass.eq(use.bypass),
            entry.room.eq(output.room_beats),
            entry.valid.eq(self.i.valid),
            Value.cast(entry.pixels).eq(self.i.p.pixel.as_value()),
            planner.start.eq(start & ~use.bypass),
            planner.height.eq(use.height),
            planner.height_out.eq(use.height_out),
            planner.average.eq(use.average_y),
            planner.first.eq(use.phase_y),
            planner.step.eq(use.step_y),
        ]

        # Along lines; then, with the plan of each line, along columns.
        wiring.connect(m, entry.o, walk.i)
        wiring.connect(m, planner.o, walk.passes)
        taken = Signal()
        m.d.sync += taken.eq(planner.o.valid & planner.o.ready)
        m.d.comb += [
            walk.width_out.eq(use.width_out),
            walk.first.eq(use.phase_x),
            walk.step.eq(use.step_x),
            walk.room.eq(output.room_pixels),
            across.taps.eq(walk.taps),
            across.phase.eq(walk.phase),
            across.valid.eq(walk.valid),
            plans.push.eq(taken & ~planner.o.p.skip),
            plans.i.eq(planner.o.p),
            plans.o.ready.eq(store.done),
            store.plan.eq(plans.o.p),
            store.pixel.eq(across.o),
            store.valid.eq(across.o_valid),
            store.width.eq(use.width_out),
            store.average.eq(use.average_y),
            down.taps.eq(store.taps),
            down.phase.eq(store.phase),
            down.valid.eq(store.valid_out),
        ]

        m.d.comb += [
            output.start.eq(start & ~use.bypass),
            output.width.eq(use.width_out),
            output.height.eq(use.height_out),
            output.leaves.eq(walk.leaves),
            output.pixel.eq(down.o),
            output.valid.eq(down.o_valid),
            output.passes.eq(self.i.valid & entry.ready & use.bypass),
            output.beat.eq(self.i.p),
        ]
        self._tables(m, use, (across, down))

        return m

    def _frames(self, m: Module, busy: Value, use: Any, drop: Signal, start: Signal) -> None:
        """Sample settings, and begin a frame when the one before has left the filters."""
        settling = Signal(range(4))
        comes = Signal()  # a frame's first beat waits
        m.d.sync += comes.eq(0)
        with m.FSM() as states:
            m.d.comb += self.busy.eq(~states.ongoing("IDLE"))
            with m.State("IDLE"):
                m.d.sync += drop.eq(self.i.valid & ~self.i.p.sof & ~drop)
                m.d.sync += [use[name].eq(getattr(self, name)) for name in _SETTINGS]
                m.d.sync += comes.eq(self.i.valid & self.i.p.sof & ~drop)
                with m.If(comes):
                    m.next = "SETTLE"
            with m.State("SETTLE"):  # what is computed from settings is registered
                m.d.sync += settling.eq(settling + 1)
                m.d.comb += start.eq(settling == 3)
                with m.If(start):
                    m.next = "BEGIN"
            with m.State("BEGIN"):  # and so is what is busy
                m.next = "RUN"
            with m.State("RUN"), m.If(~busy):
                m.next = "IDLE"

    def _tables(self, m: Module, use: Any, tables: Iterable[PolyphaseFilter]) -> None:
        """Write into the tables, of both directions, that are not in use."""
        m.d.comb += self.write.ready.eq(use.bank == self.bank)
        row = Cat(self.write.p.before, self.write.p.after, self.write.p.beyond)
        for down, table in enumerate(tables):
            chosen = self.write.p.down == down
            m.d.comb += [
                table.bank.eq(use.bank),
                table.write.eq(self.write.valid & self.write.ready & chosen),
                table.row.eq(self.write.p.phase),
                Value.cast(table.coefficients).eq(row),
            ]
