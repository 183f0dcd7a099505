# SPDX-License-Identifier: MIT
"""Sharpness: what noise reduction leaves of an edge.

References
----------
ISO 12233:2017, annex D: slanted edge, four bins per pixel.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from opsin_sim.golden import isp

from ..errors import UserError
from .report import Row

__all__ = ["CHART", "mtf50", "noise_of_chart", "sharpness_rows"]

CHART = "chart_1920x1080_rggb10.raw"
"""Raw frame of a chart with slanted squares, 10 bits, black 0, that a folder may hold."""

# Edges of the chart's middle square: rows, columns, whether it must be turned to stand upright.
_EDGES = (
    (slice(500, 620), slice(796, 872), False),
    (slice(490, 600), slice(974, 1050), False),
    (slice(440, 492), slice(850, 980), True),
    (slice(612, 676), slice(860, 990), True),
)
# Flat patches of the chart, from dark to light.
_FLATS = (
    (slice(640, 680), slice(440, 530)),
    (slice(570, 650), slice(1190, 1290)),
    (slice(700, 790), slice(440, 530)),
    (slice(700, 790), slice(560, 650)),
    (slice(830, 920), slice(570, 660)),
    (slice(830, 920), slice(700, 790)),
)
_BINS = 4
_GAIN, _READ, _BLACK = 1.0, 2.0, 64
_TIMES = 16  # that the edge is taken, each with other noise; pictures are averaged


def mtf50(edge: NDArray[np.generic]) -> float:
    """Return the frequency, in cycles per pixel, where the contrast is half, of an upright edge.

    The edge must lean, so that its lines see it at all fractions of a pixel.
    """
    values = edge.astype(np.float64)
    slope = np.abs(np.diff(values, axis=1)) * np.hamming(values.shape[1] - 1)
    slope[slope < 0.2 * slope.max()] = 0  # noise
    places = np.arange(slope.shape[1]) + 0.5
    rows = np.arange(len(values))
    middle = (slope * places).sum(axis=1) / slope.sum(axis=1)
    lean, start = np.polyfit(rows, middle, 1)
    distance = np.arange(values.shape[1])[None, :] - (start + lean * rows)[:, None]
    bins = np.floor(distance * np.cos(np.arctan(lean)) * _BINS).astype(int)
    reach = int(min(-bins.min(), bins.max(), 16 * _BINS)) - _BINS
    inside = np.abs(bins) <= reach
    at = bins[inside] + reach
    count = np.bincount(at, minlength=2 * reach + 1)
    profile = np.bincount(at, values[inside], 2 * reach + 1) / np.maximum(count, 1)
    spread = np.diff(profile) * np.hamming(2 * reach)
    contrast = np.abs(np.fft.rfft(spread, 16 * len(spread)))
    contrast /= contrast[0]
    below = int(np.argmax(contrast < 0.5))
    high, low = contrast[below - 1], contrast[below]
    exact = below - 1 + (high - 0.5) / (high - low)
    return float(exact * _BINS / (16 * len(spread)))


def sharpness_rows(folder: Path | None = None, *, seed: int = 1) -> list[Row]:
    """Return the share of MTF50 that raw noise reduction leaves, green of the demosaiced frame.

    Always the mean of many takes of a computed edge of contrast 4 : 1, with gain 1 and read noise
    2; and the chart, if the folder has it.
    """
    edges = [_computed_edge(seed + k) for k in range(_TIMES)]
    noise = _computed_noise()
    sharp, soft = (
        mtf50(np.mean([_green(edge, noise, on) for edge in edges], axis=0)) for on in (False, True)
    )
    rows = [_row("computed edge", [soft / sharp])]
    if folder is not None and (folder / CHART).is_file():
        raw = np.fromfile(folder / CHART, dtype="<u2")
        if raw.size != 1920 * 1080:
            raise UserError(f"{folder / CHART}: must have 1920 × 1080 samples, not {raw.size}")
        raw = raw.reshape(1080, 1920).astype(np.uint16)
        noise = noise_of_chart(raw)
        off, on = (_green(raw, noise, on) for on in (False, True))
        kept = []
        for rows_, columns, turned in _EDGES:
            pair = [mtf50(g[rows_, columns].T if turned else g[rows_, columns]) for g in (on, off)]
            kept.append(pair[0] / pair[1])
        rows.append(_row("chart", kept))
    return rows


def noise_of_chart(raw: NDArray[np.uint16]) -> tuple[int, int]:
    """Return the noise model's registers, fitted to flat patches of the chart."""
    means, variances = [], []
    for rows, columns in _FLATS:
        plane = raw[rows, columns][::2, 1::2].astype(np.float64)
        # of differences of neighbours, for the light is uneven
        means.append(plane.mean())
        variances.append(np.diff(plane, axis=1).var() / 2)
    slope, constant = np.polyfit(means, variances, 1)
    gain, read = max(float(slope), 0.0), max(float(constant), 0.0) ** 0.5
    return isp.noise_registers(gain=gain, read_noise=read, depth=10)


def _row(what: str, kept: list[float]) -> Row:
    return Row(
        name=f"MTF50 kept by raw noise reduction, {what}",
        value=100 * float(np.mean(kept)),
        unit="%",
        reach=97.0,
    )


def _computed_noise() -> tuple[int, int]:
    return isp.noise_registers(gain=_GAIN, read_noise=_READ, black=_BLACK, depth=10)


def _computed_edge(seed: int) -> NDArray[np.uint16]:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:400, 0:96]
    share = np.clip((x - 48 - (y - 200) * np.tan(np.radians(5))) / 1.5 + 0.5, 0, 1)
    light = 150 + 450 * share
    noise = rng.normal(0, np.sqrt(_GAIN * light + _READ**2))
    return np.clip(np.rint(_BLACK + light + noise), 0, 1023).astype(np.uint16)


def _green(raw: NDArray[np.uint16], noise: tuple[int, int], on: bool) -> NDArray[np.uint16]:
    reduced = isp.raw_noise_reduction(raw, *noise, depth=10) if on else raw
    return isp.demosaic(reduced, phase=0, depth=10)[..., 1]
