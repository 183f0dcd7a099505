# SPDX-License-Identifier: MIT
"""What frames are for when exposures are merged."""

from typing import Any

from amaranth import Module, Mux, Signal, Value, unsigned
from amaranth.lib import enum, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["HdrRole", "HdrTurns"]


class HdrRole(enum.Enum, shape=unsigned(2)):
    """What a frame is for.

    ``PASS``: it goes as it comes. ``STORE``: it goes to memory and no further. ``MERGE``: it is
    merged with that in memory. ``TURNS``: frames are stored and merged by turns; the first after
    reset or after another role is stored.
    """

    PASS = 0
    STORE = 1
    MERGE = 2
    TURNS = 3


class HdrTurns(wiring.Component):
    """Keep track of whose turn it is.

    Members
    -------
    role : In(HdrRole)
        Of the frame that comes.
    begin : In(1)
        It begins.
    stores, passes : Out(1)
        It is stored, it passes; else it is merged.
    passed : Out(1)
        The frame under way passes.

    Timing
    ------
    ``stores`` and ``passes`` depend combinationally on ``role``.
    """

    role: Any
    begin: Value
    stores: Value
    passes: Value
    passed: Value

    def __init__(self) -> None:
        super().__init__(
            {
                "role": In(HdrRole),
                "begin": In(1),
                **{name: Out(1) for name in ("stores", "passes", "passed")},
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        by_turns, merge_next = Signal(), Signal()
        m.d.comb += [
            by_turns.eq(self.role == HdrRole.TURNS),
            self.stores.eq((self.role == HdrRole.STORE) | (by_turns & ~merge_next)),
            self.passes.eq(self.role == HdrRole.PASS),
        ]
        with m.If(self.begin):
            m.d.sync += [
                merge_next.eq(Mux(by_turns, ~merge_next, 0)),
                self.passed.eq(self.passes),
            ]

        return m
