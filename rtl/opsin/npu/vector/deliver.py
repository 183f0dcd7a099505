# SPDX-License-Identifier: MIT
"""Words to the scratchpad."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ...config import NpuConfig
from ..address import AddressGenerator
from ..scratchpad import LocalWrite, LocalWriteInterface
from .commands import Target, address_width

__all__ = ["Deliver"]


class Deliver(wiring.Component):
    """Write words where their command says.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    command : In(stream.Signature(Target(config)))
    i : In(stream.Signature(8 * rows))
    write : Out(LocalWrite(scratchpad_words, 8 * rows))
    finished : Out(1)
        A command's last word was taken in the cycle before.

    Timing
    ------
    A word is offered a cycle after it came; one per cycle, also across commands. ``i.ready``
    depends combinationally on ``write.request.ready``.
    """

    command: stream.Interface
    i: stream.Interface
    write: LocalWriteInterface
    finished: Value

    def __init__(self, config: NpuConfig) -> None:
        self.width = address_width(config)
        super().__init__(
            {
                "command": In(stream.Signature(Target(config))),
                "i": In(stream.Signature(8 * config.rows)),
                "write": Out(LocalWrite(config.scratchpad_words, 8 * config.rows)),
                "finished": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.submodules.walk = walk = AddressGenerator(dimensions=2, width=self.width)
        command, request = self.command.p, self.write.request
        active, end, room, begin = Signal(), Signal(), Signal(), Signal()
        last = walk.step & walk.last.all()
        m.d.comb += [
            room.eq(~request.valid | request.ready),
            self.i.ready.eq(active & room),
            walk.step.eq(self.i.valid & self.i.ready),
            self.command.ready.eq(~active | last),
            begin.eq(self.command.valid & self.command.ready),
            *walk.begin(
                begin,
                command.local,
                *((command[n], command[f"{n}_stride"]) for n in ("n0", "n1")),
            ),
        ]
        with m.If(last):
            m.d.sync += active.eq(0)
        with m.If(begin):
            m.d.sync += active.eq(1)
        m.d.sync += self.finished.eq(request.valid & request.ready & end)
        with m.If(room):
            m.d.sync += [
                request.valid.eq(walk.step),
                request.p.address.eq(walk.address),
                request.p.data.eq(self.i.payload),
                end.eq(walk.last.all()),
            ]
        return m
