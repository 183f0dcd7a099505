# SPDX-License-Identifier: MIT
"""Camera pipeline: one file per block, one stream in, one stream out."""

from .frame_guard import FrameGuard, FrameStatus  # isort: skip  # in pipeline order
from .black_level import BlackLevel  # isort: skip
from .white_balance import WhiteBalance  # isort: skip
from .demosaic import Demosaic  # isort: skip
from .color_correction import ColorCorrection  # isort: skip
from .tone_curve import CurveWrite, ToneCurve  # isort: skip
from .settings import IspSettings

__all__ = [
    "BlackLevel",
    "ColorCorrection",
    "CurveWrite",
    "Demosaic",
    "FrameGuard",
    "FrameStatus",
    "IspSettings",
    "ToneCurve",
    "WhiteBalance",
]
