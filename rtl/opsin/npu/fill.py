# SPDX-License-Identifier: MIT
"""FILL: one value all over a part of the activation memory."""

from amaranth.hdl import Module, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from .address import AddressGenerator
from .descriptor import Descriptor
from .isa import Opcode
from .scratchpad import LocalWrite

__all__ = ["Fill"]


class Fill(wiring.Component):
    """Write the same byte into every byte of the words of a loop nest.

    Parameters
    ----------
    word_bytes : int
        Bytes of a word.
    depth : int
        Words of the activation memory.

    Members
    -------
    command : In(stream.Signature(Descriptor(Opcode.FILL)))
        Checked descriptors.
    busy : Out(1)
        A command is being carried out.
    activations : Out(LocalWrite(depth, 8 * word_bytes))

    Timing
    ------
    One word per cycle from the cycle after the command on; ``busy`` falls in the cycle after
    the last. No combinational path.
    """

    command: stream.Interface
    busy: Value
    activations: data.View

    def __init__(self, *, word_bytes: int, depth: int) -> None:
        self.word_bytes = word_bytes
        self.depth = depth
        super().__init__(
            {
                "command": In(stream.Signature(Descriptor(Opcode.FILL))),
                "busy": Out(1),
                "activations": Out(LocalWrite(depth, 8 * word_bytes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.submodules.local = local = AddressGenerator(dimensions=2, width=ceil_log2(self.depth))
        command = self.command.p
        writing = Signal()
        value = Signal(signed(8))
        begin = self.command.valid & self.command.ready
        m.d.comb += [
            self.command.ready.eq(~self.busy),
            self.busy.eq(writing),
            *local.begin(
                begin,
                command.local,
                (command.row_words, 1),
                (command.rows, command.local_stride),
            ),
            local.step.eq(writing),
            self.activations.address.eq(local.address),
            self.activations.data.eq(value.replicate(self.word_bytes)),
            self.activations.enable.eq(writing),
        ]
        with m.If(begin):
            m.d.sync += [writing.eq(1), value.eq(command.value)]
        with m.Elif(local.last.all()):
            m.d.sync += writing.eq(0)

        return m
