# SPDX-License-Identifier: MIT
"""Register values of the camera pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .tone_curve import LINEAR, segments

__all__ = ["GAIN_ONE", "IDENTITY", "MATRIX_ONE", "IspSettings"]

GAIN_ONE = 1 << 12
"""Gain 1.0 in Q4.12."""

MATRIX_ONE = 1 << 12
"""Matrix coefficient 1.0 in Q3.12."""

IDENTITY = ((MATRIX_ONE, 0, 0), (0, MATRIX_ONE, 0), (0, 0, MATRIX_ONE))


def _check(name: str, values: Sequence[int], count: int, low: int, high: int) -> None:
    if len(values) != count:
        raise ValueError(f"{name} must be {count} numbers, not {len(values)}")
    for value in values:
        if not low <= value <= high:
            raise ValueError(f"{name} must be in {low}..{high}, not {value!r}")


@dataclass(frozen=True, kw_only=True)
class IspSettings:
    """Everything a frame is developed with, as integers.

    ``depth`` is the pipeline's sample width; it is built into the hardware and no register.
    Per-channel values stand in the order R, Gr, Gb, B. ``gain`` is unsigned Q4.12, ``ccm`` signed
    Q3.12 (rows: output red, green, blue), ``offset`` counts samples, ``curve`` holds the 257
    points of the tone curve in Q8.8. ``demosaic`` is the method, built into the hardware too; the
    directional one needs 5 lines.

    Raises
    ------
    ValueError
        If a value does not fit its register.
    """

    width: int
    height: int
    depth: int = 16
    phase: int = 0
    black: tuple[int, int, int, int] = (0, 0, 0, 0)
    gain: tuple[int, int, int, int] = (GAIN_ONE,) * 4
    ccm: tuple[tuple[int, int, int], ...] = IDENTITY
    offset: tuple[int, int, int] = (0, 0, 0)
    curve: NDArray[np.uint16] = field(default_factory=lambda: LINEAR.copy(), compare=False)
    demosaic: Literal["directional", "malvar"] = "malvar"

    def __post_init__(self) -> None:
        full = 1 << self.depth
        _check("depth", (self.depth,), 1, 8, 16)
        _check("width", (self.width,), 1, 4, 65535)
        _check("height", (self.height,), 1, 5 if self.demosaic == "directional" else 4, 65535)
        _check("phase", (self.phase,), 1, 0, 3)
        _check("black", self.black, 4, 0, full - 1)
        _check("gain", self.gain, 4, 0, 65535)
        _check("ccm", [value for row in self.ccm for value in row], 9, -32768, 32767)
        _check("offset", self.offset, 3, -full, full - 1)
        _check("curve", self.curve.tolist(), 257, 0, 65535)

    def registers(self) -> dict[str, Any]:
        """Return the settings port's value, by the names of its fields, but ``curve_bank``."""
        return {
            "width": self.width,
            "height": self.height,
            "phase": self.phase,
            "black": list(self.black),
            "gain": list(self.gain),
            "ccm": [list(row) for row in self.ccm],
            "offset": list(self.offset),
        }

    def curve_writes(self) -> dict[str, NDArray[np.int32]]:
        """Return what is written to the curve port to load ``curve``."""
        start, slope = segments(self.curve)
        return {"index": np.arange(256, dtype=np.int32), "start": start, "slope": slope}
