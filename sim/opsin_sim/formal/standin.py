# SPDX-License-Identifier: MIT
"""A block on a conveyor that does anything its contract allows, in place of a real one."""

from typing import Any

from amaranth import Module, Mux, Signal, Value
from amaranth.hdl import ShapeLike
from amaranth.lib.wiring import Member

from opsin.common.flow import FlowBlock, delayed

from .rules import free

__all__ = ["StandIn"]


class StandIn(FlowBlock):
    """Every slot leaves on time; every beat in its turn, in a slot that it likes.

    So what is proved of a conveyor with this block holds for any block of which the same is proved
    (:func:`~opsin_sim.formal.flow.flow_rules`), or for a row of them.

    Parameters
    ----------
    pixel : ShapeLike
    ppc : int
    latency : int
        Cycles, at least 1.
    hold : int
        A beat leaves at most so many slots after it came.
    ports : mapping of str to Member
        Inputs that do nothing.

    Members
    -------
    i, o : FlowSignature(pixel, ppc=ppc)
    held : Value
        Whether beats are held, to be looked at after elaboration.
    """

    def __init__(
        self,
        pixel: ShapeLike,
        *,
        ppc: int = 1,
        latency: int = 1,
        hold: int,
        ports: dict[str, Member] | None = None,
    ) -> None:
        self._hold = hold
        self.held = Signal(hold + 1)  # bit k: one that came k slots ago; bit 0 is not used
        super().__init__(pixel, pixel, ppc=ppc, latency=latency, ports=ports)

    def elaborate(self, platform: object) -> Module:
        """Let each beat wait for as many slots as it likes, but for its elders."""
        m = Module()
        i, o = self.i, self.o
        comes = Value.cast(i.p)
        beats: list[Value] = [comes]
        beats += [Signal(len(comes), name=f"beat_{k}") for k in range(1, self._hold + 1)]

        there = [i.live, *self.held[1:]]
        leaves = Signal(self._hold + 1)
        emits, out = Signal(), Signal(len(comes))
        likes = free(m, 1, "likes")
        older: Any = 0
        for k in reversed(range(self._hold + 1)):
            must = k == self._hold
            m.d.comb += leaves[k].eq(i.step & there[k] & ~older & (1 if must else likes))
            older = older | there[k]
            with m.If(leaves[k]):
                m.d.comb += out.eq(beats[k])
        m.d.comb += emits.eq(leaves.any())
        with m.If(i.step):
            for k in range(self._hold):
                m.d.sync += self.held[k + 1].eq(there[k] & ~leaves[k])
                m.d.sync += beats[k + 1].eq(beats[k])

        m.d.comb += [
            o.step.eq(delayed(m, i.step, self.latency, "step")),
            o.live.eq(delayed(m, emits, self.latency, "emits")),
            Value.cast(o.p).eq(delayed(m, Mux(emits, out, 0), self.latency, "out")),
        ]
        return m
