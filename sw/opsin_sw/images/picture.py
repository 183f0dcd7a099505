# SPDX-License-Identifier: MIT
"""Raw samples and what is known of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..tuning import Tuning

__all__ = ["RawPicture", "from_array", "from_name"]


@dataclass(frozen=True)
class RawPicture:
    """Samples (height, width) and what the file says of them."""

    samples: NDArray[np.uint16]
    tuning: Tuning


_NAME = re.compile(r"_(\d+)x(\d+)(?:_\d+bit)?(?:_(rggb|grbg|gbrg|bggr)(\d+)?)?(?=[_.])", re.I)


def from_name(path: Path) -> Tuning:
    """Return what the file's name says."""
    match = _NAME.search(path.name)
    if match is None:
        return Tuning()
    width, height, phase, bits = match.groups()
    return Tuning(
        width=int(width),
        height=int(height),
        phase=phase and phase.upper(),
        bits=None if bits is None else int(bits),
    )


def from_array(path: Path, samples: NDArray[np.generic], bits: int | None = None) -> RawPicture:
    """Return an array as a picture; its type says the bits unless ``bits`` or the name does."""
    if samples.ndim != 2 or 0 in samples.shape:
        raise UserError(f"must have one channel (a Bayer picture), not shape {samples.shape}")
    if samples.dtype not in (np.uint8, np.uint16):
        raise UserError(f"samples must be of 8 or 16 bits without sign, not {samples.dtype}")
    named = from_name(path)
    known = Tuning(phase=named.phase, bits=bits or named.bits or 8 * samples.dtype.itemsize)
    return RawPicture(samples.astype(np.uint16), known)
