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
from .frame_settings import HdrSettings, TemporalNrSettings
from .tables import IspTables
from .tone_curve import linear_curve, segments

__all__ = ["GAIN_ONE", "IDENTITY", "MATRIX_ONE", "IspSettings", "IspTables"]

GAIN_ONE = 1 << 12
"""Gain 1.0 in Q4.12."""

MATRIX_ONE = 1 << 12
"""Matrix coefficient 1.0 in Q3.12."""

IDENTITY = ((MATRIX_ONE, 0, 0), (0, MATRIX_ONE, 0), (0, 0, MATRIX_ONE))

_BLOCKS = {"mini": ("crop",), "first_light": ("crop",), "lite": ("crop", "defect", "space")}
"""Blocks that can be bypassed, of the chains that have not all of them."""

_REMEMBERING = ("hdr", "temporal_nr")


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
class IspSettings:
    """Everything a frame is developed with, as integers.

    ``depth`` is the pipeline's sample width, ``ppc`` its pixels per beat; they are built into the
    hardware and no registers. Per-channel values stand in the order R, Gr, Gb, B. ``gain`` is
    unsigned Q4.12, ``ccm`` signed Q3.12 (rows: output red, green, blue), ``offset`` counts samples,
    ``curve`` holds the 257 points of the tone curve, or of one for each colour, in shares of 2**16
    of the output; the straight line by default. ``timeout`` are cycles without a pixel after which
    a frame is completed; 0: never. ``demosaic`` is the method, built into the hardware too; the
    directional one needs 5 lines. ``chain`` tells which blocks there are: ``complete`` has all,
    ``lite`` of those that can be bypassed only ``crop``, ``defect`` and ``space``, ``first_light``
    only ``crop``, and ``mini`` has no ``ccm`` either.
    ``frame_buffer``: the complete chain has ``hdr`` and ``temporal_nr`` in front, and memory for
    them. Behind the tone curve samples have 10 bits, those of the two smallest chains 8.

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
    timeout: int = 0
    curve: NDArray[np.uint16] = field(
        default_factory=lambda: np.zeros(0, dtype=np.uint16), compare=False
    )
    demosaic: Literal["directional", "malvar"] = "malvar"
    ppc: int = 1
    chain: Literal["complete", "lite", "first_light", "mini"] = "first_light"
    crop: of.CropSettings = field(default_factory=of.CropSettings)
    decompand: of.DecompandSettings = field(default_factory=of.DecompandSettings)
    defect: of.DefectSettings = field(default_factory=of.DefectSettings)
    green: of.GreenSettings = field(default_factory=of.GreenSettings)
    shading: of.ShadingSettings = field(default_factory=of.ShadingSettings)
    raw_nr: of.RawNrSettings = field(default_factory=of.RawNrSettings)
    awb: of.AwbSettings = field(default_factory=of.AwbSettings)
    ae: of.AeSettings = field(default_factory=of.AeSettings)
    ae_zones: of.AeZonesSettings = field(default_factory=of.AeZonesSettings)
    af: of.AfSettings = field(default_factory=of.AfSettings)
    flicker: of.FlickerSettings = field(default_factory=of.FlickerSettings)
    false_color: of.FalseColorSettings = field(default_factory=of.FalseColorSettings)
    tone_map: of.ToneMapSettings = field(default_factory=of.ToneMapSettings)
    space: of.SpaceSettings = field(default_factory=of.SpaceSettings)
    chroma_nr: of.ChromaNrSettings = field(default_factory=of.ChromaNrSettings)
    sharpen: of.SharpenSettings = field(default_factory=of.SharpenSettings)
    adjust: of.AdjustSettings = field(default_factory=of.AdjustSettings)
    overlay: of.OverlaySettings = field(default_factory=of.OverlaySettings)
    output: of.OutputSettings = field(default_factory=of.OutputSettings)
    second: of.OutputSettings = field(default_factory=lambda: of.OutputSettings(enable=0))
    defringe: of.DefringeSettings = field(default_factory=of.DefringeSettings)
    frame_buffer: bool = False
    hdr: HdrSettings = field(default_factory=HdrSettings)
    temporal_nr: TemporalNrSettings = field(default_factory=TemporalNrSettings)
    tables: IspTables = field(default_factory=IspTables, compare=False)

    def __post_init__(self) -> None:
        full = 1 << self.depth
        _check("depth", (self.depth,), 1, 8, 16)
        if self.ppc not in (1, 2, 4):
            raise ValueError(f"ppc must be 1, 2 or 4, not {self.ppc!r}")
        if self.frame_buffer and self.chain != "complete":
            raise ValueError(f"frame_buffer must be False in the {self.chain} chain, not True")
        self._check_width("width", self.width, max(4, 2 * self.ppc), 65535)
        least = 5 if self.demosaic == "directional" or self.chain == "complete" else 4
        _check("height", (self.height,), 1, least, 65535)
        _check("phase", (self.phase,), 1, 0, 3)
        _check("timeout", (self.timeout,), 1, 0, (1 << 32) - 1)
        _check("black", self.black, 4, 0, full - 1)
        _check("gain", self.gain, 4, 0, 65535)
        _check("ccm", [value for row in self.ccm for value in row], 9, -32768, 32767)
        _check("offset", self.offset, 3, -full, full - 1)
        if not self.curve.size:
            object.__setattr__(self, "curve", linear_curve(self.picture_depth))
        count = 257 if self.curve.ndim == 1 else 771
        _check("curve", self.curve.ravel().tolist(), count, 0, 65535)
        for name, block in self.blocks():
            block.check(name, self.depth)
        if not self.crop.bypass:
            self._check_width("crop.x", self.crop.x, 0, self.width)
            self._check_width("crop.width", self.crop.width, 7, self.width - self.crop.x)
            _check("crop.height", (self.crop.height,), 1, 5, self.height - self.crop.y)
        if self.chain == "complete" and not self.tone_map.bypass and self.frame[1] < 13:
            raise ValueError(f"width must be at least 13 for tone_map, not {self.frame[1]!r}")
        for name in ("output", "second"):
            output: of.OutputSettings = getattr(self, name)
            if output.enable and not (scale := output.scale).bypass:
                self._check_width(f"{name}.scale.width_out", scale.width_out, self.ppc, 65535)
                _check(f"{name}.scale.height_out", (scale.height_out,), 1, 1, 65535)

    def _check_width(self, name: str, value: int, low: int, high: int) -> None:
        _check(name, (value,), 1, low, high)
        if value % self.ppc:
            raise ValueError(f"{name} must be a multiple of {self.ppc}, not {value!r}")

    def blocks(self) -> list[tuple[str, of.BlockSettings]]:
        """Return the settings of single blocks by name."""
        there = [f.name for f in fields(self) if self.frame_buffer or f.name not in _REMEMBERING]
        values = [(name, getattr(self, name)) for name in there]
        return [(name, value) for name, value in values if isinstance(value, of.BlockSettings)]

    def active(self, name: str) -> bool:
        """Whether the block of this name is there, and not bypassed."""
        there = self.chain == "complete" or name in _BLOCKS[self.chain]
        return there and not getattr(self, name).bypass

    @property
    def picture_depth(self) -> int:
        """Bits per sample behind the tone curve."""
        return 8 if self.chain in ("first_light", "mini") else of.PICTURE_DEPTH

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
            "timeout": self.timeout,
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

    def writes(self) -> dict[str, dict[str, NDArray[Any]]]:
        """Return what is written to each port of the complete pipeline to load all tables."""
        return {"curve": {**self.curve_writes()}, **self.tables.writes()}

    def curve_writes(self) -> dict[str, NDArray[np.int32]]:
        """Return what is written to the curve port to load ``curve``.

        There is a curve for each colour, and bits of ``colors`` say for which; the chains of 8
        bits have one for all.
        """
        index = np.arange(256, dtype=np.int32)
        curves = self.curve.reshape(-1, 257)
        colors = [7] if len(curves) == 1 else [1, 2, 4]
        parts = []
        for points, color in zip(curves, colors, strict=True):
            start, slope = segments(points)
            own = {"colors": np.full_like(index, color)} if self.picture_depth > 8 else {}
            parts.append({"index": index, "start": start, "slope": slope, **own})
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
