# SPDX-License-Identifier: MIT
"""Camera settings: from files and options to register values."""

from .awb import grey_world
from .color import ccm_from_xyz_to_camera
from .curve import SRGB, curve_points
from .options import tuning_from_options
from .toml import read_tuning
from .tuning import Tuning

__all__ = [
    "SRGB",
    "Tuning",
    "ccm_from_xyz_to_camera",
    "curve_points",
    "grey_world",
    "read_tuning",
    "tuning_from_options",
]
