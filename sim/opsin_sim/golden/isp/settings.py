# SPDX-License-Identifier: MIT
"""Register values and tables of the camera pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from . import block_settings as of
from .crop import crop_phase
from .decompand import DECOMPAND_LINEAR
from .tone_curve import LINEAR, segments

__all__ = ["GAIN_ONE", "IDENTITY", "MATRIX_ONE", "IspSettings", "IspTables"]

GAIN_ONE = 1 << 12
"""Gain 1.0 in Q4.12."""

MATRIX_ONE = 1 << 12
"""Matrix coefficient 1.0 in Q3.12."""

IDENTITY = ((MATRIX_ONE, 0, 0), (0, MATRIX_ONE, 0), (0, 0, MATRIX_ONE))


def _check(name: str, values: Sequence[int], count: int, low: int, high: int) -> None:
    if len(values) != count:
        raise ValueError(f"{name} must be {count} numbers, not {len(values)}")
    for value in values:
        if not low <= value <= high:
            raise ValueError(f"{name} must be in {low}..{high}, not {value!r}")


def _words(name: str, value: Any) -> Iterator[tuple[str, list[int]]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _words(f"{name}_{key}" if name else key, part)
    else:
        yield name, np.array(value).ravel().tolist()


@dataclass(frozen=True, kw_only=True)
class IspTables:
    """What the pipeline's memories are loaded with, but for the tone curve.

    ``decompand`` are 65 points, ``defects`` the entries of the list of defects, ``mesh`` the gains
    of lens shading, ``bitmap`` the 2048 words and ``palettes`` the (2, 16, 4) colours of the
    overlay.
    """

    decompand: NDArray[np.int32] = field(default_factory=lambda: DECOMPAND_LINEAR.copy())
    defects: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))
    mesh: NDArray[np.uint16] = field(
        default_factory=lambda: np.full((16, 32, 4), 1 << 14, dtype=np.uint16)
    )
    bitmap: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(2048, dtype=np.uint32))
    palettes: NDArray[np.uint8] = field(
        default_factory=lambda: np.zeros((2, 16, 4), dtype=np.uint8)
    )


@dataclass(frozen=True, kw_only=True)
class IspSettings:
    """Everything a frame is developed with, as integers.

    ``depth`` is the pipeline's sample width; it is built into the hardware and no register.
    Per-channel values stand in the order R, Gr, Gb, B. ``gain`` is unsigned Q4.12, ``ccm`` signed
    Q3.12 (rows: output red, green, blue), ``offset`` counts samples, ``curve`` holds the 257
    points of the tone curve, or of one for each colour, in shares of 2**16 of the output.
    ``demosaic`` is the method, built into the hardware too; the directional one needs 5 lines.
    ``chain`` tells which blocks there are: ``first_light`` has only those whose settings stand
    first, up to ``curve``, and 8 bits behind the tone curve; ``complete`` has all, and 10 bits.

    Raises
    ------
    ValueError
        If a value does not fit its register.
    """

    width: int
    height: int
    depth: int = 16
    phase: int = 0
    black: tuple[int, int, int, int] = (0, 0, 0, 0)
    gain: tuple[int, int, int, int] = (GAIN_ONE,) * 4
    ccm: tuple[tuple[int, int, int], ...] = IDENTITY
    offset: tuple[int, int, int] = (0, 0, 0)
    curve: NDArray[np.uint16] = field(default_factory=lambda: LINEAR.copy(), compare=False)
    demosaic: Literal["directional", "malvar"] = "malvar"
    chain: Literal["complete", "first_light"] = "first_light"
    crop: of.CropSettings = field(default_factory=of.CropSettings)
    decompand: of.DecompandSettings = field(default_factory=of.DecompandSettings)
    defect: of.DefectSettings = field(default_factory=of.DefectSettings)
    green: of.GreenSettings = field(default_factory=of.GreenSettings)
    shading: of.ShadingSettings = field(default_factory=of.ShadingSettings)
    raw_nr: of.RawNrSettings = field(default_factory=of.RawNrSettings)
    awb: of.AwbSettings = field(default_factory=of.AwbSettings)
    ae: of.AeSettings = field(default_factory=of.AeSettings)
    false_color: of.FalseColorSettings = field(default_factory=of.FalseColorSettings)
    tone_map: of.ToneMapSettings = field(default_factory=of.ToneMapSettings)
    space: of.SpaceSettings = field(default_factory=of.SpaceSettings)
    chroma_nr: of.ChromaNrSettings = field(default_factory=of.ChromaNrSettings)
    sharpen: of.SharpenSettings = field(default_factory=of.SharpenSettings)
    adjust: of.AdjustSettings = field(default_factory=of.AdjustSettings)
    overlay: of.OverlaySettings = field(default_factory=of.OverlaySettings)
    chroma: of.ChromaSettings = field(default_factory=of.ChromaSettings)
    output: of.OutputSettings = field(default_factory=of.OutputSettings)
    second: of.OutputSettings = field(default_factory=of.OutputSettings)
    tables: IspTables = field(default_factory=IspTables, compare=False)

    def __post_init__(self) -> None:
        full = 1 << self.depth
        _check("depth", (self.depth,), 1, 8, 16)
        _check("width", (self.width,), 1, 4, 65535)
        least = 5 if self.demosaic == "directional" or self.chain == "complete" else 4
        _check("height", (self.height,), 1, least, 65535)
        _check("phase", (self.phase,), 1, 0, 3)
        _check("black", self.black, 4, 0, full - 1)
        _check("gain", self.gain, 4, 0, 65535)
        _check("ccm", [value for row in self.ccm for value in row], 9, -32768, 32767)
        _check("offset", self.offset, 3, -full, full - 1)
        count = 257 if self.curve.ndim == 1 else 771
        _check("curve", self.curve.ravel().tolist(), count, 0, 65535)
        for name, block in self.blocks():
            block.check(name, self.depth)
        if not self.crop.bypass:
            _check("crop.width", (self.crop.width,), 1, 7, self.width - self.crop.x)
            _check("crop.height", (self.crop.height,), 1, 5, self.height - self.crop.y)

    def blocks(self) -> list[tuple[str, of.BlockSettings]]:
        """Return the settings of single blocks by name."""
        values = [(about.name, getattr(self, about.name)) for about in fields(self)]
        return [(name, value) for name, value in values if isinstance(value, of.BlockSettings)]

    @property
    def frame(self) -> tuple[int, int]:
        """Lines and pixels behind the crop."""
        if self.crop.bypass:
            return self.height, self.width
        return self.crop.height, self.crop.width

    @property
    def frame_phase(self) -> int:
        """Bayer phase behind the crop."""
        if self.crop.bypass:
            return self.phase
        return crop_phase(self.phase, x=self.crop.x, y=self.crop.y)

    def registers(self) -> dict[str, Any]:
        """Return the settings port's value, by the names of its fields, but banks of tables."""
        plain: dict[str, Any] = {
            "width": self.width,
            "height": self.height,
            "phase": self.phase,
            "black": list(self.black),
            "gain": list(self.gain),
            "ccm": [list(row) for row in self.ccm],
            "offset": list(self.offset),
        }
        values = plain | {name: block.registers() for name, block in self.blocks()}
        values["defect"]["entries"] = len(self.tables.defects)
        return values

    def words(self) -> dict[str, list[int]]:
        """Return :meth:`registers` as lists of words by the names of the register map."""
        return dict(_words("", self.registers()))

    def curve_writes(self) -> dict[str, NDArray[np.int32]]:
        """Return what is written to the curve port to load ``curve``.

        The complete pipeline has a curve for each colour: bits of ``colors`` say for which.
        """
        index = np.arange(256, dtype=np.int32)
        curves = self.curve.reshape(-1, 257)
        colors = [7] if len(curves) == 1 else [1, 2, 4]
        parts = []
        for points, color in zip(curves, colors, strict=True):
            start, slope = segments(points)
            own = {"colors": np.full_like(index, color)} if self.chain == "complete" else {}
            parts.append({"index": index, "start": start, "slope": slope, **own})
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
