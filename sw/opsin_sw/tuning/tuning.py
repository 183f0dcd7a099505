# SPDX-License-Identifier: MIT
"""Settings of a camera in physical terms."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

from opsin_sim.golden.isp import CHANNELS, PHASES, IspSettings
from opsin_sim.golden.isp.settings import GAIN_ONE, MATRIX_ONE

from ..errors import UserError
from .color import Matrix, quantized
from .curve import SRGB, Curve, curve_points
from .defect_map import Positions
from .illuminant import Illuminant
from .look import Look, complete
from .noise import Noise
from .shading import Shading

__all__ = ["Tuning"]

_IDENTITY: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """What is known of a camera; None where nothing is.

    Parameters
    ----------
    width, height : int
        Pixels per line, lines per frame.
    bits : int
        Bits per sample, 8..16.
    phase : str
        Colours of the first two pixels of the first two lines: RGGB, GRBG, GBRG or BGGR.
    black : tuple of float
        Black level of R, Gr, Gb, B, in samples of ``bits``. Default 0.
    white : float
        Sample at saturation. Default ``2**bits - 1``.
    white_balance : tuple of float
        Gain of red and blue relative to green. Default 1, 1.
    ccm : matrix
        From white-balanced camera colours to linear sRGB. Default the identity.
    curve : Curve
        Tone curve. Default sRGB.
    noise : Noise
        Variance of a sample against its mean.
    illuminants : tuple of Illuminant
        White balance and colour matrix under each calibrated light.
    shading : Shading
        Gains that make up for the lens's shading.
    defects : Positions
        Lines and columns of defective pixels.
    look : Look
        How pictures shall look, for the complete pipeline. Default :class:`Look`'s.
    """

    width: int | None = None
    height: int | None = None
    bits: int | None = None
    phase: str | None = None
    black: tuple[float, float, float, float] | None = None
    white: float | None = None
    white_balance: tuple[float, float] | None = None
    ccm: Matrix | None = None
    curve: Curve | None = None
    noise: Noise | None = None
    illuminants: tuple[Illuminant, ...] | None = None
    shading: Shading | None = None
    defects: Positions | None = None
    look: Look | None = None

    def over(self, other: Tuning) -> Tuning:
        """Return what is known here and, where nothing is, what ``other`` knows."""
        known = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(other, **{name: v for name, v in known.items() if v is not None})

    def settings(
        self,
        *,
        depth: int,
        demosaic: Literal["directional", "malvar"] = "directional",
        chain: Literal["complete", "lite", "first_light", "mini"] = "first_light",
        ppc: int = 1,
    ) -> IspSettings:
        """Return the register values for samples aligned to the top of ``depth`` bits.

        The white balance is divided by its smallest gain, so that what saturates the sensor is
        white, and multiplied by full scale / (white − black) of each channel. Those of the smallest
        pipelines need no more than that; those of ``complete`` and ``lite`` come from ``look`` and
        from what is known of noise, shading and defects.

        Raises
        ------
        UserError
            If a value is missing, makes no sense or does not fit its register.
        """
        width = _in_range("width", self.width, 4, 65535)
        height = _in_range("height", self.height, 5 if demosaic == "directional" else 4, 65535)
        bits = _in_range("bits", self.bits, 8, depth)
        if self.phase is None:
            raise UserError("phase is not known: give --phase or a tuning file")
        if self.phase not in PHASES:
            raise UserError(f"phase must be RGGB, GRBG, GBRG or BGGR, not {self.phase}")

        _check_places(width, height, self.shading, self.defects)

        unit = 1 << (depth - bits)
        black = self.black or (0.0,) * 4
        white = (1 << bits) - 1 if self.white is None else self.white
        if min(black) < 0 or not max(black) < white < 1 << bits:
            limits = f"0 <= black < white < {1 << bits}"
            raise UserError(f"levels must be {limits}, not {max(black):g} and {white:g}")
        red, blue = self.white_balance or (1.0, 1.0)
        if min(red, blue) <= 0:
            raise UserError(f"white balance must be positive, not {red:g},{blue:g}")
        least = min(red, blue, 1.0)
        gains = []
        for name, level, balance in zip(CHANNELS, black, (red, 1.0, 1.0, blue), strict=True):
            gain = balance / least * ((1 << depth) - 1) / ((white - level) * unit)
            number = round(gain * GAIN_ONE)
            if not 0 < number < 1 << 16:
                raise UserError(f"gain of {name} must be in 0..16, not {gain:g}")
            gains.append(number)
        levels = [round(level * unit) for level in black]
        settings = IspSettings(
            width=width,
            height=height,
            depth=depth,
            demosaic=demosaic,
            ppc=ppc,
            phase=PHASES.index(self.phase),
            black=(levels[0], levels[1], levels[2], levels[3]),
            gain=(gains[0], gains[1], gains[2], gains[3]),
            ccm=quantized(self.ccm or _IDENTITY, MATRIX_ONE, -(1 << 15), (1 << 15) - 1),
            curve=curve_points(SRGB if self.curve is None else self.curve),
        )
        if chain in ("first_light", "mini"):
            return replace(settings, chain=chain)
        whole = complete(
            settings,
            self.look or Look(),
            bits=bits,
            noise=self.noise,
            shading=self.shading,
            defects=self.defects,
        )
        return replace(whole, chain=chain)


def _in_range(name: str, value: int | None, low: int, high: int) -> int:
    if value is None:
        raise UserError(f"{name} is not known: give --{name} or a tuning file")
    if not low <= value <= high:
        raise UserError(f"{name} must be in {low}..{high}, not {value}")
    return value


def _check_places(
    width: int, height: int, shading: Shading | None, defects: Positions | None
) -> None:
    if shading is not None:
        rows, columns = shading.mesh.shape[:2]
        reach = (shading.cell[0] * (columns - 1), shading.cell[1] * (rows - 1))
        if reach[0] < width or reach[1] < height:
            mesh = f"the shading mesh reaches {reach[0]}×{reach[1]} pixels"
            raise UserError(f"{mesh}, but the frame has {width}×{height}")
    for line, column in defects or ():
        if line >= height or column >= width:
            place = f"line {line}, column {column}"
            raise UserError(f"defects must be within {width}×{height} pixels, not at {place}")
