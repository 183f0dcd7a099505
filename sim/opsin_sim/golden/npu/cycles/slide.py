# SPDX-License-Identifier: MIT
"""DEPTHWISE with sliding data: each word of its input enters the mesh once."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..edges import edges_of
from .hardware import Hardware

__all__ = ["TAPS", "Slide", "slide_of"]

TAPS = 9
"""Words of weights, of a kernel of 3 × 3."""

_LONGEST = 240  # words of a line


@dataclass(frozen=True)
class Slide:
    """``words`` are read in lines of ``line``; of its sums ``behind`` come when all are read.

    Before its first sum ``lead`` words have come.
    """

    line: int
    words: int
    behind: int
    lead: int


def slide_of(f: Mapping[str, int], hardware: Hardware) -> Slide | None:
    """Return how data slide for a DEPTHWISE; None if they cannot."""
    step, pitch = f["n0_stride"], f["k1_stride"]
    square = (f["k0"], f["k1"], f["k2"], f["k0_stride"], f["n2"]) == (3, 3, 1, 1, 1)
    across, down = f["n0"], f["n1"]
    even = down == 1 or f["n1_stride"] == step * pitch
    if not (hardware.sliding and square and step in (1, 2) and even):
        return None
    left, right, top, bottom = edges_of(f)
    reach = (across - 1) * step
    span = reach + 3 - left - right
    line = min(pitch, span)
    if line > _LONGEST or reach >= pitch:
        return None
    lead = (2 - top) * line + 2 - left
    words = ((down - 1) * step + 3 - top - bottom) * line + span - line
    return Slide(line, words, bottom * line + right, lead)
