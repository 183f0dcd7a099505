# SPDX-License-Identifier: MIT
"""Colour correction."""

from typing import Any

from amaranth import Module, Signal, signed
from amaranth.lib import data

from ..common.flow import delayed
from ..common.multiplier import multiply
from ..common.video import Rgb
from .clip import clip
from .point import PointBlock, check_depth

__all__ = ["MATRIX_FRACTION", "ColorCorrection"]

MATRIX_FRACTION = 12


class ColorCorrection(PointBlock):
    """Multiply the colour by a matrix, add an offset, clip.

    ``o[k] = clip(((sum(ccm[k][j] * i[j]) + 2**11) >> 12) + offset[k], 0, 2**depth - 1)``

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    ppc : int
        Pixels per beat, 1 or even.

    Members
    -------
    i, o : FlowSignature(Rgb(depth), ppc=ppc)
        Linear colour.
    ccm : In(data.ArrayLayout(data.ArrayLayout(signed(16), 3), 3))
        Signed Q3.12, rows are output red, green, blue; a setting.
    offset : In(data.ArrayLayout(signed(depth + 1), 3))
        In samples; a setting.

    Timing
    ------
    Latency 5 cycles, throughput 1 beat/cycle. Nine multipliers per pixel.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16 or ``ppc`` is neither 1 nor even.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.color_correction`.
    """

    ccm: Any
    offset: Any

    def __init__(self, *, depth: int, ppc: int = 1) -> None:
        check_depth(depth)
        self.depth = depth
        row = data.ArrayLayout(signed(4 + MATRIX_FRACTION), 3)
        super().__init__(
            Rgb(depth),
            Rgb(depth),
            latency=5,
            ppc=ppc,
            settings={
                "ccm": data.ArrayLayout(row, 3),
                "offset": data.ArrayLayout(signed(depth + 1), 3),
            },
        )

    def compute(self, m: Module) -> None:
        wide = self.depth + 4 + MATRIX_FRACTION  # of a product; the whole sum needs two bits more
        half = 1 << (MATRIX_FRACTION - 1)
        for pixel in range(self.ppc):
            samples = [self.i.p.pixel[pixel][name] for name in "rgb"]
            for row, offset, name in zip(self.ccm, self.offset, "rgb", strict=True):
                products = [multiply(m, *pair) for pair in zip(samples, row, strict=True)]
                offset = delayed(m, offset, 1, f"offset_{name}")
                constant = Signal(signed(self.depth + 1 + MATRIX_FRACTION), name=f"constant_{name}")
                left = Signal(signed(wide + 1), name=f"left_{name}")
                right = Signal(signed(wide + 1), name=f"right_{name}")
                total = Signal(signed(self.depth + 6), name=f"total_{name}")
                m.d.sync += [
                    constant.eq((offset << MATRIX_FRACTION) + half),
                    left.eq(products[0] + products[1]),
                    right.eq(products[2] + constant),
                    total.eq((left + right) >> MATRIX_FRACTION),
                    self.o.p.pixel[pixel][name].eq(clip(total, self.depth)),
                ]
