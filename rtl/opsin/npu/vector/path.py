# SPDX-License-Identifier: MIT
"""The vector unit's parts, joined."""

from typing import Any

from amaranth.hdl import Module, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from ...common.stream import Buffer, Fork, Queue
from ...config import NpuConfig
from ..scratchpad import LocalRead, LocalReadInterface, LocalWrite, LocalWriteInterface
from .ask import Ask
from .commands import Command
from .deliver import Deliver
from .lanes import Lanes
from .parameters import PlaceQuestion
from .reduce import Reduce, Row
from .walk import Question, Walk

__all__ = ["Path"]

_COMMANDS = 4  # that may wait for a part
_ROWS = 16  # asked for and not in the lanes


class Path(wiring.Component):
    """All that is forgotten when a job is given up.

    Members
    -------
    command : In(stream.Signature(Command(config)))
    words, sums, write, finished
        As of :class:`~opsin.npu.vector.unit.VectorUnit`.
    starved : Out(1), full : Out(1)
        As of :class:`~opsin.npu.vector.lanes.Lanes`.

    Timing
    ------
    That of :class:`~opsin.npu.vector.unit.VectorUnit`.
    """

    command: stream.Interface
    words: LocalReadInterface
    sums: LocalReadInterface
    write: LocalWriteInterface
    finished: Value
    starved: Value
    full: Value

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        sums = data.ArrayLayout(signed(32), config.cols)
        super().__init__(
            {
                "command": In(stream.Signature(Command(config))),
                "words": Out(LocalRead(config.scratchpad_words, 8 * config.rows)),
                "sums": Out(LocalRead(config.accumulator_rows, sums)),
                "write": Out(LocalWrite(config.scratchpad_words, 8 * config.rows)),
                **dict.fromkeys(["finished", "starved", "full"], Out(1)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        config = self.config
        m.submodules.walk = walk = Walk(config)
        m.submodules.ask = ask = Ask(config)
        m.submodules.reduce = reduce = Reduce(config)
        m.submodules.lanes = lanes = Lanes(config)
        m.submodules.deliver = deliver = Deliver(config)
        m.submodules.enter = enter = Buffer(Command(config))
        m.submodules.fork = fork = Fork(Command(config), count=3)
        connect(m, flipped(self.command), enter.i)
        connect(m, enter.o, fork.i)
        parts: Any = ("source", walk), ("settings", lanes), ("target", deliver)
        for o, (name, part) in zip(fork.o, parts, strict=True):
            queue = Queue(part.command.p.shape(), depth=_COMMANDS, registered=True)
            m.submodules[f"{name}_queue"] = queue
            m.d.comb += [
                queue.i.valid.eq(o.valid),
                queue.i.p.eq(o.p[name]),
                o.ready.eq(queue.i.ready),
            ]
            connect(m, queue.o, part.command)

        # Answers cannot wait: there are no more questions than there is room for rows.
        m.submodules.rows = rows = Queue(Row(config.cols), depth=_ROWS)
        m.submodules.questions = questions = Buffer(Question(config))
        free = Signal(signed((_ROWS - 1).bit_length() + 1), init=_ROWS - 1)  # less one
        row_asked = questions.i.valid & questions.i.ready & walk.o.p.tag.last
        m.d.sync += free.eq(free - row_asked + (rows.o.valid & rows.o.ready))
        connect(m, questions.o, ask.i)
        m.d.comb += [
            questions.i.valid.eq(walk.o.valid & ~free[-1]),
            questions.i.p.eq(walk.o.p),
            walk.o.ready.eq(questions.i.ready & ~free[-1]),
            reduce.i.eq(ask.o),
            lanes.word.eq(ask.o.word),
            lanes.place.eq(ask.place),
            lanes.place_valid.eq(ask.place_valid),
            self.finished.eq(deliver.finished),
            self.starved.eq(lanes.starved),
            self.full.eq(lanes.full),
        ]
        m.submodules.places = places = Buffer(PlaceQuestion(config))
        connect(m, lanes.question, places.i)
        connect(m, places.o, ask.parameters)
        connect(m, reduce.o, rows.i)
        connect(m, rows.o, lanes.i)
        connect(m, lanes.o, deliver.i)
        connect(m, ask.words, flipped(self.words))
        connect(m, ask.sums, flipped(self.sums))
        connect(m, deliver.write, flipped(self.write))
        return m
