# SPDX-License-Identifier: MIT
"""Tone curve."""

from itertools import pairwise

from amaranth import C, Cat, Module, Signal, Value, signed, unsigned
from amaranth.lib import data, stream
from amaranth.lib.wiring import In

from ..common.carry_multiplier import carry_latency
from ..common.flow import delayed
from ..common.line_memory import LineMemory
from ..common.video import Rgb
from .clip import clip
from .point import PointBlock, check_depth
from .product import carry_product

__all__ = ["CurveWrite", "Segment", "ToneCurve"]

SEGMENTS = 256


class Segment(data.StructLayout):
    """A straight piece of the curve, in 1/256 of an output step: its start and its rise."""

    def __init__(self) -> None:
        super().__init__({"start": unsigned(16), "slope": signed(17)})


class CurveWrite(data.StructLayout):
    """One :class:`Segment` and its place, 0 at black.

    ``curves`` as of :class:`ToneCurve`; ``"separate"`` adds ``colors``: bit 0 red, 1 green, 2 blue,
    whose tables are written.
    """

    def __init__(self, curves: str = "shared") -> None:
        if curves not in ("shared", "separate"):
            raise ValueError(f"curves must be 'shared' or 'separate', not {curves!r}")
        colors = {"colors": unsigned(3)} if curves == "separate" else {}
        super().__init__({"index": range(SEGMENTS), **Segment().members, **colors})


class ToneCurve(PointBlock):
    """Map linear samples to ``depth_out`` bits along 256 straight segments.

    With ``f = depth - 8`` fraction bits, ``s = f + 16 - depth_out``, segment ``k = i >> f`` and
    ``p = i mod 2**f``: ``o = clip((start[k] * 2**f + slope[k] * p + 2**(s-1)) >> s)``.

    There are two tables. Frames are drawn with the one that ``bank`` names; writes go to the
    other. After reset both hold the straight line from black to white.

    Parameters
    ----------
    depth, depth_out : int
        Bits per sample, 8..16, of input and output.
    ppc : int
        Pixels per beat, 1 or even.
    curves : str
        ``"shared"``: one curve for all colours; ``"separate"``: writes say for which.

    Members
    -------
    i : In(FlowSignature(Rgb(depth), ppc=ppc))
        Linear colour.
    o : Out(FlowSignature(Rgb(depth_out), ppc=ppc))
        The finished picture.
    bank : In(1)
        Table to use; a setting.
    write : In(stream.Signature(CurveWrite(curves)))
        Segments for the table that ``bank`` does not name. A :class:`~opsin.isp.Conveyor` lets them
        wait from a change of ``bank`` to the next frame: until then the table is in use.

    Timing
    ------
    Latency ``latency`` cycles, 6 to 8 by ``depth``; throughput 1 beat/cycle. A block RAM per pixel
    and colour; products are made of carry cells.
    ``write.ready`` is 1.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16, ``ppc`` is neither 1 nor even, or ``curves`` unknown.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.tone_curve`.
    """

    bank: Value
    write: stream.Interface

    def __init__(
        self, *, depth: int, depth_out: int = 8, ppc: int = 1, curves: str = "shared"
    ) -> None:
        check_depth(depth)
        check_depth(depth_out)
        self.depth, self.depth_out, self._curves = depth, depth_out, curves
        self._product = carry_latency(Segment().members["slope"], max(1, depth - 8))
        super().__init__(
            Rgb(depth),
            Rgb(depth_out),
            latency=4 + self._product,
            ppc=ppc,
            settings={"bank": unsigned(1)},
            ports={"write": In(stream.Signature(CurveWrite(curves)))},
        )

    def compute(self, m: Module) -> None:
        m.d.comb += self.write.ready.eq(1)
        bank = delayed(m, self.bank, 1, "bank")
        for index in range(self.ppc):
            for k in range(3):
                self._curve(m, bank, index, k)

    def _curve(self, m: Module, bank: Value, index: int, color: int) -> None:
        sample = self.i.p.pixel[index]["rgb"[color]]
        result = self.o.p.pixel[index]["rgb"[color]]
        write_this = self.write.p.colors[color] if self._curves == "separate" else C(1)
        fraction = self.depth - 8
        shift = fraction + 16 - self.depth_out
        top = ((1 << self.depth_out) - 1) << (16 - self.depth_out)
        points = [(k * top + 128) >> 8 for k in range(SEGMENTS + 1)]
        line = [{"start": a, "slope": b - a} for a, b in pairwise(points)]
        m.submodules += (table := LineMemory(Segment(), depth=2 * SEGMENTS, init=line * 2))
        m.d.comb += [
            table.write_en.eq(self.write.valid & write_this),
            table.write_addr.eq(Cat(self.write.p.index, ~bank)),
            table.write_data.start.eq(self.write.p.start),
            table.write_data.slope.eq(self.write.p.slope),
            table.read_addr.eq(Cat(sample[fraction:], bank)),
        ]

        segment = table.read_data
        position = delayed(m, sample[:fraction], 2, "position")
        product: Value = C(0)
        if fraction:
            product = carry_product(m, segment.slope, position, latency=self._product)
        start = delayed(m, segment.start, self._product, "start")
        total = Signal(signed(18 + fraction))
        m.d.sync += [
            total.eq((start << fraction) + product + (1 << (shift - 1))),
            result.eq(clip(total >> shift, self.depth_out)),
        ]
