# SPDX-License-Identifier: MIT
"""Blocks of a conveyor between streams, where nothing has to be drained."""

from collections.abc import Sequence
from typing import Any

from amaranth import Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .conveyor import Unload
from .flow import FlowBlock, FlowSignature, join
from .video import VideoSignature

__all__ = ["Passage"]

_BEHIND = 2  # slots behind a line


class Passage(wiring.Component):
    """A short conveyor that lines leave by themselves.

    Behind a line's last beat two slots follow at once, empty ones unless the next line begins. So
    blocks may hold beats back until the next slot: together for two slots.

    Settings of the blocks must hold still from 3 cycles before a frame's first beat enters until
    its last beat has left them.

    Parameters
    ----------
    blocks : sequence of FlowBlock
        Without line or row windows.

    Members
    -------
    i : In(VideoSignature(blocks[0].pixel_in, ppc=ppc))
    o : Out(VideoSignature(blocks[-1].pixel_out, ppc=ppc))
        What comes out of the last block.
    height : In(16)
        Lines of a frame at ``o``; it holds still like the settings.
    left : Out(1)
        The last beat of a frame has left the blocks; it may still wait in the queue behind.

    Timing
    ------
    Latency: that of the blocks and 6 cycles; throughput 1 beat/cycle. No combinational paths but
    one from ``i.valid`` through one gate to registers; ``i.ready`` is a register.
    """

    i: stream.Interface
    o: stream.Interface
    height: Value
    left: Value

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
                "height": In(16),
                "left": Out(1),
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
        owed = Signal(range(_BEHIND + 1))  # slots; none inside a line
        with m.If(live):
            m.d.sync += owed.eq(Mux(self.i.p.eol, _BEHIND, 0))
        with m.Elif(owed != 0):
            m.d.sync += owed.eq(owed - 1)
        m.d.comb += [
            self.i.ready.eq(go),
            unload.height.eq(self.height),
            self.left.eq(unload.left),
        ]
        m.d.sync += [
            go.eq(unload.room),
            start.step.eq(live | (owed != 0)),
            start.live.eq(live),
            start.p.eq(self.i.p),
        ]
        join(m, start, self._blocks, unload.i)
        wiring.connect(m, unload.o, wiring.flipped(self.o))

        return m
