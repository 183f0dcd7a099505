# SPDX-License-Identifier: MIT
"""Decompanding."""

from amaranth import Cat, Module, Signal, Value, signed, unsigned
from amaranth.lib import data, stream
from amaranth.lib.wiring import In

from ..common.carry_multiplier import carry_latency
from ..common.flow import delayed
from ..common.line_memory import LineMemory
from ..common.multiplier import multiply
from .clip import clip
from .point import PointBlock, check_depth

__all__ = ["Decompand", "DecompandWrite"]

SEGMENTS = 64


class DecompandWrite(data.StructLayout):
    """A straight piece of the curve, its start and its rise in 16-bit samples, and its place."""

    def __init__(self) -> None:
        super().__init__({"index": range(SEGMENTS), "start": unsigned(16), "slope": signed(18)})


class Decompand(PointBlock):
    """Undo a sensor's compression of its range, along 64 straight segments between 65 points.

    With ``f = depth - 6``, ``k = i >> f``, ``p = i mod 2**f`` and ``s = f + 16 - depth_out``:
    ``o = clip((start[k] * 2**f + slope[k] * p + 2**(s-1)) >> s, 0, 2**depth_out - 1)``.

    There are two tables. Frames are drawn with the one that ``bank`` names; writes go to the
    other. At first both hold the straight line: ``o`` is ``i``, scaled.

    Parameters
    ----------
    depth, depth_out : int
        Bits per sample that comes and goes, 8..16.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(FlowSignature(unsigned(depth), ppc=ppc))
        Raw codes.
    o : Out(FlowSignature(unsigned(depth_out), ppc=ppc))
        Linear raw samples.
    bank : In(1)
        Table to use; a setting.
    bypass : In(1)
        Let samples pass, cut or filled with zeros below; a setting.
    write : In(stream.Signature(DecompandWrite()))
        Segments for the table that ``bank`` does not name; always taken.

    Timing
    ------
    Latency 7 cycles with a ``depth`` of 8, 8 up to 10, 9 up to 14, else 10. A table (a block
    memory) per pixel; carry cells multiply.

    Raises
    ------
    ValueError
        If a depth is outside 8..16 or ``ppc`` not 1, 2 or 4.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.decompand`.
    """

    bank: Value
    write: stream.Interface

    def __init__(self, *, depth: int, depth_out: int, ppc: int = 1) -> None:
        check_depth(depth)
        check_depth(depth_out)
        self.depth, self.depth_out = depth, depth_out
        self._product = carry_latency(signed(18), depth - 6)
        super().__init__(
            unsigned(depth),
            unsigned(depth_out),
            latency=5 + self._product,
            ppc=ppc,
            settings={"bank": unsigned(1)},
            ports={"write": In(stream.Signature(DecompandWrite()))},
            bypass=lambda sample: (sample << depth_out >> depth)[:depth_out],
        )

    def compute(self, m: Module) -> None:
        m.d.comb += self.write.ready.eq(1)
        for k in range(self.ppc):
            self._curve(m, self.i.p.pixel[k], self.o.p.pixel[k])

    def _curve(self, m: Module, sample: Value, result: Value) -> None:
        fraction = self.depth - 6
        shift = fraction + 16 - self.depth_out
        shape = data.StructLayout({"start": unsigned(16), "slope": signed(18)})
        line = [{"start": k << 10, "slope": 1 << 10} for k in range(SEGMENTS)]
        where = delayed(m, sample, 1, "where")
        m.submodules += (table := LineMemory(shape, depth=2 * SEGMENTS, init=line * 2))
        m.d.comb += [
            table.write_en.eq(self.write.valid),
            table.write_addr.eq(Cat(self.write.p.index, ~self.bank)),
            table.write_data.start.eq(self.write.p.start),
            table.write_data.slope.eq(self.write.p.slope),
            table.read_addr.eq(Cat(where[fraction:], self.bank)),
        ]
        segment = table.read_data  # stage 3
        position = delayed(m, where[:fraction], 2, "position")
        product = multiply(m, segment.slope, position, cells="carry")
        start = delayed(m, segment.start, self._product - 1, "start")
        constant = Signal(16 + fraction + 1)
        total = Signal(signed(20 + fraction))
        m.d.sync += [
            constant.eq((start << fraction) + (1 << (shift - 1))),
            total.eq(constant + product),
            result.eq(clip((total >> shift).as_signed(), self.depth_out)),
        ]
