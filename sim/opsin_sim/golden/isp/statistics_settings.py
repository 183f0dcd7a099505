# SPDX-License-Identifier: MIT
"""Register values of the camera pipeline's statistics.

Zones are those of 1920 × 1080 pixels by default; they have at least ``8 * ppc`` columns, and 2
lines.
"""

from __future__ import annotations

from dataclasses import dataclass

from .setting_base import SAMPLE, BlockSettings, reg

__all__ = ["AeSettings", "AeZonesSettings", "AfSettings", "AwbSettings", "FlickerSettings"]


@dataclass(frozen=True, kw_only=True)
class AwbSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.awb_statistics`."""

    left: int = reg(16)
    top: int = reg(16)
    zone_width: int = reg(16, 60)
    zone_height: int = reg(16, 32)
    dark: int = reg(SAMPLE)
    saturation: int = reg(SAMPLE)
    scale: int = reg(2)


@dataclass(frozen=True, kw_only=True)
class AeSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.ae_histogram`."""

    green_only: int = reg(1)
    skip: int = reg(3)


@dataclass(frozen=True, kw_only=True)
class AeZonesSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.ae_zones`."""

    left: int = reg(16)
    top: int = reg(16)
    zone_width: int = reg(16, 120)
    zone_height: int = reg(16, 66)
    bright: int = reg(SAMPLE)
    scale: int = reg(2)


@dataclass(frozen=True, kw_only=True)
class AfSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.af_statistics`."""

    left: int = reg(16)
    top: int = reg(16)
    zone_width: int = reg(16, 240)
    zone_height: int = reg(16, 134)
    coarse: int = reg(1)
    threshold: int = reg(SAMPLE, more=3)
    scale: int = reg(2)


@dataclass(frozen=True, kw_only=True)
class FlickerSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.flicker_statistics`."""

    lines: int = reg(2)
    scale: int = reg(2)
