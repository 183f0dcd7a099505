# SPDX-License-Identifier: MIT
"""Register values of an output of the camera pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field

from .rgb_space import RgbSpaceRegisters, rgb_space_registers
from .scaler import ScalerRegisters
from .setting_base import PICTURE_DEPTH, BlockSettings, reg

__all__ = ["ChromaSettings", "OutputSettings", "RgbSettings", "ScaleSettings"]


@dataclass(frozen=True, kw_only=True)
class ScaleSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.scaler`; see :func:`~opsin_sim.golden.isp.scaler_registers`.

    By default the picture keeps its size.
    """

    bypass: int = reg(1, 1)
    width_out: int = reg(16)
    height_out: int = reg(16)
    phase_x: int = reg(20, signed=True)
    phase_y: int = reg(20, signed=True)
    step_x: int = reg(20)
    step_y: int = reg(20)
    average_x: int = reg(2)
    average_y: int = reg(2)

    def values(self) -> ScalerRegisters:
        """Return all as the function takes them."""
        return ScalerRegisters(**self.registers())


@dataclass(frozen=True, kw_only=True)
class ChromaSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.chroma_subsample`."""

    format: int = reg(2)
    centred: int = reg(1)


_BT709 = rgb_space_registers("bt709", limited=False, depth=PICTURE_DEPTH, depth_out=8)


@dataclass(frozen=True, kw_only=True)
class RgbSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.rgb_space`."""

    bypass: int = reg(1, 1)
    luma: int = reg(18, _BT709.luma, signed=True)
    red_cr: int = reg(18, _BT709.red_cr, signed=True)
    green_cb: int = reg(18, _BT709.green_cb, signed=True)
    green_cr: int = reg(18, _BT709.green_cr, signed=True)
    blue_cb: int = reg(18, _BT709.blue_cb, signed=True)
    offset: int = reg(18, _BT709.offset, signed=True)

    def values(self) -> RgbSpaceRegisters:
        """Return all but ``bypass``."""
        return RgbSpaceRegisters(
            self.luma, self.red_cr, self.green_cb, self.green_cr, self.blue_cb, self.offset
        )


@dataclass(frozen=True, kw_only=True)
class OutputSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.output_format` and what is in front of it.

    ``enable``: there is such an output.
    """

    enable: int = reg(1, 1)
    scale: ScaleSettings = field(default_factory=ScaleSettings)
    chroma: ChromaSettings = field(default_factory=ChromaSettings)
    rgb: RgbSettings = field(default_factory=RgbSettings)
    format: int = reg(3)
    dither: int = reg(1)
