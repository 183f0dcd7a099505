# SPDX-License-Identifier: MIT
"""YCbCr to RGB for an output, with the depth of displays."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .color_space import color_space, color_space_registers

__all__ = ["RgbSpaceRegisters", "rgb_space", "rgb_space_registers", "rounded"]


class RgbSpaceRegisters(NamedTuple):
    """Coefficients signed Q3.15 of full scale to full scale, ``offset`` signed Q2.16."""

    luma: int
    red_cr: int
    green_cb: int
    green_cr: int
    blue_cb: int
    offset: int


def rgb_space(
    ycbcr: NDArray[np.uint16],
    luma: int,
    red_cr: int,
    green_cb: int,
    green_cr: int,
    blue_cb: int,
    offset: int,
    *,
    depth: int,
    depth_out: int,
) -> NDArray[np.uint16]:
    """:func:`color_space` with five coefficients, and colour differences that are signed.

    With ``u = cb − 2**(depth−1)``, ``v = cr − 2**(depth−1)``, ``s = 15 + depth − depth_out`` and
    ``t = luma · y + offset · 2**(depth−1) + 2**(s−1)``::

        r = clip((t + red_cr · v) >> s)
        g = clip((t + green_cb · u + green_cr · v) >> s)
        b = clip((t + blue_cb · u) >> s)
    """
    matrix = [[luma, 0, red_cr], [luma, green_cb, green_cr], [luma, blue_cb, 0]]
    offsets = [offset - row[1] - row[2] for row in matrix]
    return color_space(ycbcr, matrix, offsets, depth=depth, depth_out=depth_out)


def rounded(picture: NDArray[np.uint16], *, depth: int, depth_out: int) -> NDArray[np.uint16]:
    """Return samples of fewer bits, rounded half up and saturated, as the bypassed block does."""
    up, down = max(depth_out - depth, 0), max(depth - depth_out, 0)
    nearest = ((picture.astype(np.uint32) << up) + (1 << down >> 1)) >> down
    return np.minimum(nearest, (1 << depth_out) - 1).astype(np.uint16)


def rgb_space_registers(
    standard: str, *, limited: bool, depth: int, depth_out: int
) -> RgbSpaceRegisters:
    """Register values from YCbCr of ``standard``, in limited or full range, to full-range RGB.

    Raises
    ------
    ValueError
        If ``standard`` is unknown.
    """
    matrix, offsets = color_space_registers(
        standard, limited=limited, depth=depth, depth_out=depth_out, inverse=True
    )
    (luma, _, red_cr), (_, green_cb, green_cr), (_, blue_cb, _) = matrix
    return RgbSpaceRegisters(luma, red_cr, green_cb, green_cr, blue_cb, offsets[0] + red_cr)
