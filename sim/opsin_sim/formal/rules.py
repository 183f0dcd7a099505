# SPDX-License-Identifier: MIT
"""What proofs are made of: free inputs, assumptions, rules, and the rules of streams."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from amaranth import Module, Signal, Value
from amaranth.hdl import Assert, Assume, Shape, ShapeLike, ValueLike
from amaranth.hdl._ast import AnyConst, AnySeq

__all__ = [
    "PREFIX",
    "fixed",
    "free",
    "given",
    "implies",
    "rule",
    "sink",
    "source",
    "step",
    "stream_rules",
]

PREFIX = "rule_"
"""Of the signal that is 1 as long as the rule of that name is kept."""


class _Step(NamedTuple):
    proves: tuple[str, ...]
    knows: tuple[str, ...]
    leaves: tuple[str, ...]


_step: ContextVar[_Step | None] = ContextVar("_step", default=None)


@contextmanager
def step(steps: Mapping[str, Sequence[str]], name: str) -> Iterator[None]:
    """Make, of the rules of a proof that is built inside, only those of one of its ``steps``.

    Of each step there are the beginnings of the names of its rules. Those of the steps before it,
    which are proved there, are taken as given; later ones are left out. So all hold if every step
    holds.

    Raises
    ------
    ValueError
        If a rule is made that belongs to no step.
    """
    place = [*steps].index(name)
    groups = [tuple(names) for names in steps.values()]
    knows, leaves = (sum(some, ()) for some in (groups[:place], groups[place + 1 :]))
    token = _step.set(_Step(groups[place], knows, leaves))
    try:
        yield
    finally:
        _step.reset(token)


def free(m: Module, shape: ShapeLike, name: str) -> Any:
    """Return a signal that may have any value in any cycle."""
    signal: Any = Signal(shape, name=name)
    m.d.comb += Value.cast(signal).eq(AnySeq(Shape.cast(shape).width))
    return signal


def fixed(m: Module, shape: ShapeLike, name: str) -> Any:
    """Return a signal that has any value, the same in all cycles."""
    signal: Any = Signal(shape, name=name)
    m.d.comb += Value.cast(signal).eq(AnyConst(Shape.cast(shape).width))
    return signal


def given(m: Module, condition: ValueLike, name: str = "") -> None:
    """Look only at what keeps to ``condition`` in every cycle."""
    m.d.comb += Assume(condition, None)


def rule(m: Module, condition: ValueLike, name: str) -> None:
    """Prove ``condition`` for every cycle."""
    now = _step.get()
    if now is not None and not name.startswith(now.proves):
        if name.startswith(now.knows):
            given(m, condition)
        elif not name.startswith(now.leaves):
            raise ValueError(f"rule must belong to a step, not {name!r}")
        return
    holds = Signal(name=f"{PREFIX}{name}")
    m.d.comb += [holds.eq(condition), Assert(holds, None)]


def implies(condition: ValueLike, consequence: ValueLike) -> Value:
    """Return ``consequence`` where ``condition``, else 1."""
    return ~Value.cast(condition).bool() | Value.cast(consequence).bool()


def stream_rules(
    m: Module, stream: Any, name: str, check: Callable[[Module, Value, str], None] = rule
) -> None:
    """Once valid, a stream stays so, with the same payload, until that is taken.

    ``check`` is :func:`rule` of a stream that comes out, :func:`given` of one that goes in.
    """
    payload = Value.cast(stream.payload)
    waiting, was = Signal(name=f"{name}_waiting"), Signal(payload.shape(), name=f"{name}_was")
    m.d.sync += [waiting.eq(stream.valid & ~stream.ready), was.eq(payload)]
    check(m, implies(waiting, stream.valid), f"{name}_stays_valid")
    check(m, implies(waiting & stream.valid, payload == was), f"{name}_payload_stable")


def source(m: Module, stream: Any, name: str = "i") -> Value:
    """Drive a block's stream with anything that keeps the stream rules; return its transfers."""
    m.d.comb += [
        stream.valid.eq(free(m, 1, f"{name}_valid")),
        Value.cast(stream.payload).eq(
            free(m, Value.cast(stream.payload).shape(), f"{name}_payload")
        ),
    ]
    stream_rules(m, stream, name, given)
    fires = Signal(name=f"{name}_fires")
    m.d.comb += fires.eq(stream.valid & stream.ready)
    return fires


def sink(m: Module, stream: Any, name: str = "o") -> Value:
    """Take from a block's stream at any time, and prove its rules; return its transfers."""
    m.d.comb += stream.ready.eq(free(m, 1, f"{name}_ready"))
    stream_rules(m, stream, name)
    fires = Signal(name=f"{name}_fires")
    m.d.comb += fires.eq(stream.valid & stream.ready)
    return fires
