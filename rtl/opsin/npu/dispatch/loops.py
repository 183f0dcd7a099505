# SPDX-License-Identifier: MIT
"""Which descriptor comes next."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..isa import LOOP_LENGTH
from .item import POSITION_BITS

__all__ = ["LEVELS", "Loops"]

LEVELS = 2
"""Loops in each other."""


class Loops(wiring.Component):
    """Positions of descriptors in the order in which they are carried out, from 0 on.

    Members
    -------
    next : In(1)
        The descriptor at ``position`` is dealt with.
    enter : In(1), count : In(16), length : In(16)
        With ``next``: it was a LOOP, without a fault.
    position : Out(26)
    kept : Out(26)
        The first one that may come again.
    inside : Out(2)
        Bit n: in a body of level n.
    again : Out(2)
        Bit n: level n begins a further round; in the cycle of ``next``.
    fault : Out(1)
        A LOOP of this ``length`` may not be here.

    Timing
    ------
    ``position``, ``kept``, ``inside`` are registers. ``again`` depends combinationally on
    ``next``, ``fault`` on ``length``.
    """

    next: Value
    enter: Value
    count: Value
    length: Value
    position: Value
    kept: Value
    inside: Value
    again: Value
    fault: Value

    def __init__(self) -> None:
        super().__init__(
            {
                "next": In(1),
                "enter": In(1),
                "count": In(16),
                "length": In(16),
                "position": Out(POSITION_BITS),
                "kept": Out(POSITION_BITS),
                "inside": Out(LEVELS),
                "again": Out(LEVELS),
                "fault": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        first = [Signal(POSITION_BITS, name=f"first_{level}") for level in range(LEVELS)]
        last = [Signal(4, name=f"last_{level}") for level in range(LEVELS)]  # modulo 16 is enough
        left = [Signal(16, name=f"left_{level}") for level in range(LEVELS)]  # rounds, but this one

        following = Signal(POSITION_BITS)
        here = self.position[:4]
        rest = Signal(4)  # descriptors of level 0's body behind this one
        at_end = Signal(LEVELS)
        m.d.comb += [
            following.eq(self.position + 1),
            rest.eq(last[0] - here),
            self.fault.eq(
                (self.length == 0)
                | (self.length > LOOP_LENGTH)
                | self.inside[1]
                | (self.inside[0] & (self.length[:4] > rest))
            ),
        ]
        for level in range(LEVELS):
            m.d.comb += at_end[level].eq(self.inside[level] & (here == last[level]))

        with m.If(self.next):
            m.d.sync += self.position.eq(following)
            with m.If(self.enter):
                for level in range(LEVELS):
                    with m.If(~self.inside[0] if level == 0 else self.inside[0]):
                        m.d.sync += [
                            self.inside[level].eq(1),
                            first[level].eq(following),
                            last[level].eq(here + self.length[:4]),
                            left[level].eq(self.count - 1),
                        ]
            with m.Elif(at_end[1] & (left[1] != 0)):
                m.d.comb += self.again[1].eq(1)
                m.d.sync += [self.position.eq(first[1]), left[1].eq(left[1] - 1)]
            with m.Else():
                with m.If(at_end[1]):
                    m.d.sync += self.inside[1].eq(0)
                with m.If(at_end[0] & (left[0] != 0)):
                    m.d.comb += self.again[0].eq(1)
                    m.d.sync += [self.position.eq(first[0]), left[0].eq(left[0] - 1)]
                with m.Elif(at_end[0]):
                    m.d.sync += self.inside[0].eq(0)
        m.d.comb += self.kept.eq(self.position)
        with m.If(self.inside[0]):
            m.d.comb += self.kept.eq(first[0])

        return m
