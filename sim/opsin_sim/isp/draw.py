# SPDX-License-Identifier: MIT
"""Settings and tables drawn at random, with all blocks at work."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from opsin.config import IspConfig

from ..golden import isp
from ..golden.isp import block_settings as of

__all__ = ["bypassable", "random_settings"]

_PICTURE = 1 << of.PICTURE_DEPTH
_TONE_MAP_WIDTH = 13  # the least that local tone mapping takes


class _Draw:
    """Whole numbers, as Python has them."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def one(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high))

    def some(self, low: int, high: int, count: int) -> Any:
        return tuple(self.rng.integers(low, high, count).tolist())


def bypassable(settings: isp.IspSettings) -> list[str]:
    """Return the names of the blocks that can be bypassed."""
    return [name for name, block in settings.blocks() if hasattr(block, "bypass")]


def random_settings(
    width: int, height: int, *, config: IspConfig, seed: int, phase: int | None = None
) -> isp.IspSettings:
    """Return settings for frames of this size in which no block is bypassed.

    But for local tone mapping where lines are too short for it. Frames are cut where they stay at
    least 16 pixels wide and high; both outputs are scaled, to at most the size of the frame.
    """
    draw = _Draw(seed)
    ppc, unit = config.ppc, 1 << config.depth
    plain: dict[str, Any] = {
        "width": width,
        "height": height,
        "depth": config.depth,
        "ppc": ppc,
        "chain": config.chain,
        "demosaic": config.demosaic,
        "frame_buffer": config.frame_buffer,
        "phase": draw.one(0, 4) if phase is None else phase,
        "black": draw.some(0, unit // 16, 4),
        "gain": draw.some(3000, 9000, 4),
        "ccm": (
            (draw.one(3500, 7000), *draw.some(-1500, 1000, 2)),
            (draw.one(-1500, 1000), draw.one(3500, 7000), draw.one(-1500, 1000)),
            (*draw.some(-1500, 1000, 2), draw.one(3500, 7000)),
        ),
        "offset": draw.some(-unit // 32, unit // 32, 3),
        "curve": np.sort(draw.rng.integers(0, 65281, (3, 257)), axis=1).astype(np.uint16),
    }
    if config.chain == "first_light":
        return isp.IspSettings(**plain | {"curve": plain["curve"][0]})
    if width >= 16 + 2 * ppc and height >= 18:
        plain["crop"] = of.CropSettings(
            bypass=0,
            x=draw.one(0, 3) * ppc,
            y=draw.one(0, 3),
            width=(width - 2 * ppc) // ppc * ppc,
            height=height - 2,
        )
    sized = isp.IspSettings(**plain)
    blocks = {**_raw(draw, sized), **_statistics(draw, sized), **_picture(draw, sized)}
    blocks |= {name: _output(draw, sized) for name in ("output", "second")}
    return replace(sized, **blocks, tables=_tables(draw, sized))


def _raw(draw: _Draw, settings: isp.IspSettings) -> dict[str, Any]:
    unit = 1 << settings.depth
    cell = _cell(settings)
    step_x, step_y = isp.mesh_steps(cell)
    return {
        "decompand": of.DecompandSettings(bypass=0),
        "defect": of.DefectSettings(
            bypass=0,
            dynamic=draw.one(0, 2),
            hot_level=draw.one(unit // 2, unit),
            dead_level=draw.one(0, unit // 8),
            hot_margin=draw.one(0, unit // 4),
            dead_margin=draw.one(0, unit // 4),
            margin=draw.one(0, unit // 2),
            stuck_slope=draw.one(0, 64),
            slope=draw.one(0, 64),
        ),
        "green": of.GreenSettings(
            bypass=0,
            threshold=draw.one(0, unit // 2),
            slope=draw.one(0, 256),
            edge=draw.one(unit, 4 * unit),
        ),
        "shading": of.ShadingSettings(
            bypass=0, cell_width=cell[0], cell_height=cell[1], step_x=step_x, step_y=step_y
        ),
        "raw_nr": of.RawNrSettings(
            bypass=0, constant=draw.one(-4000, 1 << 18), slope=draw.one(0, 1 << 14)
        ),
    }


def _statistics(draw: _Draw, settings: isp.IspSettings) -> dict[str, Any]:
    unit, ppc = 1 << settings.depth, settings.ppc

    def zones() -> dict[str, int]:
        return {
            "left": draw.one(0, 8),
            "top": draw.one(0, 8),
            "zone_width": 8 * ppc * draw.one(1, 3),
            "zone_height": draw.one(2, 12),
            "scale": draw.one(0, 3),
        }

    return {
        "awb": of.AwbSettings(
            dark=draw.one(0, unit // 8), saturation=draw.one(unit // 2, unit), **zones()
        ),
        "ae": of.AeSettings(green_only=draw.one(0, 2), skip=draw.one(0, 3)),
        "ae_zones": of.AeZonesSettings(bright=draw.one(0, unit), **zones()),
        "af": of.AfSettings(coarse=draw.one(0, 2), threshold=draw.one(0, unit // 4), **zones()),
        "flicker": of.FlickerSettings(lines=draw.one(0, 4), scale=draw.one(0, 2)),
    }


def _picture(draw: _Draw, settings: isp.IspSettings) -> dict[str, Any]:
    unit = 1 << settings.depth
    height, width = settings.frame
    return {
        "false_color": of.FalseColorSettings(
            bypass=0,
            threshold=draw.one(0, unit),
            rise=draw.one(0, 16),
            strength=draw.one(0, 17),
        ),
        "tone_map": of.ToneMapSettings(
            bypass=int(width < _TONE_MAP_WIDTH),
            strength=draw.one(0, 256),
            pivot=draw.one(3000, 4096),
            brighten=draw.one(0, 1024),
            darken=draw.one(0, 512),
            ratio=draw.one(0, 16),
            floor=draw.one(0, unit // 64),
        ),
        "space": of.SpaceSettings(
            bypass=0,
            matrix=tuple(draw.some(-30_000, 40_000, 3) for _ in range(3)),
            offset=draw.some(-2000, 4000, 3),
        ),
        "defringe": of.DefringeSettings(
            bypass=0,
            edge=draw.one(0, _PICTURE // 2),
            core=draw.one(0, _PICTURE // 16),
            limit=draw.one(0, _PICTURE),
        ),
        "chroma_nr": of.ChromaNrSettings(
            bypass=0, luma=draw.one(0, _PICTURE), chroma=draw.one(0, _PICTURE)
        ),
        "sharpen": of.SharpenSettings(
            bypass=0,
            gain=draw.one(0, 256),
            wide=draw.one(0, 8),
            core=draw.one(0, _PICTURE // 4),
            edge=draw.one(0, _PICTURE),
            fall=draw.one(0, 16),
            overshoot=draw.one(0, 16),
            undershoot=draw.one(0, 16),
        ),
        "adjust": of.AdjustSettings(
            bypass=0,
            contrast=draw.one(2000, 8000),
            brightness=draw.one(-20_000, 20_000),
            cosine=draw.one(-5000, 8000),
            sine=draw.one(-3000, 3000),
        ),
        "overlay": of.OverlaySettings(
            bypass=0,
            x=draw.one(0, width),
            y=draw.one(0, height),
            width=draw.one(1, width + 8),
            height=draw.one(1, height + 8),
            base=draw.one(0, 1024),
            palette=draw.one(0, 2),
        ),
    }


def _output(draw: _Draw, settings: isp.IspSettings) -> of.OutputSettings:
    height, width = settings.frame
    ppc = settings.ppc
    size = (draw.one(1, width // ppc + 1) * ppc, draw.one(1, height + 1))
    size = (max(size[0], -(-width // 32 // ppc) * ppc), max(size[1], -(-height // 32)))
    scale = isp.scaler_registers((width, height), size)._asdict() | {"bypass": 0}
    rgb = isp.rgb_space_registers("bt601", limited=bool(draw.one(0, 2)), depth=10, depth_out=8)
    return of.OutputSettings(
        scale=of.ScaleSettings(**scale),
        chroma=of.ChromaSettings(format=draw.one(0, 3), centred=draw.one(0, 2)),
        rgb=of.RgbSettings(bypass=0, **rgb._asdict()),
        format=draw.one(0, 7),
        dither=draw.one(0, 2),
    )


def _tables(draw: _Draw, settings: isp.IspSettings) -> isp.IspTables:
    height, width = settings.frame
    cell = _cell(settings)
    places = zip(draw.some(0, height, 40), draw.some(0, width, 40), strict=True)
    mesh = (settings.height // cell[1] + 2, settings.width // cell[0] + 2, 4)
    return isp.IspTables(
        decompand=np.sort(draw.rng.integers(0, 65536, 65)).astype(np.int32),
        defects=isp.defect_entries(list(places)),
        mesh=draw.rng.integers(1 << 13, 1 << 15, mesh).astype(np.uint16),
        bitmap=draw.rng.integers(0, 1 << 32, 1024).astype(np.uint32),
        palettes=draw.rng.integers(0, 256, (2, 16, 4)).astype(np.uint8),
        output_scale=draw.rng.integers(-60, 120, (2, 16, 3)).astype(np.int16),
        second_scale=draw.rng.integers(-60, 120, (2, 16, 3)).astype(np.int16),
    )


def _cell(settings: isp.IspSettings) -> tuple[int, int]:
    """Columns and lines of a cell of the shading mesh, about four to a frame."""
    return 4 * max(1, -(-settings.width // 16)), max(2, -(-settings.height // 4))
