# SPDX-License-Identifier: MIT
"""Which blocks the pipeline's conveyor has."""

from collections.abc import Callable
from typing import Any

from ..common.flow import FlowBlock
from ..config import IspConfig
from .ae_histogram import AeHistogram
from .ae_zones import AeZones
from .af_statistics import AfStatistics
from .awb_statistics import AwbStatistics
from .black_level import BlackLevel
from .chroma_noise_reduction import ChromaNoiseReduction
from .color_adjust import ColorAdjust
from .color_correction import ColorCorrection
from .color_space import ColorSpace
from .decompand import Decompand
from .defect_correction import DefectCorrection
from .defringe import Defringe
from .demosaic import Demosaic
from .false_color_suppression import FalseColorSuppression
from .flicker_statistics import FlickerStatistics
from .green_equalization import GreenEqualization
from .lens_shading import LensShading
from .local_tone_map import LocalToneMap
from .overlay import Overlay
from .raw_noise_reduction import RawNoiseReduction
from .settings import PICTURE_DEPTH
from .sharpen import Sharpen
from .tone_curve import ToneCurve
from .white_balance import WhiteBalance

__all__ = ["CHAINS", "OVERLAY_WORDS", "STATISTICS", "TABLES", "chain", "makers"]

OVERLAY_WORDS = 1024

STATISTICS = ("awb", "ae", "ae_zones", "af", "flicker")
"""Blocks that only watch."""

TABLES = ("decompand", "defect", "shading", "curve", "overlay")
"""Blocks with memories that are written."""

CHAINS: dict[str, tuple[str, ...]] = {
    "mini": ("black", "gain", "demosaic", "curve"),
    "first_light": ("black", "gain", "demosaic", "ccm", "curve"),
    "lite": ("black", "defect", "gain", "demosaic", "ccm", "curve", "space"),
    "complete": (
        *("decompand", "black", "defect", "green", "shading", "raw_nr"),
        *STATISTICS,
        "gain",
        *("demosaic", "false_color", "ccm", "tone_map", "curve"),
        *("space", "defringe", "chroma_nr", "sharpen", "adjust", "overlay"),
    ),
}
"""Blocks of each chain, in order."""


def chain(config: IspConfig) -> dict[str, FlowBlock]:
    """Return the blocks in order, by the names of their settings in ``IspSettings``."""
    return {name: make() for name, make in makers(config).items()}


def makers(config: IspConfig) -> dict[str, Callable[[], FlowBlock]]:
    """Return what makes each block of :func:`chain`."""
    small = config.chain in ("mini", "first_light")  # bytes, and one curve, at the end
    depth, picture = config.depth, 8 if small else PICTURE_DEPTH
    curves = "shared" if small else "separate"
    raw = {"depth": depth, "ppc": config.ppc}
    raw_lines = {**raw, "max_width": config.max_width}
    late: dict[str, Any] = {"depth": picture, "ppc": config.ppc}
    late_lines = {**late, "max_width": config.max_width}
    # where the demosaic may hand on the pixels above and below, that saves lines
    tall = config.chain == "complete" and config.demosaic == "directional"
    blocks: dict[str, Callable[[], FlowBlock]] = {
        "decompand": lambda: Decompand(**raw, depth_out=depth),
        "black": lambda: BlackLevel(**raw),
        "defect": lambda: DefectCorrection(**raw_lines),
        "green": lambda: GreenEqualization(**raw_lines),
        "shading": lambda: LensShading(**raw),
        "raw_nr": lambda: RawNoiseReduction(**raw_lines),
        "awb": lambda: AwbStatistics(**raw_lines),
        "ae": lambda: AeHistogram(**raw),
        "ae_zones": lambda: AeZones(**raw_lines),
        "af": lambda: AfStatistics(**raw_lines),
        "flicker": lambda: FlickerStatistics(**raw_lines),
        "gain": lambda: WhiteBalance(**raw),
        "demosaic": lambda: Demosaic(**raw_lines, method=config.demosaic, rows=3 if tall else 1),
        "false_color": lambda: FalseColorSuppression(**raw_lines, tall=tall),
        "ccm": lambda: ColorCorrection(**raw),
        "tone_map": lambda: LocalToneMap(**raw_lines),
        "curve": lambda: ToneCurve(**raw, depth_out=picture, curves=curves),
        "space": lambda: ColorSpace(to="ycbcr", depth_out=picture, **late),
        "defringe": lambda: Defringe(**late),
        "chroma_nr": lambda: ChromaNoiseReduction(**late_lines, rows=3, luma_rows=5),
        "sharpen": lambda: Sharpen(**late_lines, tall=True),
        "adjust": lambda: ColorAdjust(**late),
        "overlay": lambda: Overlay(**late, words=OVERLAY_WORDS),
    }
    return {name: blocks[name] for name in CHAINS[config.chain]}
