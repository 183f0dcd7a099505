# SPDX-License-Identifier: MIT
"""Camera pipeline: one file per block, one stream in, one stream out."""

# In pipeline order:
# isort: skip_file

from .frame_guard import FrameGuard, FrameStatus
from .crop import Crop
from .hdr_merge import HdrMerge
from .temporal_noise_reduction import TemporalNoiseReduction
from .csi_unpack import CsiUnpack, RawFormat
from .dvp_input import DvpInput
from .decompand import Decompand, DecompandWrite
from .black_level import BlackLevel
from .defect_correction import DefectCorrection, MapWrite
from .green_equalization import GreenEqualization
from .lens_shading import LensShading, MeshWrite
from .raw_noise_reduction import RawNoiseReduction
from .awb_statistics import AwbStatistics, AwbZone
from .ae_histogram import AeHistogram
from .ae_zones import AeZone, AeZones
from .af_statistics import AfStatistics, AfZone
from .flicker_statistics import FlickerStatistics
from .white_balance import WhiteBalance
from .demosaic import Demosaic
from .false_color_suppression import FalseColorSuppression
from .color_correction import ColorCorrection
from .local_tone_map import LocalToneMap
from .tone_curve import CurveWrite, ToneCurve
from .color_space import ColorSpace
from .defringe import Defringe
from .chroma_noise_reduction import ChromaNoiseReduction
from .sharpen import Sharpen
from .color_adjust import ColorAdjust
from .scaler import Scaler
from .scaler_filter import CoefficientWrite
from .chroma_subsample import ChromaFormat, ChromaSubsample
from .output_format import OutputFormat
from .overlay import Overlay, OverlayWrite
from .pixel_bytes import PixelFormat
from .conveyor import Conveyor
from .hdr_role import HdrRole
from .frame_buffers import FrameBuffers
from .pipeline import Pipeline
from .rgb_space import RgbSpace
from .settings import PICTURE_DEPTH, IspSettings

__all__ = [
    "PICTURE_DEPTH",
    "AeHistogram",
    "AeZone",
    "AeZones",
    "AfStatistics",
    "AfZone",
    "AwbStatistics",
    "AwbZone",
    "BlackLevel",
    "ChromaFormat",
    "ChromaNoiseReduction",
    "ChromaSubsample",
    "CoefficientWrite",
    "ColorAdjust",
    "ColorCorrection",
    "ColorSpace",
    "Conveyor",
    "Crop",
    "CsiUnpack",
    "CurveWrite",
    "Decompand",
    "DecompandWrite",
    "DefectCorrection",
    "Defringe",
    "Demosaic",
    "DvpInput",
    "FalseColorSuppression",
    "FlickerStatistics",
    "FrameBuffers",
    "FrameGuard",
    "FrameStatus",
    "GreenEqualization",
    "HdrMerge",
    "HdrRole",
    "IspSettings",
    "LensShading",
    "LocalToneMap",
    "MapWrite",
    "MeshWrite",
    "OutputFormat",
    "Overlay",
    "OverlayWrite",
    "Pipeline",
    "PixelFormat",
    "RawFormat",
    "RawNoiseReduction",
    "RgbSpace",
    "Scaler",
    "Sharpen",
    "TemporalNoiseReduction",
    "ToneCurve",
    "WhiteBalance",
]
