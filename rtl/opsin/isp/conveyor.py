# SPDX-License-Identifier: MIT
"""A block by itself, as a stream component."""

from typing import Any

from amaranth import C, Module, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import Flow, In, Out

from ..common.conveyor import Feed, Unload
from ..common.flow import FlowBlock, join
from ..common.shadow import Shadow
from ..common.video import VideoSignature

__all__ = ["Conveyor"]


class Conveyor(wiring.Component):
    """A conveyor with one block on it, between streams that may wait.

    All inputs of the block that are plain signals are sampled with ``sof``, unless they are
    ``live``; its other ports are passed on. Streams into tables wait while ``bank`` is another than
    that of the frame under way.

    Parameters
    ----------
    block : FlowBlock
        The block.
    max_width : int
        Pixels of the longest line.
    live : tuple of str
        Inputs of the block that it follows at once.

    Members
    -------
    i : In(VideoSignature(block.pixel_in, ppc=block.ppc))
        Well-formed frames (see :class:`~opsin.isp.frame_guard.FrameGuard`).
    o : Out(VideoSignature(block.pixel_out, ppc=block.ppc))
        Frames of the same size.
    width : In(range(max_width + 1))
        Pixels per line, a multiple of ``ppc`` of at least 2 beats; sampled with ``sof``.
    height : In(16)
        Lines; sampled with ``sof``.

    And the block's own ports.

    Timing
    ------
    Throughput 1 beat/cycle. A frame takes ``width * height / ppc`` cycles, as many as the block's
    line windows hold beats back, and ``block.latency + 8`` cycles in which ``i`` waits. No
    combinational paths but those of the block's own ports.
    """

    i: stream.Interface
    o: stream.Interface
    width: Value
    height: Value

    def __init__(self, block: FlowBlock, *, max_width: int, live: tuple[str, ...] = ()) -> None:
        self._block = block
        self._feed = Feed(block.pixel_in, max_width=max_width, ppc=block.ppc)
        self._unload = Unload(block.pixel_out, ppc=block.ppc, latency=block.latency)
        own = {
            name: member
            for name, member in block.signature.members.items()
            if name not in ("i", "o")
        }
        size = {"width": In(range(max_width + 1)), "height": In(16)}
        self._settings = [
            name
            for name, member in own.items()
            if member.is_port and member.flow is Flow.In and name not in live
        ]
        self._passed = [name for name in own if name not in self._settings]
        super().__init__(
            {
                "i": In(VideoSignature(block.pixel_in, ppc=block.ppc)),
                "o": Out(VideoSignature(block.pixel_out, ppc=block.ppc)),
                **size,
                **own,
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.feed = feed = self._feed
        m.submodules.block = block = self._block
        m.submodules.unload = unload = self._unload

        wiring.connect(m, wiring.flipped(self.i), feed.i)
        join(m, feed.o, [block], unload.i)
        wiring.connect(m, unload.o, wiring.flipped(self.o))
        m.d.comb += [feed.room.eq(unload.room), feed.left.eq(unload.left)]

        shape: Any = data.StructLayout(
            {
                name: member.shape
                for name, member in self.signature.members.items()
                if name in {"width", "height", *self._settings}
            }
        )
        m.submodules.settings = settings = Shadow(shape)
        held: Any = settings.o
        m.d.comb += [
            settings.take.eq(feed.begin),
            feed.width.eq(held.width),
            feed.height.eq(held.height),
            unload.height.eq(held.height),
            *(settings.i[name].eq(getattr(self, name)) for name in shape.members),
            *(getattr(block, name).eq(held[name]) for name in self._settings),
        ]
        # What is written goes to the table that no frame under way uses.
        settled: Value = C(1)
        if "bank" in self._settings:
            settled = held.bank == getattr(self, "bank")  # noqa: B009 (a port of the block)
        for name in self._passed:
            own, inner = getattr(self, name), getattr(block, name)
            member = self.signature.members[name]
            if member.is_signature:
                m.d.comb += [
                    inner.p.eq(own.p),
                    inner.valid.eq(own.valid & settled),
                    own.ready.eq(inner.ready & settled),
                ]
            elif member.flow is Flow.In:
                m.d.comb += inner.eq(own)
            else:
                m.d.comb += own.eq(inner)

        return m
