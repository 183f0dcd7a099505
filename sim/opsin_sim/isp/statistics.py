# SPDX-License-Identifier: MIT
"""Statistics as the pipeline's ports give them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..golden.isp import AwbZones, BrightnessZones, SharpnessZones, Statistics
from ..harness import Model

__all__ = ["read_statistics"]

_RESULT = 18  # bits of a result
_LATENCY = 5  # cycles from an index to what it names
_SETTLED = 20  # cycles from a frame's last beat until its results are complete


def read_statistics(model: Model) -> Statistics:
    """Read all results of the last frame; zones that it does not have are undefined."""
    model.run(cycles=_SETTLED)
    sizes = {"awb": 1024, "ae": 1024, "ae_zones": 256, "af": 64, "flicker": 1024}
    ports = {
        "awb": "awb_zone",
        "ae": "ae_count",
        "ae_zones": "ae_zones_zone",
        "af": "af_zone",
        "flicker": "flicker_row",
    }
    words: dict[str, list[int]] = {name: [] for name in sizes}
    for index in range(max(sizes.values())):
        asked = [name for name, size in sizes.items() if index < size]
        for name in asked:
            model.set(f"{name}_index", index)
        model.run(cycles=_LATENCY)
        for name in asked:
            words[name].append(model.get(ports[name]))

    def zones(name: str, fields: int, side: int) -> list[Any]:
        mask = (1 << _RESULT) - 1
        return [
            np.array([word >> _RESULT * k & mask for word in words[name]]).reshape(side, side)
            for k in range(fields)
        ]

    return Statistics(
        AwbZones(*zones("awb", 4, 32)),
        np.array(words["ae"]),
        BrightnessZones(*zones("ae_zones", 2, 16)),
        SharpnessZones(*zones("af", 2, 8)),
        np.array(words["flicker"]),
    )
