# SPDX-License-Identifier: MIT
"""Camera pipeline, bit-exact, one function per block in pipeline order.

Raw frames are (height, width) unsigned arrays, colour pictures (height, width, 3) in the order
red, green, blue. Arithmetic is integer throughout; every block names its own rounding.
"""

from .ae_histogram import ae_histogram
from .ae_zones import BrightnessZones, ae_zones
from .af_statistics import SharpnessZones, af_statistics
from .awb_statistics import ZONES, AwbZones, awb_scale, awb_statistics
from .bayer import CHANNELS, PHASES, channels, mosaic
from .black_level import black_level
from .chroma_noise_reduction import (
    ChromaNoiseRegisters,
    chroma_noise_reduction,
    chroma_noise_registers,
)
from .chroma_subsample import CHROMA_FORMATS, chroma_planes, chroma_subsample
from .color_adjust import ColorAdjustRegisters, color_adjust, color_adjust_registers
from .color_correction import color_correction
from .color_space import ColorSpaceRegisters, color_space, color_space_registers
from .crop import crop, crop_phase
from .csi_unpack import RAW_FORMATS, csi_pack, csi_unpack
from .decompand import DECOMPAND_LINEAR, decompand, decompand_points, decompand_writes
from .defect_correction import DefectRegisters, defect_correction, defect_entries, defects
from .defringe import DefringeRegisters, defringe, defringe_registers
from .demosaic import demosaic
from .develop import Developed, develop, develop_all
from .dvp_input import dvp_input
from .false_color_suppression import (
    FalseColorRegisters,
    false_color_registers,
    false_color_suppression,
)
from .flicker_statistics import flicker_statistics
from .frame_entry import crop_beats, frame_entry
from .frame_guard import Beats, Flags, Guarded, frame_guard, frames_to_beats
from .frame_memory import frame_bytes
from .frame_stages import FrameMemory
from .green_equalization import green_equalization
from .hdr_merge import HdrRegisters, hdr_merge, hdr_registers
from .lens_shading import MESH_ONE, lens_shading, mesh_steps, shading_gain
from .local_tone_map import (
    ToneMapRegisters,
    local_tone_map,
    tone_map_base,
    tone_map_registers,
)
from .output_format import DITHER, PIXEL_FORMATS, output_format
from .overlay import overlay, overlay_words
from .raw_noise_reduction import RECIPROCAL, noise_registers, raw_noise_reduction
from .rgb_space import RgbSpaceRegisters, rgb_space, rgb_space_registers, rounded
from .scaler import (
    SCALER_PHASES,
    ScalerRegisters,
    scaler,
    scaler_coefficients,
    scaler_registers,
    scaler_writes,
)
from .settings import IspSettings
from .sharpen import SharpenRegisters, sharpen, sharpen_registers
from .statistics_stages import Statistics, statistics
from .tables import IspTables
from .temporal_noise_reduction import (
    TemporalNoiseRegisters,
    temporal_noise_reduction,
    temporal_noise_registers,
)
from .tone_curve import LINEAR, linear_curve, tone_curve
from .white_balance import white_balance
from .window import windows

__all__ = [
    "CHANNELS",
    "CHROMA_FORMATS",
    "DECOMPAND_LINEAR",
    "DITHER",
    "LINEAR",
    "MESH_ONE",
    "PHASES",
    "PIXEL_FORMATS",
    "RAW_FORMATS",
    "RECIPROCAL",
    "SCALER_PHASES",
    "ZONES",
    "AwbZones",
    "Beats",
    "BrightnessZones",
    "ChromaNoiseRegisters",
    "ColorAdjustRegisters",
    "ColorSpaceRegisters",
    "DefectRegisters",
    "DefringeRegisters",
    "Developed",
    "FalseColorRegisters",
    "Flags",
    "FrameMemory",
    "Guarded",
    "HdrRegisters",
    "IspSettings",
    "IspTables",
    "RgbSpaceRegisters",
    "ScalerRegisters",
    "SharpenRegisters",
    "SharpnessZones",
    "Statistics",
    "TemporalNoiseRegisters",
    "ToneMapRegisters",
    "ae_histogram",
    "ae_zones",
    "af_statistics",
    "awb_scale",
    "awb_statistics",
    "black_level",
    "channels",
    "chroma_noise_reduction",
    "chroma_noise_registers",
    "chroma_planes",
    "chroma_subsample",
    "color_adjust",
    "color_adjust_registers",
    "color_correction",
    "color_space",
    "color_space_registers",
    "crop",
    "crop_beats",
    "crop_phase",
    "csi_pack",
    "csi_unpack",
    "decompand",
    "decompand_points",
    "decompand_writes",
    "defect_correction",
    "defect_entries",
    "defects",
    "defringe",
    "defringe_registers",
    "demosaic",
    "develop",
    "develop_all",
    "dvp_input",
    "false_color_registers",
    "false_color_suppression",
    "flicker_statistics",
    "frame_bytes",
    "frame_entry",
    "frame_guard",
    "frames_to_beats",
    "green_equalization",
    "hdr_merge",
    "hdr_registers",
    "lens_shading",
    "linear_curve",
    "local_tone_map",
    "mesh_steps",
    "mosaic",
    "noise_registers",
    "output_format",
    "overlay",
    "overlay_words",
    "raw_noise_reduction",
    "rgb_space",
    "rgb_space_registers",
    "rounded",
    "scaler",
    "scaler_coefficients",
    "scaler_registers",
    "scaler_writes",
    "shading_gain",
    "sharpen",
    "sharpen_registers",
    "statistics",
    "temporal_noise_reduction",
    "temporal_noise_registers",
    "tone_curve",
    "tone_map_base",
    "tone_map_registers",
    "white_balance",
    "windows",
]
