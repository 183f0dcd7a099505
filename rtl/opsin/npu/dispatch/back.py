# SPDX-License-Identifier: MIT
"""Checked commands to the units, as their tokens allow."""

from typing import Any

from amaranth.hdl import Cat, Module, ResetInserter, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..descriptor import DESCRIPTOR_BITS
from ..isa import FIELDS, Opcode, Unit
from .item import POSITION_BITS, Word
from .queues import Queues
from .tokens import Tokens
from .watch import Standstill

__all__ = ["UNIT_NAMES", "Back", "BackEvents"]

UNIT_NAMES = [unit.name.lower() for unit in Unit]
"""Of ports."""

_UNITS = len(Unit)
_LATE = 4  # cycles that a finished command is still known: as long as a job takes to stop
_WAIT, _SIGNAL = FIELDS[Opcode.LOAD]["wait"], FIELDS[Opcode.LOAD]["signal"]


class BackEvents(data.StructLayout):
    """Events to count, one bit for each unit.

    ``begun``: it takes a command. ``token_wait``: one waits for tokens; ``lacking``: of whom.
    ``unit_wait``: one waits for the unit. ``idle``: there is none, and none is running.
    """

    def __init__(self) -> None:
        names = ("begun", "token_wait", "unit_wait", "idle")
        lacking = data.ArrayLayout(_UNITS, _UNITS)
        super().__init__(dict.fromkeys(names, _UNITS) | {"lacking": lacking})


class Back(wiring.Component):
    """Queues, tokens, and the detection of a standstill.

    Members
    -------
    running : In(1), live : In(1)
        A job is running; ``live`` as long as ``found`` may still be asked for.
    word : In(Word()), unit : In(Unit), reserve : In(4), commit : In(4), room : Out(4)
    ask : In(1), asked_unit : In(Unit), found : Out(26)
        See :class:`opsin.npu.dispatch.queues.Queues`.
    load, array, vector, store : Out(stream.Signature(512))
    finished : In(4)
        See :class:`opsin.npu.dispatch.dispatcher.Dispatcher`.
    unfinished : Out(4), drained : Out(1)
        Units with commands that are released and have not finished; there are none.
    excess : Out(4)
        See :class:`opsin.npu.dispatch.tokens.Tokens`.
    held : In(1), standstill : Out(1)
        See :class:`opsin.npu.dispatch.watch.Standstill`.
    active : Out(1)
        Something is being done.
    events : Out(BackEvents())

    Timing
    ------
    ``unfinished`` and ``drained`` follow ``finished`` by five cycles, ``excess`` by one; else see
    the parts.
    """

    running: Value
    live: Value
    word: Any
    unit: Any
    reserve: Value
    commit: Value
    room: Value
    ask: Value
    asked_unit: Any
    found: Value
    load: stream.Interface
    array: stream.Interface
    vector: stream.Interface
    store: stream.Interface
    finished: Value
    unfinished: Value
    drained: Value
    excess: Value
    held: Value
    standstill: Value
    active: Value
    events: Any

    def __init__(self) -> None:
        super().__init__(
            {
                **dict.fromkeys(["running", "live", "held", "ask"], In(1)),
                "word": In(Word()),
                **dict.fromkeys(["unit", "asked_unit"], In(Unit)),
                **dict.fromkeys(["reserve", "commit", "finished"], In(_UNITS)),
                **dict.fromkeys(["room", "unfinished", "excess"], Out(_UNITS)),
                **dict.fromkeys(UNIT_NAMES, Out(stream.Signature(DESCRIPTOR_BITS))),
                **dict.fromkeys(["drained", "standstill", "active"], Out(1)),
                "found": Out(POSITION_BITS),
                "events": Out(BackEvents()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        queues, tokens, standstill = Queues(), Tokens(), Standstill()
        m.submodules.tokens = ResetInserter(~self.running)(tokens)
        m.submodules.standstill = ResetInserter(~self.running)(standstill)
        m.submodules.queues = ResetInserter(~self.live)(queues)

        # Late, so that the oldest command is still known when it gives a token too many
        running = self.running.replicate(_UNITS)
        late = self.finished
        recent = Signal(_LATE + 2)  # a command has finished, which ``held`` does not know yet
        m.d.sync += [recent.eq(Cat(self.finished.any(), recent)), self.excess.eq(tokens.excess)]
        for n in range(_LATE):
            done = Signal(_UNITS, name=f"done_{n}")
            m.d.sync += done.eq(late & running)
            late = done
        for name in ("word", "unit", "reserve", "commit", "ask", "asked_unit"):
            m.d.comb += getattr(queues, name).eq(getattr(self, name))
        m.d.comb += [
            self.room.eq(queues.room),
            self.found.eq(queues.position),
            self.unfinished.eq(~queues.empty),
            self.drained.eq(queues.empty.all()),
            queues.finished.eq(late & running),
            queues.taken.eq(tokens.begun),
            queues.running.eq(self.running),
            tokens.there.eq(queues.there),
            tokens.finished.eq(self.finished),
        ]
        for u, name in enumerate(UNIT_NAMES):
            command = getattr(self, name)
            bits = Value.cast(queues.command[u])
            m.d.comb += [
                tokens.wait[u].eq(bits[_WAIT.lsb :]),
                tokens.signal[u].eq(bits[_SIGNAL.lsb :]),
                command.payload.eq(bits),
                command.valid.eq(tokens.valid[u]),
                tokens.ready[u].eq(command.ready),
            ]
        m.d.comb += [
            standstill.held.eq(self.held & ~recent.any()),
            standstill.empty.eq(queues.empty),
            standstill.there.eq(queues.there),
            standstill.valid.eq(tokens.valid),
            standstill.running.eq(tokens.running),
            self.standstill.eq(standstill.o),
            self.active.eq(queues.busy | (tokens.begun | self.finished).any()),
            self.events.begun.eq(tokens.begun),
            self.events.token_wait.eq(tokens.there & ~tokens.valid),
            self.events.lacking.eq(tokens.lacking),
            self.events.unit_wait.eq(tokens.valid & ~tokens.ready),
            self.events.idle.eq(running & ~tokens.there & ~tokens.running),
        ]

        return m
