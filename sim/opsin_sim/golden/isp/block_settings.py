# SPDX-License-Identifier: MIT
"""Register values of the blocks of the camera pipeline; each does nothing by default.

A structure holds a block's settings under the names of its ports. Widths that depend on the depth
of raw samples are checked by :class:`~opsin_sim.golden.isp.IspSettings`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from .rgb_space import RgbSpaceRegisters, rgb_space_registers

__all__ = [
    "PICTURE_DEPTH",
    "AdjustSettings",
    "AeSettings",
    "AwbSettings",
    "BlockSettings",
    "ChromaNrSettings",
    "ChromaSettings",
    "CropSettings",
    "DecompandSettings",
    "DefectSettings",
    "FalseColorSettings",
    "GreenSettings",
    "OutputSettings",
    "OverlaySettings",
    "RawNrSettings",
    "RgbSettings",
    "ShadingSettings",
    "SharpenSettings",
    "SpaceSettings",
    "ToneMapSettings",
]

PICTURE_DEPTH = 10
"""Bits per sample behind the tone curve."""

SAMPLE = 0
"""In place of a number of bits: those of a raw sample, and so many more."""


def reg(bits: int, default: Any = 0, *, signed: bool = False, more: int = 0) -> Any:
    """Return a field of so many bits, or, for :data:`SAMPLE`, of ``depth + more``."""
    return field(default=default, metadata={"bits": bits, "signed": signed, "more": more})


class BlockSettings:
    """What all structures can do."""

    def registers(self) -> dict[str, Any]:
        """Return the values by the names of the ports."""
        return asdict(self)  # type: ignore[call-overload]

    def check(self, name: str, depth: int) -> None:
        """Refuse values that do not fit their registers."""
        for about in fields(self):  # type: ignore[arg-type]
            value = getattr(self, about.name)
            if isinstance(value, BlockSettings):
                value.check(f"{name}.{about.name}", depth)
                continue
            bits = about.metadata["bits"] or depth + about.metadata["more"]
            low = -(1 << (bits - 1)) if about.metadata["signed"] else 0
            for number in _numbers(value):
                if not low <= number < low + (1 << bits):
                    limits = f"{low}..{low + (1 << bits) - 1}"
                    raise ValueError(f"{name}.{about.name} must be in {limits}, not {number!r}")


def _numbers(value: Any) -> list[int]:
    if isinstance(value, int):
        return [value]
    return [number for part in value for number in _numbers(part)]


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
class AwbSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.awb_statistics`."""

    zone_width: int = reg(16)
    zone_height: int = reg(16)
    dark: int = reg(SAMPLE)
    saturation: int = reg(SAMPLE)


@dataclass(frozen=True, kw_only=True)
class AeSettings(BlockSettings):
    """Of :func:`~opsin_sim.golden.isp.ae_histogram`."""

    green_only: int = reg(1)


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
    base: int = reg(11)
    palette: int = reg(1)


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
    """Of :func:`~opsin_sim.golden.isp.output_format` and what is in front of it."""

    rgb: RgbSettings = field(default_factory=RgbSettings)
    format: int = reg(3)
    dither: int = reg(1)
