# SPDX-License-Identifier: MIT
"""MATMUL and DEPTHWISE, from the scratchpad to the accumulator."""

from typing import Any

from amaranth.hdl import Module, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from ...config import NpuConfig
from ..descriptor import DESCRIPTOR_BITS
from ..mesh import Mesh
from ..scratchpad import READ_LATENCY, LocalRead, LocalReadInterface
from .accumulator import Accumulator, RowTag
from .plan import Plan, Planned
from .vectors import VectorFeed
from .weights import WeightFeed

__all__ = ["ArrayEvents", "ArrayUnit"]

_IN_FLIGHT = 8  # commands
_SLIDING_ROWS = 16


class ArrayEvents(data.StructLayout):
    """What the array does in a cycle."""

    def __init__(self) -> None:
        names = "busy", "vectors", "tiles", "weight_wait", "weight_conflict", "sums_conflict"
        super().__init__(dict.fromkeys(names, 1))


class ArrayUnit(wiring.Component):
    """Carry out MATMULs and DEPTHWISEs, one behind the other without a pause.

    Two parts work side by side. One asks for the weight rows of a tile as soon as the tile before
    has been swapped in, the other for vectors as soon as their tile's rows have been asked for.
    Both wait equally long for the scratchpad's answer, so what holds for the questions holds in
    the mesh. With ``n`` vectors per tile, a tile takes ``max(n, rows)`` cycles, a
    packed one ``max(n, rows / 2, 4)``. A DEPTHWISE is a MATMUL with a diagonal tile for each k, or
    slides (:class:`~opsin.npu.array.plan.Plan`): then it takes a cycle for each word of its input,
    in lines of up to 240 words that are as long as needed, from the first to the last it needs.
    Sums that are made behind the last word cost no cycles if words of the next command can come
    meanwhile (:class:`~opsin.npu.array.turns.Turns`).

    Parameters
    ----------
    config : NpuConfig
    sliding : bool, optional
        Commands may slide; by default where half of the mesh's rows nearly suffice for that.
    element, bels
        As of :class:`~opsin.npu.mesh.Mesh`.

    Members
    -------
    command : In(stream.Signature(512))
        Descriptors, checked.
    finished : Out(1)
        A command's sums can be read from the next cycle on.
    busy : Out(1)
        Commands are being carried out, or their remains leave the mesh.
    stop : In(1)
        Give all commands up; some may have changed the accumulator.
    activations, weights : Out(LocalRead(scratchpad_words, 8 * rows))
        ``activations`` must always be ready.
    sums : In(LocalRead(accumulator_rows, ArrayLayout(signed(32), cols)))
    events : Out(ArrayEvents())

    Timing
    ------
    A command alone: its first vector is asked for ``rows`` + 3 cycles after it was taken, if no
    weight row has to wait; ``finished`` comes ``latency()`` cycles after the last vector was asked
    for. Commands taken ``rows`` + 3 cycles before the last vector of the one before: no pause.
    With ``sliding``, these are ``rows`` + 6.
    """

    command: stream.Interface
    finished: Value
    busy: Value
    stop: Value
    activations: LocalReadInterface
    weights: LocalReadInterface
    sums: LocalReadInterface
    events: Any

    def __init__(self, config: NpuConfig, *, sliding: bool | None = None, **mesh: Any) -> None:
        self.config = config
        sliding = config.rows >= _SLIDING_ROWS if sliding is None else sliding
        tag = RowTag(config.accumulator_rows)
        self._mesh = Mesh(
            rows=config.rows, cols=config.cols, tag=tag, packed=True, sliding=sliding, **mesh
        )
        words = LocalRead(config.scratchpad_words, 8 * config.rows)
        sums = data.ArrayLayout(signed(32), config.cols)
        super().__init__(
            {
                "command": In(stream.Signature(DESCRIPTOR_BITS)),
                "finished": Out(1),
                "busy": Out(1),
                "stop": In(1),
                "activations": Out(words),
                "weights": Out(words),
                "sums": In(LocalRead(config.accumulator_rows, sums)),
                "events": Out(ArrayEvents()),
            }
        )

    def latency(self, platform: object = None) -> int:
        """Return the cycles from a command's last request to ``finished``."""
        return READ_LATENCY + self._mesh.latency(platform) + 3

    def elaborate(self, platform: object) -> Module:
        m = Module()

        config = self.config
        mesh = self._mesh
        m.submodules.weight_feed = weights = WeightFeed(config, sliding=mesh.sliding)
        m.submodules.vector_feed = vectors = VectorFeed(config, mesh)
        m.submodules.mesh = mesh
        m.submodules.accumulator = accumulator = Accumulator(
            depth=config.accumulator_rows, cols=config.cols
        )
        connect(m, weights.read, flipped(self.weights))
        connect(m, vectors.read, flipped(self.activations))
        connect(m, flipped(self.sums), accumulator.read)
        m.d.comb += [
            weights.swap.eq(vectors.swap),
            vectors.full.eq(weights.full),
            vectors.behind.eq(weights.behind),
            mesh.i.eq(vectors.vectors),
            mesh.window.eq(vectors.window) if mesh.sliding else [],
            mesh.weights.eq(weights.rows),
            accumulator.i.eq(mesh.o),
        ]

        # Commands go to both parts at once.
        held = Signal(range(_IN_FLIGHT + 1))
        leaving = Signal(range(self.latency(platform) + 1))  # cycles, after a stop
        taken = self.command.valid & self.command.ready
        room = (held != _IN_FLIGHT) & (leaving == 0)
        both = weights.command.ready & vectors.command.ready
        planned: Any = Signal(Planned())
        if mesh.sliding:
            m.submodules.plan = plan = Plan()
            given = plan.o.valid & both
            m.d.comb += [
                self.command.ready.eq(plan.i.ready & room),
                plan.i.valid.eq(taken),
                plan.i.payload.eq(self.command.payload),
                plan.o.ready.eq(both),
                plan.stop.eq(self.stop),
                planned.eq(plan.o.p),
            ]
        else:
            given = taken
            m.d.comb += [
                self.command.ready.eq(both & room),
                planned.raw.eq(self.command.payload),
            ]
        for part in weights, vectors:
            m.d.comb += [
                part.command.valid.eq(given),
                part.command.payload.eq(planned),
                part.stop.eq(self.stop),
            ]
        m.d.comb += [
            self.finished.eq(accumulator.written & (leaving == 0)),
            self.busy.eq((held != 0) | (leaving != 0)),
        ]
        m.d.sync += held.eq(held + taken - self.finished)
        with m.If(leaving != 0):
            m.d.sync += leaving.eq(leaving - 1)
        with m.If(self.stop):
            m.d.sync += held.eq(0)
            with m.If((held != 0) | taken):
                m.d.sync += leaving.eq(self.latency(platform))

        m.d.comb += [
            self.events.busy.eq(self.busy),
            self.events.vectors.eq(self.activations.request.valid),
            self.events.tiles.eq(vectors.swap),
            self.events.weight_wait.eq(vectors.waiting),
            self.events.weight_conflict.eq(
                self.weights.request.valid & ~self.weights.request.ready
            ),
            self.events.sums_conflict.eq(self.sums.request.valid & ~self.sums.request.ready),
        ]
        return m
