# SPDX-License-Identifier: MIT
"""The pipeline's blocks in front of white balance, one after the other."""

import numpy as np
from numpy.typing import NDArray

from .black_level import black_level
from .crop import crop
from .decompand import decompand
from .defect_correction import DefectRegisters, defect_correction
from .green_equalization import green_equalization
from .lens_shading import lens_shading
from .raw_noise_reduction import raw_noise_reduction
from .settings import IspSettings

__all__ = ["clean", "cropped"]


def cropped(raw: NDArray[np.uint16], settings: IspSettings) -> NDArray[np.uint16]:
    """Return the window of the frame that is kept."""
    if not settings.active("crop"):
        return raw
    window = settings.crop
    return crop(raw, x=window.x, y=window.y, width=window.width, height=window.height)


def clean(raw: NDArray[np.uint16], settings: IspSettings) -> NDArray[np.uint16]:
    """Return linear samples, black at 0, of a cropped frame: what statistics see."""
    depth, phase, tables = settings.depth, settings.frame_phase, settings.tables
    if settings.active("decompand"):
        raw = decompand(raw, tables.decompand, depth=depth, depth_out=depth)
    raw = black_level(raw, settings.black, phase=phase)
    if settings.active("defect"):
        values = settings.defect.registers()
        del values["bypass"]
        raw = defect_correction(raw, DefectRegisters(**values), tables.defects)
    if settings.active("green"):
        green = settings.green
        raw = green_equalization(
            raw,
            threshold=green.threshold,
            slope=green.slope,
            edge=green.edge,
            phase=phase,
            depth=depth,
        )
    if settings.active("shading"):
        shading = settings.shading
        raw = lens_shading(
            raw,
            tables.mesh,
            cell=(shading.cell_width, shading.cell_height),
            step=(shading.step_x, shading.step_y),
            phase=phase,
            depth=depth,
        )
    if settings.active("raw_nr"):
        noise = settings.raw_nr
        raw = raw_noise_reduction(raw, noise.constant, noise.slope, depth=depth)
    return raw
