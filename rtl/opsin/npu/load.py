# SPDX-License-Identifier: MIT
"""LOAD: memory to local memories."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from ..common.memory_port import MemoryInterface, MemoryPort
from .address import AddressGenerator
from .descriptor import Descriptor
from .isa import Opcode, Space
from .scratchpad import LocalWrite

__all__ = ["Load"]


class Load(wiring.Component):
    """Copy words from memory, asking for them well ahead of their arrival.

    Parameters
    ----------
    word_bytes : int
        Bytes of a word.
    depths : dict of Space to int
        Words of each local memory.

    Members
    -------
    command : In(stream.Signature(Descriptor(Opcode.LOAD)))
        Checked descriptors.
    busy : Out(1)
        A command is being carried out.
    memory : Out(MemoryPort(word_bytes))
        Only reads. Responses are taken at once.
    activations, weights, parameters : Out(LocalWrite(depth, 8 * word_bytes))

    Timing
    ------
    A request per cycle from the cycle after the command on, a word per cycle; ``busy`` falls in
    the cycle after the last response, when that is being written. No combinational path.
    """

    command: stream.Interface
    busy: Value
    memory: MemoryInterface
    activations: data.View
    weights: data.View
    parameters: data.View

    def __init__(self, *, word_bytes: int, depths: dict[Space, int]) -> None:
        self.word_bytes = word_bytes
        self.depths = depths
        super().__init__(
            {
                "command": In(stream.Signature(Descriptor(Opcode.LOAD))),
                "busy": Out(1),
                "memory": Out(MemoryPort(word_bytes)),
                **{
                    space.name.lower(): Out(LocalWrite(depth, 8 * word_bytes))
                    for space, depth in depths.items()
                },
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        width = max(map(ceil_log2, self.depths.values()))
        m.submodules.remote = remote = AddressGenerator(dimensions=2, width=32)
        m.submodules.local = local = AddressGenerator(dimensions=2, width=width)
        command = self.command.p
        requesting = Signal()
        receiving = Signal()
        space = Signal(Space)
        begin = self.command.valid & self.command.ready
        m.d.comb += [
            self.command.ready.eq(~self.busy),
            self.busy.eq(receiving),
            *remote.begin(
                begin,
                command.memory,
                (command.row_words, self.word_bytes),
                (command.rows, command.memory_stride),
            ),
            *local.begin(
                begin,
                command.local,
                (command.row_words, 1),
                (command.rows, command.local_stride),
            ),
        ]
        with m.If(begin):
            m.d.sync += [requesting.eq(1), receiving.eq(1), space.eq(command.space)]

        m.d.comb += [
            self.memory.request.valid.eq(requesting),
            self.memory.request.p.address.eq(remote.address),
            remote.step.eq(requesting & self.memory.request.ready),
        ]
        with m.If(remote.step & remote.last.all()):
            m.d.sync += requesting.eq(0)

        m.d.comb += [
            self.memory.response.ready.eq(1),
            local.step.eq(self.memory.response.valid),
        ]
        with m.If(local.step & local.last.all()):
            m.d.sync += receiving.eq(0)
        for member in self.depths:
            write = getattr(self, member.name.lower())
            m.d.sync += [
                write.address.eq(local.address),
                write.data.eq(self.memory.response.payload),
                write.enable.eq(local.step & (space == member)),
            ]

        return m
