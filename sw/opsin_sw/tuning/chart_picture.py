# SPDX-License-Identifier: MIT
"""Developed charts, for judging a calibration: by figures and by eye."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from opsin_sim.golden.isp import black_level, develop, lens_shading

from .accuracy import NAMES, DeltaE, delta_e, reference_light
from .calibrate import ChartFit
from .chart import picture_patches, place
from .illuminant import Illuminant
from .tuning import Tuning

__all__ = ["Developed", "chart_picture", "develop_chart"]

Developed = tuple[DeltaE, NDArray[np.float64]]
"""How far the developed patches are from the reference, and their linear light."""

_DEPTH = 16
_MARGIN = 16  # pixels around the chart
_SIDE, _GAP, _LINE = 96, 10, 13  # of the picture: a patch, between two, a line of text
_OUTER = np.array([(-0.5, -0.5), (5.5, -0.5), (-0.5, 3.5), (5.5, 3.5)])


def develop_chart(fit: ChartFit, light: Illuminant, tuning: Tuning) -> Developed:
    """Develop the chart with the bit-exact model of the camera pipeline and judge the picture.

    Blocks: black level, lens shading if it is calibrated, white balance, demosaic, colour matrix
    and the sRGB tone curve, on 16-bit samples, as far as the chart reaches.
    """
    raw = fit.chart.samples
    whole = replace(
        tuning, height=raw.shape[0], width=raw.shape[1], white_balance=light.white_balance,
        ccm=light.ccm, curve=None,
    ).settings(depth=_DEPTH, demosaic="directional")  # fmt: skip
    aligned = raw << np.uint16(_DEPTH - (tuning.bits or _DEPTH))
    samples = black_level(aligned, whole.black, phase=whole.phase)
    if (shading := tuning.shading) is not None:
        samples = lens_shading(
            samples, shading.mesh, cell=shading.cell, phase=whole.phase, depth=_DEPTH
        )
    outline = place(_OUTER, fit.corners)
    x0, y0 = (max(int(v) - _MARGIN, 0) // 2 * 2 for v in outline.min(axis=0))
    x1, y1 = (int(v) + _MARGIN for v in outline.max(axis=0))
    part = samples[y0:y1, x0:x1]
    settings = replace(whole, black=(0, 0, 0, 0), width=part.shape[1], height=part.shape[0])
    picture = develop(part, settings)
    light_of = picture_patches(picture, [(x - x0, y - y0) for x, y in fit.corners])
    return delta_e(light_of), light_of


def chart_picture(charts: Sequence[tuple[str, Developed]]) -> NDArray[np.uint8]:
    """Return a picture of the patches, below each other for every chart.

    In each patch the upper left half is what was developed, as bright as the reference, and the
    lower right the reference; below it stands its CIEDE2000.
    """
    from PIL import Image, ImageDraw

    height = 2 * _GAP + _LINE + 4 * (_SIDE + _LINE + _GAP)
    size = (_GAP + 6 * (_SIDE + _GAP), height * len(charts))
    picture = Image.new("RGB", size, (24, 24, 24))
    draw = ImageDraw.Draw(picture)
    wanted = _codes(reference_light())
    for index, (title, (difference, light)) in enumerate(charts):
        top = index * height + _GAP
        draw.text((_GAP, top), title.encode("ascii", "replace").decode(), fill=(230, 230, 230))
        got = _codes(light * difference.exposure)
        for k, name in enumerate(NAMES):
            x = _GAP + (k % 6) * (_SIDE + _GAP)
            y = top + _LINE + _GAP + (k // 6) * (_SIDE + _LINE + _GAP)
            draw.rectangle((x, y, x + _SIDE - 1, y + _SIDE - 1), fill=wanted[k])
            draw.polygon([(x, y), (x + _SIDE - 1, y), (x, y + _SIDE - 1)], fill=got[k])
            label = f"{name} {difference.patches[k]:.1f}"
            draw.text((x, y + _SIDE), label, fill=(200, 200, 200))
    return np.asarray(picture)


def _codes(light: NDArray[np.float64]) -> list[tuple[int, int, int]]:
    clipped = np.clip(light, 0, 1)
    curve = np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return [(int(r), int(g), int(b)) for r, g, b in np.rint(255 * curve)]
