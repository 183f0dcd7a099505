# SPDX-License-Identifier: MIT
"""Two readers on one port of burst reads."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from .burst_port import BURST_WORDS, BurstRequest, ReadInterface, ReadPort
from .stream import Buffer, Queue, moved

__all__ = ["ReadJoin"]

_WORDS = 16  # bits to count words of ``often`` on their way


class ReadJoin(wiring.Component):
    """Join a reader of few bursts, which goes first, and one of many.

    Words come in the order of requests. Of each burst of the first reader is kept how many words
    the other one asked for since the one before; all other words are the other's.

    Parameters
    ----------
    word_bytes : int
        Bytes of a word.
    bursts : int
        Of the first reader that may be on their way, besides the oldest.

    Members
    -------
    seldom, often : In(ReadPort(word_bytes))
        ``often`` may have 65535 words on their way.
    memory : Out(ReadPort(word_bytes))

    Timing
    ------
    Requests pass through one register, one per cycle; words through none. ``ready`` of the
    requests depends combinationally on nothing but ``seldom.request.valid``, and ``valid`` and
    ``ready`` of the words on the other side.

    Raises
    ------
    ValueError
        If ``bursts`` is not positive.
    """

    seldom: ReadInterface
    often: ReadInterface
    memory: ReadInterface

    def __init__(self, *, word_bytes: int, bursts: int = 16) -> None:
        if bursts < 1:
            raise ValueError(f"bursts must be positive, not {bursts!r}")
        self._kept = data.StructLayout({"since": unsigned(_WORDS), "more": range(BURST_WORDS)})
        self._bursts = bursts
        super().__init__(
            {
                "seldom": In(ReadPort(word_bytes)),
                "often": In(ReadPort(word_bytes)),
                "memory": Out(ReadPort(word_bytes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        seldom, often = self.seldom.request, self.often.request
        m.submodules.ask = ask = Buffer(BurstRequest())
        m.submodules.kept = kept = Queue(self._kept, depth=self._bursts, registered=True)
        connect(m, ask.o, flipped(self.memory.request))

        since = Signal(_WORDS)  # words asked for behind the last burst of ``seldom``
        first = Signal()
        m.d.comb += [
            first.eq(seldom.valid & kept.i.ready),
            ask.i.valid.eq(first | often.valid),
            ask.i.payload.eq(Mux(first, seldom.payload, often.payload)),
            seldom.ready.eq(ask.i.ready & kept.i.ready),
            often.ready.eq(ask.i.ready & ~first),
            kept.i.valid.eq(first & ask.i.ready),
            kept.i.p.since.eq(since),
            kept.i.p.more.eq(seldom.p.more),
        ]
        with m.If(kept.i.valid):
            m.d.sync += since.eq(0)
        with m.Elif(often.valid & often.ready):
            m.d.sync += since.eq(since + often.p.more + 1)

        come = Signal(_WORDS)  # words of ``often`` behind the last burst of ``seldom``
        number = Signal(range(BURST_WORDS))  # of the word in a burst of ``seldom``
        turn = Signal()
        head: Any = kept.o.p
        response = self.memory.response
        m.d.comb += turn.eq(kept.o.valid & (come == head.since))
        for port, mine in (self.seldom.response, turn), (self.often.response, ~turn):
            m.d.comb += [port.payload.eq(response.payload), port.valid.eq(response.valid & mine)]
        m.d.comb += [
            response.ready.eq(Mux(turn, self.seldom.response.ready, self.often.response.ready)),
            kept.o.ready.eq(turn & moved(response) & (number == head.more)),
        ]
        with m.If(moved(response)):
            with m.If(kept.o.ready):
                m.d.sync += [number.eq(0), come.eq(0)]
            with m.Elif(turn):
                m.d.sync += number.eq(number + 1)
            with m.Else():
                m.d.sync += come.eq(come + 1)

        return m
