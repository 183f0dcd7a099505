# SPDX-License-Identifier: MIT
"""Colour space."""

from typing import Any

from amaranth import Cat, Module, Signal, Value, signed
from amaranth.lib import data

from ..common.flow import delayed
from ..common.video import Rgb, Ycbcr
from .clip import clip
from .point import PointBlock, check_depth
from .product import product

__all__ = ["SPACES", "SPACE_FRACTION", "ColorSpace"]

SPACE_FRACTION = 15
OFFSET_FRACTION = 16
_PRODUCT = 2  # cycles

SPACES = {"ycbcr": (Rgb, Ycbcr), "rgb": (Ycbcr, Rgb)}
"""Pixels that come and go, by what the block makes."""


class ColorSpace(PointBlock):
    """RGB to YCbCr or back: a matrix, an offset, another depth.

    With ``s = 15 + depth - depth_out``:
    ``o[k] = clip((sum(matrix[k][j] * i[j]) + offset[k] * 2**(depth-1) + 2**(s-1)) >> s)``,
    clipped to 0..2**depth_out - 1. What must be subtracted from YCbCr before the matrix is, times
    the matrix, part of ``offset``.

    Parameters
    ----------
    depth, depth_out : int
        Bits per sample that comes and goes, 8..16.
    to : str
        ``"ycbcr"`` or ``"rgb"``: what the block makes. The arithmetic is the same.
    ppc : int
        Pixels per beat, 1 or even.

    Members
    -------
    i : In(FlowSignature(Rgb(depth), ppc=ppc))
        For ``to="rgb"``: ``Ycbcr(depth)``.
    o : Out(FlowSignature(Ycbcr(depth_out), ppc=ppc))
        For ``to="rgb"``: ``Rgb(depth_out)``.
    matrix : In(data.ArrayLayout(data.ArrayLayout(signed(18), 3), 3))
        Signed Q3.15 of full scale to full scale (``2**depth`` to ``2**depth_out``), rows are
        outputs; a setting.
    offset : In(data.ArrayLayout(signed(18), 3))
        Signed Q2.16 of full scale of the output; a setting.
    bypass : In(1)
        Pass samples on in their places, cut or filled with zeros below; a setting.

    Timing
    ------
    Latency 5 cycles, throughput 1 beat/cycle. Nine multipliers per pixel.

    Raises
    ------
    ValueError
        If a depth is outside 8..16, ``to`` is unknown or ``ppc`` is neither 1 nor even.

    References
    ----------
    ITU-R BT.601-7, BT.709-6, ITU-T T.871. Golden model: :func:`opsin_sim.golden.isp.color_space`,
    and :func:`opsin_sim.golden.isp.color_space_registers` for the standards' values.
    """

    matrix: Any
    offset: Any

    def __init__(self, *, depth: int, depth_out: int, to: str = "ycbcr", ppc: int = 1) -> None:
        check_depth(depth)
        check_depth(depth_out)
        if to not in SPACES:
            raise ValueError(f"to must be one of {list(SPACES)}, not {to!r}")
        self.depth, self.depth_out = depth, depth_out
        come, go = SPACES[to]
        row = data.ArrayLayout(signed(3 + SPACE_FRACTION), 3)
        super().__init__(
            come(depth),
            go(depth_out),
            latency=3 + _PRODUCT,
            ppc=ppc,
            settings={
                "matrix": data.ArrayLayout(row, 3),
                "offset": data.ArrayLayout(signed(2 + OFFSET_FRACTION), 3),
            },
            bypass=lambda pixel: Cat(self._fitted(Value.cast(sample)) for sample in parts(pixel)),
        )

    def _fitted(self, sample: Value) -> Value:
        return (sample << self.depth_out >> self.depth)[: self.depth_out]

    def compute(self, m: Module) -> None:
        shift = SPACE_FRACTION + self.depth - self.depth_out
        wide = self.depth + 3 + SPACE_FRACTION  # of a product; the whole sum needs two bits more
        for pixel in range(self.ppc):
            samples = parts(self.i.p.pixel[pixel])
            results = parts(self.o.p.pixel[pixel])
            for k, (row, offset) in enumerate(zip(self.matrix, self.offset, strict=True)):
                products = [
                    product(m, sample, factor) for sample, factor in zip(samples, row, strict=True)
                ]
                offset = delayed(m, offset, 1, f"offset_{k}")
                constant = Signal(signed(self.depth_out + 3 + shift), name=f"constant_{k}")
                left = Signal(signed(wide + 1), name=f"left_{k}")
                right = Signal(signed(wide + 2), name=f"right_{k}")
                total = Signal(signed(self.depth_out + 5), name=f"total_{k}")
                m.d.sync += [
                    constant.eq((offset << (self.depth - 1)) + (1 << (shift - 1))),
                    left.eq(products[0] + products[1]),
                    right.eq(products[2] + constant),
                    total.eq((left + right) >> shift),
                    results[k].eq(clip(total, self.depth_out)),
                ]


def parts(pixel: Any) -> list[Any]:
    """Return the three samples of a pixel, whatever they are called."""
    return [pixel[name] for name in dict(iter(pixel.shape()))]
