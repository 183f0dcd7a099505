# SPDX-License-Identifier: MIT
"""The whole pipeline on one well-formed frame."""

import numpy as np
from numpy.typing import NDArray

from .black_level import black_level
from .color_correction import color_correction
from .demosaic import demosaic
from .settings import IspSettings
from .tone_curve import tone_curve
from .white_balance import white_balance

__all__ = ["develop"]


def develop(raw: NDArray[np.uint16], settings: IspSettings) -> NDArray[np.uint8]:
    """Turn a raw frame into an 8-bit picture.

    Parameters
    ----------
    raw : array of (height, width)
        Samples of ``settings.depth`` bits.
    settings : IspSettings
        Register values.

    Raises
    ------
    ValueError
        If the frame has another size than the settings say, or a sample too many bits.
    """
    if raw.shape != (settings.height, settings.width):
        size = (settings.height, settings.width)
        raise ValueError(f"raw must be {size[0]} lines of {size[1]} pixels, not {raw.shape!r}")
    depth, phase = settings.depth, settings.phase
    if int(raw.max()) >> depth:
        raise ValueError(f"raw must be in 0..{(1 << depth) - 1}, not {int(raw.max())}")
    balanced = white_balance(
        black_level(raw, settings.black, phase=phase), settings.gain, phase=phase, depth=depth
    )
    rgb = demosaic(balanced, phase=phase, depth=depth, method=settings.demosaic)
    corrected = color_correction(rgb, settings.ccm, settings.offset, depth=depth)
    return tone_curve(corrected, settings.curve, depth=depth)
