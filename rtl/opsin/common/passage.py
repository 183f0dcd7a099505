# SPDX-License-Identifier: MIT
"""Blocks of a conveyor between streams, where nothing has to be drained."""

from collections.abc import Sequence
from typing import Any

from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .conveyor import Unload
from .flow import FlowBlock, FlowSignature, join
from .video import VideoSignature

__all__ = ["Passage"]


class Passage(wiring.Component):
    """A short conveyor for blocks that delay every beat by a number of cycles and nothing else.

    Settings of the blocks must hold still while beats are under way.

    Parameters
    ----------
    blocks : sequence of FlowBlock
        Without line or row windows.

    Members
    -------
    i : In(VideoSignature(blocks[0].pixel_in, ppc=ppc))
    o : Out(VideoSignature(blocks[-1].pixel_out, ppc=ppc))
        One beat for each.

    Timing
    ------
    Latency: that of the blocks and 6 cycles; throughput 1 beat/cycle. No combinational paths.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, blocks: Sequence[FlowBlock]) -> None:
        first, last = blocks[0], blocks[-1]
        self._blocks = blocks
        self._unload = Unload(
            last.pixel_out, ppc=last.ppc, latency=sum(block.latency for block in blocks)
        )
        super().__init__(
            {
                "i": In(VideoSignature(first.pixel_in, ppc=first.ppc)),
                "o": Out(VideoSignature(last.pixel_out, ppc=last.ppc)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules += self._blocks
        m.submodules.unload = unload = self._unload
        first = self._blocks[0]

        start: Any = FlowSignature(first.pixel_in, ppc=first.ppc).create()
        go = Signal()
        live = self.i.valid & go
        m.d.comb += self.i.ready.eq(go)
        m.d.sync += [
            go.eq(unload.room),
            start.step.eq(live),
            start.live.eq(live),
            start.p.eq(self.i.p),
        ]
        join(m, start, self._blocks, unload.i)
        wiring.connect(m, unload.o, wiring.flipped(self.o))

        return m
