# SPDX-License-Identifier: MIT
"""Register values of the blocks of the camera pipeline; each does nothing by default.

A structure holds a block's settings under the names of its ports. Widths that depend on the depth
of raw samples are checked by :class:`~opsin_sim.golden.isp.IspSettings`.
"""

from __future__ import annotations

from dataclasses import dataclass

from .frame_settings import HdrSettings, TemporalNrSettings
from .output_settings import ChromaSettings, OutputSettings, RgbSettings, ScaleSettings
from .setting_base import PICTURE_DEPTH, SAMPLE, BlockSettings, reg
from .statistics_settings import (
    AeSettings,
    AeZonesSettings,
    AfSettings,
    AwbSettings,
    FlickerSettings,
)

__all__ = [
    "PICTURE_DEPTH",
    "AdjustSettings",
    "AeSettings",
    "AeZonesSettings",
    "AfSettings",
    "AwbSettings",
    "BlockSettings",
    "ChromaNrSettings",
    "ChromaSettings",
    "CropSettings",
    "DecompandSettings",
    "DefectSettings",
    "DefringeSettings",
    "FalseColorSettings",
    "FlickerSettings",
    "GreenSettings",
    "HdrSettings",
    "OutputSettings",
    "OverlaySettings",
    "RawNrSettings",
    "RgbSettings",
    "ScaleSettings",
    "ShadingSettings",
    "SharpenSettings",
    "SpaceSettings",
    "TemporalNrSettings",
    "ToneMapSettings",
]


@dataclass(frozen=True, kw_only=True)
class CropSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.crop`."""

    bypass: int = reg(1, 1)
    x: int = reg(16)
    y: int = reg(16)
    width: int = reg(16)
    height: int = reg(16)


@dataclass(frozen=True, kw_only=True)
class DecompandSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.decompand`."""

    bypass: int = reg(1, 1)


@dataclass(frozen=True, kw_only=True)
class DefectSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.defect_correction`."""

    bypass: int = reg(1, 1)
    dynamic: int = reg(1)
    hot_level: int = reg(SAMPLE)
    dead_level: int = reg(SAMPLE)
    hot_margin: int = reg(SAMPLE)
    dead_margin: int = reg(SAMPLE)
    margin: int = reg(SAMPLE)
    stuck_slope: int = reg(6)
    slope: int = reg(6)


@dataclass(frozen=True, kw_only=True)
class GreenSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.green_equalization`."""

    bypass: int = reg(1, 1)
    threshold: int = reg(SAMPLE)
    slope: int = reg(8)
    edge: int = reg(SAMPLE, more=2)


@dataclass(frozen=True, kw_only=True)
class ShadingSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.lens_shading`."""

    bypass: int = reg(1, 1)
    cell_width: int = reg(12)
    cell_height: int = reg(12)
    step_x: int = reg(20)
    step_y: int = reg(20)


@dataclass(frozen=True, kw_only=True)
class RawNrSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.raw_noise_reduction`."""

    bypass: int = reg(1, 1)
    constant: int = reg(24, signed=True)
    slope: int = reg(16)


@dataclass(frozen=True, kw_only=True)
class FalseColorSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.false_color_suppression`."""

    bypass: int = reg(1, 1)
    threshold: int = reg(SAMPLE, more=2)
    rise: int = reg(4)
    strength: int = reg(5)


@dataclass(frozen=True, kw_only=True)
class ToneMapSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.local_tone_map`."""

    bypass: int = reg(1, 1)
    strength: int = reg(8)
    pivot: int = reg(12)
    brighten: int = reg(10)
    darken: int = reg(10)
    ratio: int = reg(4)
    floor: int = reg(SAMPLE)


@dataclass(frozen=True, kw_only=True)
class SpaceSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.color_space`, to YCbCr."""

    bypass: int = reg(1, 1)
    matrix: tuple[tuple[int, ...], ...] = reg(18, ((0,) * 3,) * 3, signed=True)
    offset: tuple[int, ...] = reg(18, (0,) * 3, signed=True)


@dataclass(frozen=True, kw_only=True)
class DefringeSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.defringe`."""

    bypass: int = reg(1, 1)
    edge: int = reg(PICTURE_DEPTH)
    core: int = reg(PICTURE_DEPTH)
    limit: int = reg(PICTURE_DEPTH)


@dataclass(frozen=True, kw_only=True)
class ChromaNrSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.chroma_noise_reduction`."""

    bypass: int = reg(1, 1)
    luma: int = reg(PICTURE_DEPTH)
    chroma: int = reg(PICTURE_DEPTH)


@dataclass(frozen=True, kw_only=True)
class SharpenSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.sharpen`."""

    bypass: int = reg(1, 1)
    gain: int = reg(8)
    wide: int = reg(3)
    core: int = reg(PICTURE_DEPTH)
    edge: int = reg(PICTURE_DEPTH)
    fall: int = reg(4)
    overshoot: int = reg(4)
    undershoot: int = reg(4)


@dataclass(frozen=True, kw_only=True)
class AdjustSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.color_adjust`."""

    bypass: int = reg(1, 1)
    contrast: int = reg(16, 1 << 12)
    brightness: int = reg(20, signed=True)
    cosine: int = reg(16, 1 << 12, signed=True)
    sine: int = reg(16, signed=True)


@dataclass(frozen=True, kw_only=True)
class OverlaySettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.overlay`."""

    bypass: int = reg(1, 1)
    x: int = reg(16)
    y: int = reg(16)
    width: int = reg(16)
    height: int = reg(16)
    base: int = reg(10)
    palette: int = reg(1)
