# SPDX-License-Identifier: MIT
"""Settings of the statistics for a frame."""

from __future__ import annotations

from typing import Any

from opsin_sim.golden.isp import block_settings as of

__all__ = ["statistics_settings"]

_RESULT = 18  # bits of a result
_LEAST = 32  # columns of a zone that the hardware can do with 4 pixels per beat, and fewer


def statistics_settings(width: int, height: int, *, depth: int) -> dict[str, Any]:
    """Return settings by the names of the blocks: zones in the middle of all of the frame.

    Sums are scaled so that they fit whatever the picture, those of sharpness as long as details
    are an eighth of full scale on the mean.
    """
    full = (1 << depth) - 1
    awb, ae, af = (_zones(width, height, count) for count in (32, 16, 8))
    area = {name: z["zone_width"] * z["zone_height"] for name, z in (("ae", ae), ("af", af))}
    quads = awb["zone_width"] * awb["zone_height"] // 4
    lines = min(max((height // 2 // 1024).bit_length(), 0), 3)
    return {
        "awb": of.AwbSettings(
            **awb, dark=full // 64, saturation=full * 15 // 16, scale=_scale(2 * full * quads)
        ),
        "ae": of.AeSettings(
            green_only=1, skip=min((width * height >> 1 + _RESULT).bit_length(), 7)
        ),
        "ae_zones": of.AeZonesSettings(
            **ae, bright=full * 15 // 16, scale=_scale(full * area["ae"])
        ),
        "af": of.AfSettings(**af, threshold=full // 64, scale=_scale(full // 8 * area["af"] // 2)),
        "flicker": of.FlickerSettings(lines=lines, scale=_scale(full * width * (2 << lines))),
    }


def _zones(width: int, height: int, count: int) -> dict[str, int]:
    across = max(width // count // 4 * 4, _LEAST)
    down = max(height // count // 2 * 2, 2)
    columns, rows = min(width // across, count), min(height // down, count)
    return {
        "left": (width - columns * across) // 8 * 4,
        "top": (height - rows * down) // 4 * 2,
        "zone_width": across,
        "zone_height": down,
    }


def _scale(largest: int) -> int:
    """Return by which power of 16 sums must be divided to fit, 3 if none is enough."""
    return min(max(largest.bit_length() - _RESULT + 3, 0) // 4, 3)
