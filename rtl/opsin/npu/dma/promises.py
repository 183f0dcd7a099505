# SPDX-License-Identifier: MIT
"""Bursts of writes that are announced, and kept whatever happens."""

from typing import Any

from amaranth.hdl import Module, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from ...common.burst_port import BURST_WORDS, BurstRequest, WriteInterface, WritePort, WriteWord
from ...common.stream import Buffer, Queue
from .bursts import RowBurst
from .departures import Departing

__all__ = ["Promises"]

_UNANSWERED = 64
_AHEAD = 16  # bursts whose words are not sent


class Promises(wiring.Component):
    """Announce bursts, send their words, and wait for the answers.

    Parameters
    ----------
    word_bytes : int

    Members
    -------
    i : In(stream.Signature(RowBurst()))
    words : In(stream.Signature(Departing(word_bytes)))
    memory : Out(WritePort(word_bytes))
    clear : In(1)
        Take no more of ``i`` and ``words``; send words without bytes for bursts that are announced.
    finished : Out(1)
        A command's last burst is written.
    error : Out(1), error_address : Out(32)
        Memory refused a burst; for one cycle. Nothing finishes from then until ``clear``.
    quiet : Out(1)
        Nothing is owed.

    Timing
    ------
    Latency 1 cycle, throughput a burst and a word per cycle, answers likewise; 64 bursts may be
    unanswered.
    """

    i: stream.Interface
    words: stream.Interface
    memory: WriteInterface
    clear: Value
    finished: Value
    error: Value
    error_address: Value
    quiet: Value

    def __init__(self, *, word_bytes: int) -> None:
        self.word_bytes = word_bytes
        super().__init__(
            {
                "i": In(stream.Signature(RowBurst())),
                "words": In(stream.Signature(Departing(word_bytes))),
                "memory": Out(WritePort(word_bytes)),
                "clear": In(1),
                **dict.fromkeys(["finished", "error", "quiet"], Out(1)),
                "error_address": Out(32),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        kept = data.StructLayout({"address": unsigned(32), "final": unsigned(1)})
        m.submodules.ask = ask = Buffer(BurstRequest())
        m.submodules.ahead = ahead = Queue(range(BURST_WORDS), depth=_AHEAD)
        m.submodules.unanswered = unanswered = Queue(kept, depth=_UNANSWERED)
        m.submodules.send = send = Buffer(WriteWord(self.word_bytes))
        connect(m, ask.o, flipped(self.memory.request))
        connect(m, send.o, flipped(self.memory.words))

        taken = Signal()
        m.d.comb += [
            self.i.ready.eq(ask.i.ready & ahead.i.ready & unanswered.i.ready & ~self.clear),
            taken.eq(self.i.valid & self.i.ready),
            ask.i.valid.eq(taken),
            ask.i.p.address.eq(self.i.p.address),
            ask.i.p.more.eq(self.i.p.more),
            ahead.i.valid.eq(taken),
            ahead.i.payload.eq(self.i.p.more),
            unanswered.i.valid.eq(taken),
            unanswered.i.p.address.eq(self.i.p.address),
            unanswered.i.p.final.eq(self.i.p.final),
        ]

        number = Signal(range(BURST_WORDS))  # of the word in its burst
        sent = Signal()
        m.d.comb += [
            send.i.valid.eq(ahead.o.valid & (self.words.valid | self.clear)),
            send.i.p.data.eq(self.words.p.data),
            send.i.p.strobe.eq(self.words.p.strobe & ~self.clear.replicate(self.word_bytes)),
            send.i.p.last.eq(number == ahead.o.payload),
            self.words.ready.eq(ahead.o.valid & send.i.ready & ~self.clear),
            sent.eq(send.i.valid & send.i.ready),
            ahead.o.ready.eq(sent & send.i.p.last),
        ]
        with m.If(sent):
            m.d.sync += number.eq(number + 1)
        with m.If(ahead.o.ready):
            m.d.sync += number.eq(0)

        response: Any = self.memory.response
        refused = Signal()
        answered = response.valid & response.ready & ~refused & ~self.clear
        m.d.comb += [
            response.ready.eq(unanswered.o.valid),
            unanswered.o.ready.eq(response.valid),
            self.quiet.eq((unanswered.level == 0) & ~ahead.o.valid & ~send.o.valid & ~ask.o.valid),
        ]
        m.d.sync += [
            self.finished.eq(answered & unanswered.o.p.final & ~response.p.error),
            self.error.eq(answered & response.p.error),
            self.error_address.eq(unanswered.o.p.address),
            refused.eq((refused | (answered & response.p.error)) & ~self.clear),
        ]

        return m
