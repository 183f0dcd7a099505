# SPDX-License-Identifier: MIT
"""How a picture shall look, and what that means for the blocks of the complete pipeline."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from opsin_sim.golden import isp
from opsin_sim.golden.isp import block_settings as of
from opsin_sim.golden.isp.color_space import LUMA

from ..errors import UserError
from .measuring import statistics_settings
from .noise import Noise
from .shading import Shading

__all__ = ["Look", "complete"]

_RANGES = {
    "sharpness": (0.0, 4.0),
    "saturation": (0.0, 4.0),
    "contrast": (0.0, 4.0),
    "brightness": (-1.0, 1.0),
    "hue": (-180.0, 180.0),
    "local_contrast": (0.0, 0.9),
    "raw_noise": (0.0, 4.0),
    "chroma_noise": (0.0, 4.0),
    "false_color": (0.0, 1.0),
    "fringes": (0.0, 4.0),
}


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a viewer may turn.

    Parameters
    ----------
    sharpness : float
        Gain of fine detail; 0: none is added.
    saturation, contrast : float
        Factors.
    brightness : float
        What is added to luma, of full scale.
    hue : float
        Degrees.
    local_contrast : float
        How much of the contrast of large areas goes, so that shadows open; 0: none.
    raw_noise : float
        How much noise is taken from raw samples, in times of the noise that the sensor's model
        tells; nothing without a model.
    chroma_noise : float
        How far colours may differ to be taken for one, in times of the usual; 0: they stay.
    false_color : float
        How much of the colour of fine patterns goes.
    fringes : float or None
        How strong the blue and violet seams of a lens may be that are taken away, in times of the
        usual; 0: they stay. None: 0, and 1 for ``opsin isp auto``.
    standard : str
        Of YCbCr: ``bt601`` or ``bt709``.
    limited : bool
        YCbCr in limited range.

    Raises
    ------
    UserError
        If a value is out of its range.
    """

    sharpness: float = 0.6
    saturation: float = 1.0
    contrast: float = 1.0
    brightness: float = 0.0
    hue: float = 0.0
    local_contrast: float = 0.0
    raw_noise: float = 1.0
    chroma_noise: float = 1.0
    false_color: float = 1.0
    fringes: float | None = None
    standard: str = "bt709"
    limited: bool = False

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise UserError(f"{name} must be in {low:g}..{high:g}, not {value:g}")
        if self.standard not in LUMA:
            raise UserError(f"standard must be bt601 or bt709, not {self.standard}")


def complete(
    settings: isp.IspSettings,
    look: Look,
    *,
    bits: int,
    noise: Noise | None = None,
    shading: Shading | None = None,
    defects: Any = None,
) -> isp.IspSettings:
    """Return ``settings`` with those of all blocks, for the complete pipeline.

    What is not known of the sensor is bypassed: noise, shading. Defects are looked for in every
    frame, beside those that are listed.

    Parameters
    ----------
    settings : IspSettings
        Of the first pipeline: levels, white balance, matrix, curve of 8 bits.
    look : Look
        What a viewer may turn.
    bits : int
        Of the sensor's samples.
    noise : Noise or None
        Of the sensor.
    shading : Shading or None
        Of the lens.
    defects : positions or None
        Lines and columns of defective pixels.
    """
    depth, picture = settings.depth, of.PICTURE_DEPTH
    unit = 1 << (depth - bits)
    read_noise = unit * float(np.sqrt(noise.constant)) if noise else 0.0
    values: dict[str, Any] = {"chain": "complete"}
    values["curve"] = np.rint(settings.curve.astype(np.float64) * (1023 * 64) / (255 * 256))
    values["curve"] = values["curve"].astype(np.uint16)
    found = isp.DefectRegisters.for_depth(depth, read_noise=read_noise)
    values["defect"] = of.DefectSettings(bypass=0, **asdict(found))
    tables = isp.IspTables(defects=isp.defect_entries(defects or ()))
    if shading is not None:
        values["shading"] = of.ShadingSettings(bypass=0, **shading.registers())
        tables = replace(tables, mesh=shading.mesh)
    if noise is not None and look.raw_noise > 0:
        more = Noise(*(value * look.raw_noise**2 for value in (noise.constant, noise.slope)))
        constant, slope = more.registers(bits=bits, black=0.0, depth=depth)
        values["raw_nr"] = of.RawNrSettings(bypass=0, constant=constant, slope=slope)
    values["tables"] = tables

    values |= statistics_settings(settings.width, settings.height, depth=depth)
    if look.false_color > 0:
        false_color = isp.false_color_registers(strength=look.false_color, depth=depth)
        values["false_color"] = of.FalseColorSettings(bypass=0, **false_color._asdict())
    if look.local_contrast > 0:
        tone = isp.tone_map_registers(strength=look.local_contrast, brightest=4.0, depth=depth)
        values["tone_map"] = of.ToneMapSettings(bypass=0, **tone._asdict())
    space: dict[str, Any] = {"standard": look.standard, "limited": look.limited}
    to_ycbcr = isp.color_space_registers(**space, depth=picture, depth_out=picture)
    values["space"] = of.SpaceSettings(
        bypass=0,
        matrix=tuple(tuple(row) for row in to_ycbcr.matrix),
        offset=tuple(to_ycbcr.offset),
    )
    if look.fringes:
        seams = isp.defringe_registers(limit=look.fringes / 8, depth=picture)
        values["defringe"] = of.DefringeSettings(bypass=0, **seams._asdict())
    if look.chroma_noise > 0:
        chroma = isp.chroma_noise_registers(
            luma=0.06 * look.chroma_noise, chroma=0.04 * look.chroma_noise, depth=picture
        )
        values["chroma_nr"] = of.ChromaNrSettings(bypass=0, **chroma._asdict())
    if look.sharpness > 0:
        detail = isp.sharpen_registers(amount=look.sharpness, depth=picture)
        values["sharpen"] = of.SharpenSettings(bypass=0, **detail._asdict())
    turned = isp.color_adjust_registers(
        saturation=look.saturation,
        hue=look.hue,
        contrast=look.contrast,
        brightness=look.brightness,
        pivot=16 / 256 if look.limited else 0.0,
    )
    neutral = of.AdjustSettings(bypass=0)
    adjust = of.AdjustSettings(bypass=0, **turned._asdict())
    values["adjust"] = of.AdjustSettings(bypass=1) if adjust == neutral else adjust
    to_rgb = isp.rgb_space_registers(**space, depth=picture, depth_out=8)
    output = of.OutputSettings(rgb=of.RgbSettings(bypass=0, **to_rgb._asdict()))
    values["output"], values["second"] = output, replace(output, enable=0)
    return replace(settings, **values)
