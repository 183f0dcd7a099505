# SPDX-License-Identifier: MIT
"""Whether the mesh can carry a DEPTHWISE out with sliding data."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..descriptor import DESCRIPTOR_BITS, Descriptor
from ..isa import Opcode
from ..mesh import TAPS

__all__ = ["LONGEST", "Plan", "Planned"]

LONGEST = 240
"""Words of a line at most."""


class Planned(data.StructLayout):
    """A command; with ``slide`` as sliding data in lines of ``line`` words.

    ``double``: every second word and line makes a sum. Words are read from ``start`` on: ``lines``
    lines and ``tail`` words.
    """

    def __init__(self) -> None:
        fields = {"raw": DESCRIPTOR_BITS, "slide": 1, "double": 1, "line": 8}
        super().__init__(fields | {"start": 32, "lines": 17, "tail": 2})


class Plan(wiring.Component):
    """Look at commands before they begin.

    A DEPTHWISE slides if its kernel is 3 × 3, words of a kernel's row are neighbours, and sums are
    one or two words apart, across and down. Its input is then read line by line, each word once. A
    line ends where its last sum does or, if that is earlier, where the next one begins. Words that
    lie beyond edges belong to no line.

    Members
    -------
    i : In(stream.Signature(512))
    o : Out(stream.Signature(Planned()))
    stop : In(1)
        Forget the command.

    Timing
    ------
    Three cycles behind, a command every four.
    """

    i: stream.Interface
    o: stream.Interface
    stop: Value

    def __init__(self) -> None:
        super().__init__(
            {
                "i": In(stream.Signature(DESCRIPTOR_BITS)),
                "o": Out(stream.Signature(Planned())),
                "stop": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        command: Any = Signal(Descriptor(Opcode.DEPTHWISE), reset_less=True)
        step = Signal(2)  # 0 free, 3 ready
        m.d.comb += [
            self.i.ready.eq(step == 0),
            self.o.valid.eq(step == 3),
            self.o.p.raw.eq(Value.cast(command)),
        ]

        pitch = command.k1_stride
        single, double = command.n0_stride == 1, command.n0_stride == 2
        left, right, top, bottom = command.edges
        more, below = (command.n0 - 1)[:16], (command.n1 - 1)[:16]
        reach = Signal(17, reset_less=True)  # from a line's first sum to its last
        drop = Signal(17, reset_less=True)  # from the first line's sums to the last one's
        wide, high = Signal(2, reset_less=True), Signal(2, reset_less=True)  # of the kernel
        place = Signal(32, reset_less=True)
        alike = Signal(4, reset_less=True)
        m.d.sync += [
            reach.eq(Mux(double, more << 1, more)),
            drop.eq(Mux(double, below << 1, below)),
            wide.eq(3 - left - right),
            high.eq(3 - top - bottom),
            place.eq(command.local + Mux(top, pitch, 0)),
            alike[0].eq(command.opcode == Opcode.DEPTHWISE.value),
            alike[1].eq((command.k0 == 3) & (command.k1 == 3) & (command.k2 == 1)),
            alike[2].eq((command.k0_stride == 1) & (single | double) & (command.n2 == 1)),
            alike[3].eq((command.n1_stride == Mux(double, pitch << 1, pitch)) | (command.n1 == 1)),
        ]
        span = reach + wide
        slide = Signal(3, reset_less=True)
        m.d.sync += [
            self.o.p.double.eq(double),
            self.o.p.line.eq(Mux(pitch < span, pitch, span)),
            slide[0].eq(alike.all()),
            slide[1].eq((pitch <= LONGEST) | (span <= LONGEST)),
            slide[2].eq(reach < pitch),
            self.o.p.start.eq(place + left),
            self.o.p.lines.eq(drop + high),
            self.o.p.tail.eq(Mux(pitch < span, span - pitch, 0)),
        ]
        m.d.comb += self.o.p.slide.eq(slide.all())

        with m.If(step == 0), m.If(self.i.valid):
            m.d.sync += [step.eq(1), Value.cast(command).eq(self.i.payload)]
        with m.Elif((step != 3) | self.o.ready):
            m.d.sync += step.eq(step + 1)
        with m.If(self.stop):
            m.d.sync += step.eq(0)
        return m


assert TAPS == 9
