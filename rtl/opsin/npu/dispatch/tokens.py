# SPDX-License-Identifier: MIT
"""Tokens: a command begins when those it waits for have finished."""

from amaranth.hdl import Array, Cat, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..isa import Unit

__all__ = ["RUNNING", "Tokens"]

RUNNING = 4
"""Commands of a unit that may have begun and not finished."""

_UNITS = len(Unit)


class Tokens(wiring.Component):
    """Let commands begin, and count the tokens from each unit to each.

    Parameters
    ----------
    bits : int
        Of a count of tokens.

    Members
    -------
    there : In(4), wait : In(ArrayLayout(4, 4)), signal : In(ArrayLayout(4, 4))
        Bit or element u: the command at the front of unit u's queue; constant while ``there``,
        which stays until it has begun, and does not in the cycle behind.
    valid : Out(4), ready : In(4)
        It is offered to unit u, and taken.
    begun : Out(4)
        Both.
    finished : In(4)
        Bit u: the oldest command that unit u has begun is done, two cycles later or more.
    running : Out(4)
        Bit u: unit u has commands that have begun and not finished.
    lacking : Out(ArrayLayout(4, 4))
        Element u, bit v: the command at the front of unit u's queue waits for a token of unit v.
    excess : Out(4)
        Bit u: the command that unit u has just finished gives a token too many, which is lost.

    Timing
    ------
    The signals of a command that finished in one cycle let others be ``valid`` in the next; what
    has begun counts a cycle later.
    ``begun`` depends combinationally on ``ready``, ``valid`` on ``there`` and ``wait``, ``excess``
    on ``finished``.
    """

    there: Value
    wait: data.View
    signal: data.View
    valid: Value
    ready: Value
    begun: Value
    finished: Value
    running: Value
    lacking: data.View
    excess: Value

    def __init__(self, *, bits: int = 8) -> None:
        self.bits = bits
        masks = data.ArrayLayout(_UNITS, _UNITS)
        super().__init__(
            {
                "there": In(_UNITS),
                "wait": In(masks),
                "signal": In(masks),
                "valid": Out(_UNITS),
                "ready": In(_UNITS),
                "begun": Out(_UNITS),
                "finished": In(_UNITS),
                "running": Out(_UNITS),
                "lacking": Out(masks),
                "excess": Out(_UNITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        # That a command has begun is booked a cycle later: whether it does depends on its unit.
        late, signal, wait = Signal(_UNITS), Signal.like(self.signal), Signal.like(self.wait)
        m.d.sync += [late.eq(self.begun), signal.eq(self.signal), wait.eq(self.wait)]

        gives = []  # what a unit's oldest command signals, when it finishes
        may = Signal(_UNITS)  # begin one more
        for u in range(_UNITS):
            queue = Array(Signal(_UNITS, name=f"signals_{u}_{n}") for n in range(RUNNING))
            level = Signal(range(RUNNING + 1), name=f"level_{u}")
            oldest, newest = (
                Signal(range(RUNNING), name=f"{name}_{u}") for name in ("oldest", "newest")
            )
            m.d.sync += [
                level.eq(level + late[u] - self.finished[u]),
                oldest.eq(oldest + self.finished[u]),
                newest.eq(newest + late[u]),
            ]
            with m.If(late[u]):
                m.d.sync += queue[newest].eq(signal[u])
            m.d.comb += [
                self.running[u].eq(late[u] | (level != 0)),
                may[u].eq(level != RUNNING),
            ]
            gives.append(queue[oldest] & self.finished[u].replicate(_UNITS))

        lacking: list[list[Value]] = [[] for _ in range(_UNITS)]
        for giver in range(_UNITS):
            excess = []
            for taker in range(_UNITS):
                count = Signal(self.bits, name=f"tokens_{giver}_{taker}")
                none = Signal(name=f"none_{giver}_{taker}", init=1)
                full = Signal(name=f"full_{giver}_{taker}")
                plus, minus = Signal(), Signal()
                m.d.comb += [
                    plus.eq(gives[giver][taker]),
                    minus.eq(late[taker] & wait[taker][giver]),
                ]
                over = Signal()
                more, less = Signal(), Signal()
                m.d.comb += [
                    over.eq(full & plus & ~minus),
                    more.eq(plus & ~minus & ~over),
                    less.eq(minus & ~plus),
                ]
                m.d.sync += count.eq(count + Cat(more | less, less.replicate(self.bits - 1)))
                with m.If(more | less):
                    m.d.sync += [
                        none.eq(less & (count == 1)),
                        full.eq(more & (count == (1 << self.bits) - 2)),
                    ]
                excess.append(over)
                lacking[taker].append(self.wait[taker][giver] & none)
            m.d.comb += self.excess[giver].eq(Cat(excess).any())
        for u in range(_UNITS):
            m.d.comb += [
                self.valid[u].eq(self.there[u] & may[u] & ~Cat(lacking[u]).any()),
                self.lacking[u].eq(Cat(lacking[u]) & self.there[u].replicate(_UNITS)),
            ]
        m.d.comb += self.begun.eq(self.valid & self.ready)

        return m
