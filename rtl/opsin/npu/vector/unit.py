# SPDX-License-Identifier: MIT
"""REQUANTIZE, ADD, MAXIMUM and MEAN."""

from typing import Any

from amaranth.hdl import Cat, Module, ResetInserter, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...config import NpuConfig
from ..descriptor import DESCRIPTOR_BITS
from ..dma.giving_up import GivingUp
from ..scratchpad import (
    READ_LATENCY,
    LocalRead,
    LocalReadInterface,
    LocalWrite,
    LocalWriteInterface,
)
from .commands import prepare
from .path import Path

__all__ = ["VectorEvents", "VectorUnit"]


class VectorEvents(data.StructLayout):
    """What the vector unit does in a cycle.

    ``word``: one was written. A row waits for its parameters (``starved``) or for room behind the
    lanes (``full``); a memory does not take a request.
    """

    def __init__(self) -> None:
        names = "busy", "word", "starved", "full", "read_wait", "sums_wait", "write_wait"
        super().__init__(dict.fromkeys(names, 1))


class VectorUnit(wiring.Component):
    """Carry out commands on words of activations and rows of sums, without a pause between.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    command : In(stream.Signature(512))
        REQUANTIZE, ADD, MAXIMUM and MEAN descriptors, checked.
    finished : Out(1)
        All words of a command can be read.
    busy : Out(1)
        Commands are being carried out.
    stop : In(1)
        Give all commands up. None is taken before memories owe no answers.
    words : Out(LocalRead(scratchpad_words, 8 * rows))
    sums : Out(LocalRead(accumulator_rows, ArrayLayout(signed(32), cols)))
    write : Out(LocalWrite(scratchpad_words, 8 * rows))
    events : Out(VectorEvents())

    Timing
    ------
    With ``beats = cols / lanes``, and ``reads`` per word: 1, of ADD 2, of MAXIMUM and MEAN those of
    the window, a word takes ``max(beats, reads)`` cycles. So it does from command to command, if
    they are taken early, but for short ones: REQUANTIZE takes 9 cycles or more, as its parameters
    do, in which no word of activations is read. About five commands are on their way at most, so
    that one takes about 10 cycles if all have one word.

    A command alone: ``finished`` comes ``44 + reads + beats + (words - 1) * max(beats, reads)``
    cycles after it was taken, of REQUANTIZE 4 later.

    Raises
    ------
    ValueError
        If there are not ``cols``, ``cols`` / 2 or ``cols`` / 4 lanes.
    """

    command: stream.Interface
    finished: Value
    busy: Value
    stop: Value
    words: LocalReadInterface
    sums: LocalReadInterface
    write: LocalWriteInterface
    events: Any

    def __init__(self, config: NpuConfig) -> None:
        if config.lanes not in (config.cols, config.cols // 2, config.cols // 4):
            raise ValueError(
                f"lanes must be {config.cols} or a half or a quarter of it, not {config.lanes!r}"
            )
        self.config = config
        sums = data.ArrayLayout(signed(32), config.cols)
        super().__init__(
            {
                "command": In(stream.Signature(DESCRIPTOR_BITS)),
                **dict.fromkeys(["finished", "busy"], Out(1)),
                "stop": In(1),
                "words": Out(LocalRead(config.scratchpad_words, 8 * config.rows)),
                "sums": Out(LocalRead(config.accumulator_rows, sums)),
                "write": Out(LocalWrite(config.scratchpad_words, 8 * config.rows)),
                "events": Out(VectorEvents()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.submodules.giving_up = giving_up = GivingUp()
        path = Path(self.config)
        m.submodules.path = ResetInserter(giving_up.clear)(path)

        # Words that are being read come, wanted or not. In the cycle in which all is cleared, one
        # more may be asked for, and one written.
        keep = ~giving_up.clear
        reading = Signal(READ_LATENCY)
        asked: Value = Cat()
        for outside, inside in (self.words, path.words), (self.sums, path.sums):
            m.d.comb += [
                outside.request.valid.eq(inside.request.valid),
                outside.request.payload.eq(inside.request.payload),
                inside.request.ready.eq(outside.request.ready),
                Value.cast(inside.response).eq(Value.cast(outside.response)),
            ]
            asked = Cat(asked, outside.request.valid & outside.request.ready)
        m.d.sync += reading.eq(Cat(asked.any(), reading))

        write = self.write.request
        m.d.comb += [
            write.valid.eq(path.write.request.valid),
            write.p.eq(path.write.request.p),
            path.write.request.ready.eq(write.ready),
            path.command.valid.eq(self.command.valid & giving_up.takes),
            path.command.p.eq(prepare(m, self.command.payload, self.config)),
            self.command.ready.eq(path.command.ready & giving_up.takes),
            giving_up.stop.eq(self.stop),
            giving_up.taken.eq(self.command.valid & self.command.ready),
            giving_up.finished.eq(self.finished),
            giving_up.quiet.eq(~reading.any()),
            self.finished.eq(path.finished & keep),
            self.busy.eq(giving_up.busy),
            self.events.busy.eq(self.busy),
            self.events.word.eq(write.valid & write.ready),
            self.events.starved.eq(path.starved),
            self.events.full.eq(path.full),
        ]
        for name, request in (
            ("read_wait", self.words.request),
            ("sums_wait", self.sums.request),
            ("write_wait", write),
        ):
            m.d.comb += self.events[name].eq(request.valid & ~request.ready)
        return m
