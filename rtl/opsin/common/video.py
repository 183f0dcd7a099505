# SPDX-License-Identifier: MIT
"""Payloads of video streams."""

from amaranth.hdl import ShapeLike, unsigned
from amaranth.lib import data, enum, stream

__all__ = ["BayerPhase", "Beat", "Rgb", "VideoSignature", "Ycbcr"]


class BayerPhase(enum.Enum, shape=unsigned(2)):
    """Colour filter at the frame's first pixel: bit 0 swaps columns, bit 1 swaps rows of RGGB."""

    RGGB = 0
    GRBG = 1
    GBRG = 2
    BGGR = 3


class Rgb(data.StructLayout):
    """Red, green and blue sample of one pixel, ``depth`` bits each, unsigned."""

    def __init__(self, depth: int) -> None:
        super().__init__({"r": unsigned(depth), "g": unsigned(depth), "b": unsigned(depth)})


class Ycbcr(data.StructLayout):
    """Luma, blue and red colour difference of one pixel, ``depth`` bits each, unsigned.

    Colour differences are offset by half the range: ``2**(depth - 1)`` is grey.
    """

    def __init__(self, depth: int) -> None:
        super().__init__({"y": unsigned(depth), "cb": unsigned(depth), "cr": unsigned(depth)})


class Beat(data.StructLayout):
    """``ppc`` neighbouring pixels of one line, the leftmost at index 0, plus frame markers.

    ``sof`` marks the first beat of a frame, ``eol`` the last beat of a line.
    """

    def __init__(self, pixel: ShapeLike, *, ppc: int = 1) -> None:
        super().__init__({"pixel": data.ArrayLayout(pixel, ppc), "sof": 1, "eol": 1})


def VideoSignature(pixel: ShapeLike, *, ppc: int = 1) -> stream.Signature:  # noqa: N802
    """Stream of :class:`Beat` in raster order, from the producer's side.

    A function, because Amaranth's stream signature must not be subclassed.
    """
    return stream.Signature(Beat(pixel, ppc=ppc))
