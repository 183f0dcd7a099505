# SPDX-License-Identifier: MIT
"""Pictures for the page."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from opsin_sim.waves import Clock, Names, Wave, choose, draw, find_window

__all__ = ["bayer_colors", "save", "wave_picture"]


def save(pixels: NDArray[Any], path: Path, *, factor: int = 1) -> str:
    """Write 8-bit pixels as PNG, each ``factor`` pixels wide and high; returns the file's name."""
    Image.fromarray(pixels.repeat(factor, axis=0).repeat(factor, axis=1)).save(path)
    return path.name


def bayer_colors(raw: NDArray[np.uint16], *, black: int, white: int) -> NDArray[np.uint8]:
    """Show RGGB samples in the colour of their filter, brightened as a screen needs it."""
    light = np.clip((raw.astype(np.float64) - black) / (white - black), 0, 1)
    screen = np.rint(255 * light ** (1 / 2.2)).astype(np.uint8)
    shown = np.zeros((*raw.shape, 3), np.uint8)
    for row in range(2):
        for column in range(2):
            where = slice(row, None, 2), slice(column, None, 2)
            shown[*where, row + column] = screen[where]  # red, green, green, blue
    return shown


def wave_picture(fst: Path, *, signals: list[str], first_of: str) -> str:
    """Draw a waveform from the first beat of a top-level stream on, into a PNG file beside it.

    Returns the picture's name.
    """
    wave, names = Wave(fst), Names.beside(fst)
    groups = choose(wave, names, globs=signals)
    streams = [s for group in groups for s in group.streams if s.path == f"dut.{first_of}"]
    clock = Clock.find(wave, ("dut",))
    path = fst.with_suffix(".png")
    draw(wave, names, groups, clock, find_window(wave, clock, streams), path)
    return path.name
