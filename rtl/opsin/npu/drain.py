# SPDX-License-Identifier: MIT
"""REQUANTIZE: accumulator to activation memory."""

from amaranth.hdl import Module, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from ..config import NpuConfig
from .address import AddressGenerator
from .binary32 import Binary32
from .descriptor import Descriptor
from .isa import Opcode
from .requantize import Clip, Requantize
from .scratchpad import LocalRead, LocalReadInterface, LocalWrite

__all__ = ["Drain"]


class Drain(wiring.Component):
    """Read rows of sums, requantize them, write them as activations.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    command : In(stream.Signature(Descriptor(Opcode.REQUANTIZE)))
        Checked descriptors.
    busy : Out(1)
        A command is being carried out.
    sums : Out(LocalRead(accumulator_rows, ArrayLayout(signed(32), cols)))
    scale : In(ArrayLayout(Binary32(), cols))
    activations : Out(LocalWrite(activation_words, 8 * cols))

    Timing
    ------
    One row per cycle; the first word is written ``3 + Requantize.latency`` cycles after the
    command. ``busy`` falls in the cycle after the last. No combinational path.
    """

    command: stream.Interface
    busy: Value
    sums: LocalReadInterface
    scale: data.View
    activations: data.View

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        cols = config.cols
        sums = data.ArrayLayout(signed(32), cols)
        super().__init__(
            {
                "command": In(stream.Signature(Descriptor(Opcode.REQUANTIZE))),
                "busy": Out(1),
                "sums": Out(LocalRead(config.accumulator_rows, sums)),
                "scale": In(data.ArrayLayout(Binary32(), cols)),
                "activations": Out(LocalWrite(config.activation_words, 8 * cols)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        width = ceil_log2(self.config.activation_words)
        m.submodules.source = source = AddressGenerator(
            dimensions=1, width=ceil_log2(self.config.accumulator_rows)
        )
        m.submodules.target = target = AddressGenerator(dimensions=1, width=width)
        m.submodules.requantize = requantize = Requantize(cols=self.config.cols)
        command = self.command.p
        reading = Signal()
        clip = Signal(Clip())
        begin = self.command.valid & self.command.ready
        m.d.comb += [
            self.command.ready.eq(~self.busy),
            *source.begin(begin, command.accumulator, (command.count, 1)),
            source.step.eq(reading),
            *target.begin(begin, command.local, (command.count, command.local_stride)),
            target.step.eq(requantize.o.valid),
        ]
        with m.If(begin):
            m.d.sync += [reading.eq(1), self.busy.eq(1)]
            m.d.sync += [clip[name].eq(command[name]) for name in Clip().members]
        with m.Elif(source.last.all()):
            m.d.sync += reading.eq(0)
        with m.If(requantize.o.valid & target.last.all()):
            m.d.sync += self.busy.eq(0)

        arriving = Signal(2)  # two cycles until the row is there
        m.d.sync += arriving.eq(arriving << 1 | reading)
        m.d.comb += [
            self.sums.address.eq(source.address),
            self.sums.enable.eq(1),
            requantize.i.sum.eq(self.sums.data),
            requantize.i.valid.eq(arriving[1]),
            requantize.scale.eq(self.scale),
            requantize.clip.eq(clip),
            self.activations.address.eq(target.address),
            self.activations.data.eq(requantize.o.activation),
            self.activations.enable.eq(requantize.o.valid),
        ]

        return m
