# SPDX-License-Identifier: MIT
"""Colour: a ColorChecker in real frames, with automatic white balance.

References
----------
G. Finlayson, R. Zakizadeh, "Reproduction angular error: an improved performance metric for
illuminant estimation", British Machine Vision Conference 2014.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opsin_sim.golden import isp

from ..errors import UserError
from ..images import read_raw
from ..tuning import Corners, Tuning, delta_e
from ..tuning.accuracy import library
from ..tuning.auto import (
    Locus,
    angle,
    estimate_white,
    frame_zones,
    grey_world_white,
    judge_frame,
)
from ..tuning.calibrate import Chart, calibrate
from .report import Row

__all__ = ["FRAMES", "Frame", "calibrated", "color_rows", "rows_of"]

_KNOWN = Tuning(bits=8, phase="GRBG", black=(12.5,) * 4, white=255.0)
_MARGIN = 32  # pixels around the chart that are developed with it
_DEPTH = 16

FRAMES: dict[str, Corners] = {
    "Indoor1_2592x1536_8bit_GRBG.png": ((627, 1184), (1058, 1184), (636, 1429), (1055, 1448)),
    "Outdoor1_2592x1536_8bit_GRBG.png": ((1648, 682), (1816.5, 686), (1644, 776.5), (1815, 783)),
}
"""Raw frames of one camera that a folder may hold, and where their corner patches are.

They come with Infinite-ISP's reference model (10x Engineers): 8 bits, black 12.5.
"""


class Frame(NamedTuple):
    """A raw frame with a chart, and the camera's tuning from it."""

    samples: NDArray[np.uint16]
    corners: Corners
    tuning: Tuning


def color_rows(folder: Path | None) -> list[Row]:
    """Return CIEDE2000 of the chart, and reproduction errors, of frames that the folder has.

    Each frame is developed with automatic white balance, by the bit-exact model, and the camera's
    calibration from the other frames: colours are judged under a light that the calibration has
    not seen. Beside that stands the calibration from all frames, as a finished camera has it.
    Without two of the frames, or colour-science, there are no rows.
    """
    try:
        library()
    except UserError:
        return []
    paths = [] if folder is None else [folder / name for name in FRAMES]
    found = [path for path in paths if path.is_file()]
    if len(found) < 2:
        return []
    return rows_of([_read(path, FRAMES[path.name]) for path in found])


def rows_of(frames: list[Frame]) -> list[Row]:
    """Return the rows of at least two frames of one camera."""
    lights = [light for frame in frames for light in frame.tuning.illuminants or ()]
    whole = [replace(frame.tuning, illuminants=tuple(lights)) for frame in frames]
    others = [
        replace(
            frame.tuning,
            illuminants=tuple(light for k, light in enumerate(lights) if k != index),
        )
        for index, frame in enumerate(frames)
    ]
    both = [_judge(*pair) for pair in zip(frames, whole, strict=True)]
    other = [_judge(*pair) for pair in zip(frames, others, strict=True)]
    unknown = [_error(frame, Locus.generic()) for frame in frames]
    grey = [_error(frame, Locus.generic(), grey_world=True) for frame in frames]
    color = "ColorChecker ΔE00 with automatic white balance, real frames"
    white = "AWB reproduction error, real frames"
    return [
        _row(f"{color}, calibrated on the other", [delta for delta, _ in other], "", 4.5),
        _row(f"{color}, calibrated on both", [delta for delta, _ in both], "", 4.5),
        _row(f"{white}, calibrated on the other", [error for _, error in other], "°", 5.0),
        _row(f"{white}, calibrated on both", [error for _, error in both], "°", 5.0),
        _row(f"{white}, not calibrated", unknown, "°", None),
        _row(f"{white}, grey world", grey, "°", None),
    ]


def calibrated(samples: NDArray[np.uint16], corners: Corners, known: Tuning, name: str) -> Frame:
    """Return a frame with the tuning that its chart gives."""
    height, width = samples.shape
    known = replace(known, width=width, height=height)
    result = calibrate([Chart(name, samples, corners)], known)
    return Frame(samples, corners, result.tuning)


def _read(path: Path, corners: Corners) -> Frame:
    picture = read_raw(path, _KNOWN)
    return calibrated(picture.samples, corners, _KNOWN, path.stem)


def _judge(frame: Frame, tuning: Tuning) -> tuple[float, float]:
    """Return the mean CIEDE2000 of the chart, and the reproduction error of white balance."""
    judged = judge_frame(frame.samples, tuning)
    points = np.array(frame.corners)
    x0, y0 = (np.maximum(points.min(axis=0) - _MARGIN, 0) // 2 * 2).astype(int)
    x1, y1 = (points.max(axis=0) + _MARGIN).astype(int)
    part = frame.samples[y0:y1, x0:x1]
    known = replace(judged.tuning, width=part.shape[1], height=part.shape[0])
    settings = known.settings(depth=_DEPTH)
    raw = part << np.uint16(_DEPTH - (known.bits or _DEPTH))
    picture = isp.develop(raw, settings)
    inside: Corners = [(x - x0, y - y0) for x, y in frame.corners]
    error = np.nan if judged.white is None else angle(_truth(frame), judged.white.point)
    return delta_e(picture, inside).mean, float(error)


def _truth(frame: Frame) -> NDArray[np.float64]:
    """Return what white is by the chart's middle greys."""
    (light,) = frame.tuning.illuminants or ()
    return -np.log(light.white_balance)


def _error(frame: Frame, locus: Locus, *, grey_world: bool = False) -> float:
    zones = frame_zones(frame.samples, frame.tuning)
    white = (grey_world_white if grey_world else estimate_white)(zones, locus)
    return float(np.nan) if white is None else angle(_truth(frame), white.point)


def _row(name: str, values: list[float], unit: str, reach: float | None) -> Row:
    return Row(name=name, value=float(np.mean(values)), unit=unit, reach=reach, better="lower")
