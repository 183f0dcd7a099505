# SPDX-License-Identifier: MIT
"""Calibration of a camera from raw frames of a ColorChecker, a flat field and a dark frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opsin_sim.golden.isp import MESH_ONE, PHASES, channels, shading_gain

from ..errors import UserError
from .chart import Corners, raw_patches
from .color_fit import ColorFit, fit_color, temperature
from .defect_map import DefectMap, dead_pixels, defect_map, hot_pixels
from .find_chart import check_corners, find_chart
from .illuminant import Illuminant
from .noise import Noise, block_noise, fit_noise
from .shading import Shading, shading_from_flat_field
from .tuning import Tuning

__all__ = ["Calibration", "Chart", "ChartFit", "black_of_dark", "calibrate"]

Frame = NDArray[np.uint16]
Levels = tuple[float, float, float, float]

_CLIPPED = 0.01  # share of a patch's samples that may be at white


class Chart(NamedTuple):
    """A raw frame with a chart, under one light; without corners the chart is searched."""

    name: str
    samples: Frame
    corners: Corners | None = None
    temperature: float | None = None


class ChartFit(NamedTuple):
    """What a chart gave."""

    chart: Chart
    corners: Corners
    clipped: int
    color: ColorFit


@dataclass(frozen=True)
class Calibration:
    """A camera's tuning, and where it comes from."""

    tuning: Tuning
    charts: tuple[ChartFit, ...]
    defects: DefectMap | None


def black_of_dark(dark: Frame, *, phase: int) -> Levels:
    """Return the mean of the samples between the quartiles, of R, Gr, Gb, B."""
    channel = channels(dark.shape, phase)
    levels = []
    for index in range(4):
        values = np.sort(dark[channel == index].astype(np.float64))
        quarter = values.size // 4
        levels.append(float(values[quarter : values.size - quarter].mean()))
    return levels[0], levels[1], levels[2], levels[3]


def calibrate(
    charts: Sequence[Chart],
    known: Tuning,
    *,
    flat: Frame | None = None,
    dark: Frame | None = None,
) -> Calibration:
    """Calibrate a camera.

    Parameters
    ----------
    charts : sequence of Chart
        Frames of one camera, each under another light. The first is what the tuning's white balance
        and matrix are for, and, unless there are both a flat field and a dark frame, its noise.
    known : Tuning
        Size, bits, phase, white, and black if there is no dark frame.
    flat : array or None
        Frame of an evenly lit surface, for lens shading, noise and dead pixels.
    dark : array or None
        Frame without light, for black level, noise and hot pixels.

    Raises
    ------
    UserError
        If something is not known, or a frame does not serve.
    """
    if known.bits is None or known.phase not in PHASES:
        raise UserError("bits and phase must be known: give --bits and --phase")
    phase, white = PHASES.index(known.phase), float(known.white or (1 << known.bits) - 1)
    black = known.black
    if dark is not None and black is None:
        black = black_of_dark(dark, phase=phase)
    if black is None:
        raise UserError("black level is not known: give --dark or --black")
    if not max(black) < white:
        raise UserError(f"black must be below white, {white:g}, not {max(black):g}")

    shading = None if flat is None else shading_from_flat_field(flat, phase=phase, black=black)
    fits, noisy = [], []
    for chart in charts:
        try:
            fit, points = _fit(chart, phase=phase, black=black, white=white, shading=shading)
        except UserError as error:
            raise UserError(f"{chart.name}: {error}") from error
        fits.append(fit)
        noisy.append(points)
    blocks = [
        block_noise(frame, phase=phase, black=black, white=white)
        for frame in (flat, dark)
        if frame is not None
    ]
    # a flat field has hardly more than one brightness: it needs the dark frame, or the patches
    even = blocks if len(blocks) == 2 else [noisy[0], *blocks]
    noise: Noise = fit_noise(*(np.concatenate(axis) for axis in zip(*even, strict=True)))

    badness = []
    if dark is not None:
        badness.append(hot_pixels(dark, phase=phase, black=black, white=white))
    if flat is not None:
        badness.append(dead_pixels(flat, phase=phase, black=black))
    defects = defect_map(badness) if badness else None
    lights = [
        Illuminant(
            name=fit.chart.name,
            temperature=fit.chart.temperature or temperature(fit.color.white_balance),
            white_balance=fit.color.white_balance,
            ccm=fit.color.ccm,
        )
        for fit in fits
    ]
    tuning = replace(
        known,
        black=black,
        white=white,
        white_balance=lights[0].white_balance,
        ccm=lights[0].ccm,
        noise=noise,
        illuminants=tuple(lights),
        shading=shading,
        defects=None if defects is None else defects.positions,
    )
    return Calibration(tuning, tuple(fits), defects)


def _fit(
    chart: Chart, *, phase: int, black: Levels, white: float, shading: Shading | None
) -> tuple[ChartFit, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Fit a chart's colours; means and variances of its patches besides."""
    raw = chart.samples
    if chart.corners is None:
        corners: Corners = find_chart(raw, phase=phase, black=black)
    else:
        corners = chart.corners
        check_corners(raw, corners, phase=phase, black=black)
    patches = raw_patches(raw, corners, phase=phase, white=white)
    usable = patches.high <= _CLIPPED
    light = raw - np.array(black)[channels(raw.shape, phase)]
    if shading is not None:
        gain = shading_gain(
            (raw.shape[0], raw.shape[1]), shading.mesh, cell=shading.cell, phase=phase
        )
        light *= gain / MESH_ONE
    even = raw_patches(light, corners, phase=phase, white=np.inf)
    good = np.asarray(usable.all(axis=1))
    fit = ChartFit(chart, corners, int((~good).sum()), fit_color(even.rgb((0.0,) * 4), good))
    return fit, ((patches.mean - np.array(black))[usable], patches.variance[usable])
