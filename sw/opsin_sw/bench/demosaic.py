# SPDX-License-Identifier: MIT
"""Demosaic: what is lost when a picture is seen through a Bayer filter."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from opsin_sim.golden import isp

from .judges import Demosaic, judges
from .report import Row

__all__ = ["cpsnr", "demosaic_rows"]

BORDER = 10
REACH = {"Opsin": 39.2}
"""What is wanted on the 24 Kodak pictures."""


def cpsnr(got: NDArray[np.generic], wanted: NDArray[np.uint8]) -> float:
    """Peak signal to noise ratio in dB over all three colours, the border cut, of 8 bits."""
    inside = np.s_[BORDER:-BORDER, BORDER:-BORDER]
    values = np.clip(np.rint(got[inside].astype(np.float64)), 0, 255)
    error = np.mean((values - wanted[inside].astype(np.float64)) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-12)))


def demosaic_rows(
    pictures: Mapping[str, NDArray[np.uint8]],
    *,
    reach: bool = False,
    step: Callable[[], None] = lambda: None,
) -> list[Row]:
    """Return the mean CPSNR of our demosaic and of others, of RGGB frames of 8 bits."""
    methods: dict[str, Demosaic] = {
        "Opsin": lambda raw: isp.demosaic(raw, phase=0, depth=8),
        **judges(),
    }
    figures: dict[str, list[float]] = {name: [] for name in methods}
    for picture in pictures.values():
        raw = isp.mosaic(picture, 0).astype(np.uint16)
        for name, method in methods.items():
            figures[name].append(cpsnr(method(raw), picture))
        step()
    return [
        Row(
            name=f"demosaic CPSNR, {name}",
            value=float(np.mean(values)),
            unit="dB",
            reach=REACH.get(name) if reach else None,
        )
        for name, values in figures.items()
    ]
