# SPDX-License-Identifier: MIT
"""Exposure, white balance and focus by themselves, from the statistics of frames."""

from .exposure import Exposure, ExposureLimits
from .exposure_control import ExposureControl
from .focus import FocusSearch
from .frame import Judged, auto_tuning, frame_zones, judge_frame
from .frame_noise import estimate_noise
from .locus import Locus
from .matrix import generic_matrix, matrix_at
from .metering import CENTRE, ExposureStatistics, Metering
from .statistics import exposure_statistics, white_zones
from .white_balance import White, ZoneMeans, estimate_white, grey_world_white, zone_means
from .white_control import WhiteControl, angle

__all__ = [
    "CENTRE",
    "Exposure",
    "ExposureControl",
    "ExposureLimits",
    "ExposureStatistics",
    "FocusSearch",
    "Judged",
    "Locus",
    "Metering",
    "White",
    "WhiteControl",
    "ZoneMeans",
    "angle",
    "auto_tuning",
    "estimate_noise",
    "estimate_white",
    "exposure_statistics",
    "frame_zones",
    "generic_matrix",
    "grey_world_white",
    "judge_frame",
    "matrix_at",
    "white_zones",
    "zone_means",
]
