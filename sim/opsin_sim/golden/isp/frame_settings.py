# SPDX-License-Identifier: MIT
"""Register values of the blocks that have a frame buffer; they pass frames on by default."""

from __future__ import annotations

from dataclasses import dataclass

from .hdr_merge import HdrRegisters
from .setting_base import SAMPLE, BlockSettings, reg
from .temporal_noise_reduction import TemporalNoiseRegisters

__all__ = ["HdrSettings", "TemporalNrSettings"]


@dataclass(frozen=True, kw_only=True)
class HdrSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.hdr_merge`; ``role``: pass 0, store 1, merge 2, turns 3."""

    role: int = reg(2)
    base: int = reg(32)
    stride: int = reg(32, 4096)
    ratio: int = reg(16, 16 << 8)
    black: int = reg(SAMPLE)
    knee: int = reg(SAMPLE)
    knee_slope: int = reg(3, 4)
    constant: int = reg(24, signed=True)
    slope: int = reg(16)
    threshold: int = reg(8, 32, signed=True)
    motion_slope: int = reg(3, 3)
    shift: int = reg(3)
    pedestal: int = reg(SAMPLE)
    stored_long: int = reg(1, 1)

    def values(self) -> HdrRegisters:
        """Return what the merge itself takes."""
        return HdrRegisters(*(getattr(self, name) for name in HdrRegisters._fields))


@dataclass(frozen=True, kw_only=True)
class TemporalNrSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.temporal_noise_reduction`."""

    bypass: int = reg(1, 1)
    forget: int = reg(1)
    base: int = reg(32)
    stride: int = reg(32, 4096)
    constant: int = reg(24, signed=True)
    slope: int = reg(16)
    threshold: int = reg(8, 24, signed=True)
    motion_slope: int = reg(3, 3)
    max_weight: int = reg(8, 255)

    def values(self) -> TemporalNoiseRegisters:
        """Return what the noise reduction itself takes."""
        names = TemporalNoiseRegisters._fields
        return TemporalNoiseRegisters(*(getattr(self, name) for name in names))
