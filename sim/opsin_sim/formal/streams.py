# SPDX-License-Identifier: MIT
"""Rules of a block between its streams: nothing lost, made up or reordered; frames; no hang."""

from collections.abc import Callable
from typing import Any, NamedTuple

from amaranth import Module, Mux, Signal, Value, signed
from amaranth.hdl import ValueLike

from .rules import free, implies, rule

__all__ = ["Place", "frames", "frames_leave", "in_order", "responds"]

Check = Callable[[Module, Value, str], None]


def in_order(
    m: Module,
    entered: Value,
    word_in: Value,
    left: Value,
    word_out: Value,
    *,
    capacity: int,
    name: str = "order",
) -> Value:
    """Words leave unchanged, each once, in the order in which they entered.

    One word, any, is followed: how many are ahead of it, and that it is what leaves after those.
    There are never more words inside than ``capacity``: one that got lost would stay for ever.
    A word may leave in the cycle in which it enters. Returns the number of words inside.
    """
    inside = Signal(range(capacity + 2), name=f"{name}_inside")
    ahead = Signal(range(capacity + 2), name=f"{name}_ahead")
    followed = Signal(name=f"{name}_followed")
    word = Signal(Value.cast(word_in).shape(), name=f"{name}_word")
    here, now = Signal(), Signal()
    m.d.comb += [
        here.eq(entered & free(m, 1, f"{name}_pick") & ~followed),
        now.eq(left & Mux(followed, ahead == 0, here & (inside == 0))),
    ]
    m.d.sync += inside.eq(inside + entered - left)
    with m.If(here & ~now):
        m.d.sync += [followed.eq(1), word.eq(word_in), ahead.eq(inside - left)]
    with m.Elif(now):
        m.d.sync += followed.eq(0)
    with m.Elif(left):
        m.d.sync += ahead.eq(ahead - 1)
    rule(m, implies(left, (inside != 0) | entered), f"{name}_none_made_up")
    rule(m, inside <= capacity, f"{name}_none_lost")
    rule(m, implies(now, word_out == Mux(followed, word, word_in)), f"{name}_in_turn")
    return inside


class Place(NamedTuple):
    """Of the beat a stream offers or waits for: its place, and whether it is the first or last."""

    x: Value
    y: Value
    first: Value
    last: Value


def frames(
    m: Module, stream: Any, width: ValueLike, height: ValueLike, name: str, check: Check = rule
) -> Place:
    """Whole frames come, one after the other, ``height`` lines of ``width`` beats, marked so.

    ``check`` is :func:`rule` of a stream that comes out, :func:`given` of one that goes in.
    """
    fires = stream.valid & stream.ready
    width, height = Value.cast(width), Value.cast(height)
    x, y = Signal(width.shape(), name=f"{name}_x"), Signal(height.shape(), name=f"{name}_y")
    first, last, end = (Signal(name=f"{name}_{kind}") for kind in ("first", "last", "end"))
    m.d.comb += [
        first.eq((x == 0) & (y == 0)),
        end.eq(x == width - 1),
        last.eq(end & (y == height - 1)),
    ]
    with m.If(fires):
        m.d.sync += x.eq(Mux(end, 0, x + 1))
        with m.If(end):
            m.d.sync += y.eq(Mux(last, 0, y + 1))
    check(m, implies(stream.valid, stream.p.sof == first), f"{name}_sof_in_place")
    check(m, implies(stream.valid, stream.p.eol == end), f"{name}_eol_in_place")
    return Place(x, y, first, last)


def responds(m: Module, waiting: Value, within: int, name: str) -> None:
    """Nothing waits for longer than ``within`` cycles."""
    cycles = Signal(range(within + 2), name=f"{name}_cycles")
    m.d.sync += cycles.eq(Mux(waiting, Mux(cycles > within, cycles, cycles + 1), 0))
    rule(m, cycles <= within, name)


def frames_leave(m: Module, ends_in: Value, ends_out: Value, stream: Any, *, within: int) -> None:
    """As many frames leave by ``stream`` as come in, each at most ``within`` cycles after its end.

    Cycles in which ``stream`` has a beat, or waits, do not count. A frame whose end is cut off may
    leave before all of it came in.
    """
    owed = Signal(signed(4), name="frames_owed")
    m.d.sync += owed.eq(owed + ends_in - ends_out)
    rule(m, (owed >= -1) & (owed <= 4), "no_frame_lost")
    responds(m, (owed > 0) & stream.ready & ~stream.valid, within, "frames_leave")
