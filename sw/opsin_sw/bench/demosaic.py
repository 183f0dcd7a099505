# SPDX-License-Identifier: MIT
"""Demosaic: what is lost when a picture is seen through a Bayer filter."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from opsin_sim.devices.sensor import srgb_to_linear
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
    """Return the mean CPSNR of our demosaic and of others, of RGGB frames.

    First of 8 bits as they are in the picture, as others publish it; then of 16 bits in linear
    light, as a sensor has them, turned back to sRGB behind the demosaic.
    """
    plain: dict[str, list[float]] = {}
    linear: dict[str, list[float]] = {}
    for picture in pictures.values():
        raw = isp.mosaic(picture, 0).astype(np.uint16)
        for name, method in _methods(8).items():
            plain.setdefault(name, []).append(cpsnr(method(raw), picture))
        raw = np.rint(isp.mosaic(srgb_to_linear(picture), 0) * 65535).astype(np.uint16)
        for name, method in _methods(16).items():
            light = np.clip(np.asarray(method(raw), dtype=np.float64) / 65535, 0, 1)
            linear.setdefault(name, []).append(cpsnr(_codes(light), picture))
        step()
    rows = [_row("demosaic CPSNR", name, values) for name, values in plain.items()]
    if reach:
        rows = [replace(row, reach=REACH.get(row.name.rsplit(", ")[1])) for row in rows]
    return rows + [
        _row("demosaic CPSNR in linear light", name, values) for name, values in linear.items()
    ]


def _methods(depth: int) -> dict[str, Demosaic]:
    return {"Opsin": lambda raw: isp.demosaic(raw, phase=0, depth=depth), **judges()}


def _codes(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sRGB, 0..255, of linear light in 0..1."""
    curve = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return 255 * curve


def _row(what: str, name: str, values: list[float]) -> Row:
    return Row(name=f"{what}, {name}", value=float(np.mean(values)), unit="dB")
