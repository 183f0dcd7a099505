# SPDX-License-Identifier: MIT
"""Camera settings: from files and options to register values."""

from .accuracy import DeltaE, delta_e
from .awb import grey_world
from .chart import Corners, picture_patches, raw_patches
from .color import ccm_from_xyz_to_camera
from .curve import SRGB, curve_points
from .flicker import flicker_frequency
from .illuminant import Illuminant, ccm_under
from .look import Look
from .noise import Noise
from .options import tuning_from_options
from .toml import read_tuning
from .toml_write import write_tuning
from .tuning import Tuning

__all__ = [
    "SRGB",
    "Corners",
    "DeltaE",
    "Illuminant",
    "Look",
    "Noise",
    "Tuning",
    "ccm_from_xyz_to_camera",
    "ccm_under",
    "curve_points",
    "delta_e",
    "flicker_frequency",
    "grey_world",
    "picture_patches",
    "raw_patches",
    "read_tuning",
    "tuning_from_options",
    "write_tuning",
]
