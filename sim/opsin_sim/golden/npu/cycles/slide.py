# SPDX-License-Identifier: MIT
"""DEPTHWISE with sliding data: each word of its input enters the mesh once."""

from collections.abc import Mapping

from .hardware import Hardware

__all__ = ["TAPS", "slide_words"]

TAPS = 9
"""Words of weights, of a kernel of 3 × 3."""

_LONGEST = 240  # words of a line


def _shortest(hardware: Hardware) -> int:
    """Return the words that a line must have for its window to be set up in time."""
    settled = max(hardware.rows // 2, TAPS) + 8
    return (settled - 5) // 2 + 1


def slide_words(f: Mapping[str, int], hardware: Hardware) -> int:
    """Return the words that are read for a DEPTHWISE, or 0 if it cannot slide."""
    step, pitch = f["n0_stride"], f["k1_stride"]
    square = (f["k0"], f["k1"], f["k2"], f["k0_stride"], f["n2"]) == (3, 3, 1, 1, 1)
    across, down = f["n0"], f["n1"]
    even = down == 1 or f["n1_stride"] == step * pitch
    if not (hardware.sliding and square and step in (1, 2) and even):
        return 0
    reach = (across - 1) * step
    line = min(pitch, reach + 3)
    if line < _shortest(hardware) or line > _LONGEST or reach >= pitch:
        return 0
    return 2 * line + 3 + (down - 1) * step * line + reach
