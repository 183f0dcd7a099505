# SPDX-License-Identifier: MIT
"""From a finished picture to the bytes of an output."""

import numpy as np
from numpy.typing import NDArray

from .chroma_subsample import chroma_subsample
from .output_format import output_format
from .rgb_space import rgb_space, rounded
from .scaler import scaler
from .setting_base import PICTURE_DEPTH
from .settings import IspSettings

__all__ = ["output_bytes", "output_picture"]


def output_picture(
    picture: NDArray[np.uint16], settings: IspSettings, name: str
) -> NDArray[np.uint8]:
    """Picture of 8 bits of the output ``output`` or ``second``; empty if there is no such."""
    use, depth = getattr(settings, name), PICTURE_DEPTH
    if not use.enable:
        return np.zeros((0, 0, 3), dtype=np.uint8)
    across, down = getattr(settings.tables, f"{name}_scale")
    picture = scaler(picture, use.scale.values(), across, down, depth=depth)
    picture = chroma_subsample(picture, use.chroma.format, centred=bool(use.chroma.centred))
    if use.rgb.bypass:
        return rounded(picture, depth=depth, depth_out=8).astype(np.uint8)
    return rgb_space(picture, *use.rgb.values(), depth=depth, depth_out=8).astype(np.uint8)


def output_bytes(picture: NDArray[np.uint8], settings: IspSettings, name: str) -> NDArray[np.uint8]:
    """Lines of whole words of ``4 * ppc`` bytes."""
    use = getattr(settings, name)
    if not picture.size:
        return np.zeros((0, 0), dtype=np.uint8)
    return output_format(picture, use.format, dither=bool(use.dither), bus=4 * settings.ppc)
