# SPDX-License-Identifier: MIT
"""The pipeline's blocks from white balance on, one after the other."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .chroma_noise_reduction import chroma_noise_reduction
from .color_adjust import color_adjust
from .color_correction import color_correction
from .color_space import color_space
from .defringe import defringe
from .demosaic import demosaic
from .false_color_suppression import false_color_suppression
from .local_tone_map import local_tone_map
from .overlay import overlay
from .setting_base import PICTURE_DEPTH
from .settings import IspSettings
from .sharpen import sharpen
from .tone_curve import tone_curve
from .white_balance import white_balance

__all__ = ["finish", "tone"]

CHROMA_ROWS = 3  # of the chroma noise filter, one line memory instead of two


def tone(raw: NDArray[np.uint16], settings: IspSettings) -> NDArray[Any]:
    """From clean raw samples to RGB, behind the tone curve."""
    depth, phase = settings.depth, settings.frame_phase
    balanced = white_balance(raw, settings.gain, phase=phase, depth=depth)
    rgb = demosaic(balanced, phase=phase, depth=depth, method=settings.demosaic)
    if values := _values(settings, "false_color"):
        rgb = false_color_suppression(rgb, **values, depth=depth)
    if settings.chain != "mini":
        rgb = color_correction(rgb, settings.ccm, settings.offset, depth=depth)
    if values := _values(settings, "tone_map"):
        rgb = local_tone_map(rgb, **values, depth=depth)
    return tone_curve(rgb, settings.curve, depth=depth, depth_out=settings.picture_depth)


def finish(picture: NDArray[Any], settings: IspSettings) -> NDArray[Any]:
    """To YCbCr, of which fringes and noise go and detail is made more of; the overlay on top."""
    if values := _values(settings, "space"):
        picture = color_space(picture, **values, depth=PICTURE_DEPTH, depth_out=PICTURE_DEPTH)
    if values := _values(settings, "defringe"):
        picture = defringe(picture, **values, depth=PICTURE_DEPTH)
    if values := _values(settings, "chroma_nr"):
        picture = chroma_noise_reduction(picture, **values, rows=CHROMA_ROWS)
    if values := _values(settings, "sharpen"):
        picture = sharpen(picture, **values, depth=PICTURE_DEPTH)
    if values := _values(settings, "adjust"):
        picture = color_adjust(picture, **values, depth=PICTURE_DEPTH)
    if values := _values(settings, "overlay"):
        palette = settings.tables.palettes[values.pop("palette")]
        words = settings.tables.bitmap
        picture = overlay(picture, words, palette, **values, depth=PICTURE_DEPTH)
    return picture


def _values(settings: IspSettings, name: str) -> dict[str, Any]:
    """All but ``bypass``; nothing if that is set."""
    if not settings.active(name):
        return {}
    values: dict[str, Any] = getattr(settings, name).registers()
    del values["bypass"]
    return values
