# SPDX-License-Identifier: MIT
"""STORE: activation memory to memory."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from ..common.memory_port import MemoryInterface, MemoryPort
from .address import AddressGenerator
from .descriptor import Descriptor
from .isa import Opcode
from .scratchpad import LocalRead, LocalReadInterface

__all__ = ["Store"]


class Store(wiring.Component):
    """Copy words to memory.

    Parameters
    ----------
    word_bytes : int
        Bytes of a word.
    depth : int
        Words of the activation memory.

    Members
    -------
    command : In(stream.Signature(Descriptor(Opcode.STORE)))
        Checked descriptors.
    busy : Out(1)
        A command is being carried out; until its last word has been accepted.
    activations : Out(LocalRead(depth, 8 * word_bytes))
    memory : Out(MemoryPort(word_bytes))
        Only writes.

    Timing
    ------
    First request three cycles after the command, then one per cycle; ``busy`` falls in the
    cycle after the last is accepted. ``activations.enable`` depends combinationally on
    ``memory.request.ready``.
    """

    command: stream.Interface
    busy: Value
    activations: LocalReadInterface
    memory: MemoryInterface

    def __init__(self, *, word_bytes: int, depth: int) -> None:
        self.word_bytes = word_bytes
        self.depth = depth
        super().__init__(
            {
                "command": In(stream.Signature(Descriptor(Opcode.STORE))),
                "busy": Out(1),
                "activations": Out(LocalRead(depth, 8 * word_bytes)),
                "memory": Out(MemoryPort(word_bytes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.submodules.local = local = AddressGenerator(dimensions=2, width=ceil_log2(self.depth))
        m.submodules.remote = remote = AddressGenerator(dimensions=2, width=32)
        command = self.command.p
        begin = self.command.valid & self.command.ready
        m.d.comb += [
            *local.begin(
                begin,
                command.local,
                (command.row_words, 1),
                (command.rows, command.local_stride),
            ),
            *remote.begin(
                begin,
                command.memory,
                (command.row_words, self.word_bytes),
                (command.rows, command.memory_stride),
            ),
        ]

        # Address, memory, register behind it: the three move together or not at all.
        reading = Signal()
        fetched = Signal()
        offered = Signal()
        move = ~offered | self.memory.request.ready
        m.d.comb += [
            self.command.ready.eq(~self.busy),
            self.busy.eq(reading | fetched | offered),
            local.step.eq(reading & move),
            self.activations.address.eq(local.address),
            self.activations.enable.eq(move),
        ]
        with m.If(move):
            m.d.sync += [fetched.eq(reading), offered.eq(fetched)]
        with m.If(begin):
            m.d.sync += reading.eq(1)
        with m.Elif(local.step & local.last.all()):
            m.d.sync += reading.eq(0)

        m.d.comb += [
            self.memory.request.valid.eq(offered),
            self.memory.request.p.address.eq(remote.address),
            self.memory.request.p.write.eq(1),
            self.memory.request.p.data.eq(self.activations.data),
            remote.step.eq(offered & self.memory.request.ready),
        ]

        return m
