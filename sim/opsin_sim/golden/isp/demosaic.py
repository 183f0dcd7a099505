# SPDX-License-Identifier: MIT
"""Demosaic."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .directional import directional
from .malvar import malvar

__all__ = ["demosaic"]


def demosaic(
    raw: NDArray[np.uint16],
    *,
    phase: int,
    depth: int,
    method: Literal["directional", "malvar"] = "directional",
) -> NDArray[np.uint16]:
    """Estimate the two colours that the filter kept from each pixel."""
    return {"directional": directional, "malvar": malvar}[method](raw, phase=phase, depth=depth)
