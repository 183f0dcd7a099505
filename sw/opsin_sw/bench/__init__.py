# SPDX-License-Identifier: MIT
"""How good the pictures are: the bit-exact models, judged beside well-kept libraries."""

from .color import FRAMES, color_rows
from .demosaic import cpsnr, demosaic_rows
from .judges import MISSING, judges
from .noise import NOISE, noise_rows, noise_sensor
from .pictures import has_pictures, pictures
from .report import Report, Row
from .sharpness import CHART, mtf50, sharpness_rows

__all__ = [
    "CHART",
    "FRAMES",
    "MISSING",
    "NOISE",
    "Report",
    "Row",
    "color_rows",
    "cpsnr",
    "demosaic_rows",
    "has_pictures",
    "judges",
    "mtf50",
    "noise_rows",
    "noise_sensor",
    "pictures",
    "sharpness_rows",
]
