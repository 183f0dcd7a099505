# SPDX-License-Identifier: MIT
"""What the camera pipeline's memories are loaded with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .decompand import DECOMPAND_LINEAR, decompand_writes
from .scaler import scaler_coefficients, scaler_writes

__all__ = ["IspTables"]

Writes = dict[str, NDArray[Any]]


def _lanczos() -> NDArray[np.int16]:
    return np.stack([scaler_coefficients(), scaler_coefficients()])


@dataclass(frozen=True, kw_only=True)
class IspTables:
    """What the pipeline's memories are loaded with, but for the tone curve.

    ``decompand`` are 65 points, ``defects`` the entries of the list of defects, ``mesh`` the gains
    of lens shading, ``bitmap`` the 1024 words and ``palettes`` the (2, 16, 4) colours of the
    overlay, ``output_scale`` and ``second_scale`` the (2, 16, 3) coefficients of the outputs'
    scalers, for lines and for columns.
    """

    decompand: NDArray[np.int32] = field(default_factory=lambda: DECOMPAND_LINEAR.copy())
    defects: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))
    mesh: NDArray[np.uint16] = field(
        default_factory=lambda: np.full((16, 32, 4), 1 << 14, dtype=np.uint16)
    )
    bitmap: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(1024, dtype=np.uint32))
    palettes: NDArray[np.uint8] = field(
        default_factory=lambda: np.zeros((2, 16, 4), dtype=np.uint8)
    )
    output_scale: NDArray[np.int16] = field(default_factory=_lanczos)
    second_scale: NDArray[np.int16] = field(default_factory=_lanczos)

    def writes(self) -> dict[str, Writes]:
        """Return what is written to each of the pipeline's ports, by the names of its fields."""
        rows, columns = self.mesh.shape[:2]
        row, column, line = (axis.ravel() for axis in np.indices((rows, columns, 2)))
        defect_line, group, mask = self.defects.T
        colors = np.ascontiguousarray(self.palettes).reshape(32, 4).view("<u4").ravel()
        words = len(self.bitmap)
        return {
            "decompand": decompand_writes(self.decompand),
            "defect": {
                "index": np.arange(len(self.defects)),
                "line": defect_line,
                "group": group,
                "mask": mask,
            },
            "shading": {
                "row": row,
                "column": column,
                "line": line,
                "gain": self.mesh.reshape(-1, 2),
            },
            "overlay": {
                "data": np.concatenate([self.bitmap, colors]),
                "address": np.concatenate([np.arange(words), np.arange(32)]),
                "palette": np.repeat([0, 1], [words, 32]),
            },
            "output_scale": {**scaler_writes(*self.output_scale)},
            "second_scale": {**scaler_writes(*self.second_scale)},
        }
