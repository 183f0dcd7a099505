# SPDX-License-Identifier: MIT
"""Statistics for white balance: colour sums of zones of the frame."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .zone_grid import scaled, zone_totals

__all__ = ["ZONES", "AwbZones", "awb_scale", "awb_statistics"]

ZONES = 32
"""Zones across, and down."""


class AwbZones(NamedTuple):
    """Results of each zone, (32, 32) each; 0 where the frame has no such zone."""

    red: NDArray[np.int64]
    green: NDArray[np.int64]
    blue: NDArray[np.int64]
    quads: NDArray[np.int64]
    scale: int = 0
    """Sums of colours are divided by ``16**scale``; ``quads`` is not."""


def awb_scale(depth: int, zone_width: int, zone_height: int) -> int:
    """Return the least scale with which no zone saturates, or 3 if none is enough."""
    most = 2 * ((1 << depth) - 1) * (zone_width // 2) * (zone_height // 2)
    return min(max(most.bit_length() - 18 + 3, 0) // 4, 3)


def awb_statistics(
    raw: NDArray[np.uint16],
    *,
    phase: int,
    zone_width: int,
    zone_height: int,
    dark: int,
    saturation: int,
    left: int = 0,
    top: int = 0,
    scale: int = 0,
    ppc: int = 1,
) -> AwbZones:
    """Sum the 2 × 2 quads, counted from the frame's corner, of which all samples lie in the gate.

    The gate is ``dark`` .. ``saturation``, both included. ``green`` sums both greens of a quad.
    Zones are those of :func:`~opsin_sim.golden.isp.zone_grid.zone_totals`.
    """
    height, width = raw.shape[0] // 2, raw.shape[1] // 2
    quads = raw[: height * 2, : width * 2].astype(np.int64).reshape(height, 2, width, 2)
    place = {colour: (k >> 1, k & 1) for k, colour in enumerate(("r", "gr", "gb", "b"))}
    rows, columns = phase >> 1, phase & 1
    sample = {name: quads[:, y ^ rows, :, x ^ columns] for name, (y, x) in place.items()}
    accepted = ((quads >= dark) & (quads <= saturation)).all(axis=(1, 3))

    def total(values: NDArray[np.int64]) -> NDArray[np.int64]:
        return zone_totals(
            np.where(accepted, values, 0),
            zones=ZONES,
            cell=(2, 2),
            left=left,
            top=top,
            zone_width=zone_width,
            zone_height=zone_height,
            ppc=ppc,
        )

    green = sample["gr"] + sample["gb"]
    return AwbZones(
        red=scaled(total(sample["r"]), scale),
        green=scaled(total(green), scale),
        blue=scaled(total(sample["b"]), scale),
        quads=scaled(total(np.ones_like(green))),
        scale=scale,
    )
