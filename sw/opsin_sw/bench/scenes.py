# SPDX-License-Identifier: MIT
"""Computed scenes for pictures of what the pipeline does, as linear light in 0..1.

All but the zone plate are seen through a lens that blurs a little (Gaussian, sigma 0.5 pixels).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

__all__ = ["petal", "room", "steps", "threads", "wedge", "zone_plate"]

Light = NDArray[np.float64]

_OVER = 4  # samples per pixel on a side, of shapes with edges
_LENS = 0.5  # sigma of its blur, in pixels


def _grid(side: int, over: int = 1) -> tuple[Light, Light]:
    """Return lines and columns in pixels, ``over`` samples for each."""
    place = (np.arange(side * over) + 0.5) / over - 0.5
    return np.meshgrid(place, place, indexing="ij")


def _pixels(light: Light) -> Light:
    """Return what pixels behind the lens see of :data:`_OVER` times as many samples."""
    light = gaussian_filter(light, (_LENS * _OVER, _LENS * _OVER, 0))
    side = len(light) // _OVER
    mean: Light = light.reshape(side, _OVER, side, _OVER, -1).mean(axis=(1, 3))
    return mean


def _mix(share: Light, one: tuple[float, ...], other: tuple[float, ...]) -> Light:
    return share[..., None] * np.array(one) + (1 - share[..., None]) * np.array(other)


def zone_plate(side: int) -> Light:
    """Grey rings that grow finer to the right and down, to 0.45 cycles per pixel at the border."""
    y, x = _grid(side)
    phase = np.pi * 0.45 / side * (x**2 + y**2)
    return np.repeat((0.3 + 0.28 * np.cos(phase))[..., None], 3, axis=2)


def wedge(side: int) -> Light:
    """White and black wedges around a point: edges in all directions, ever finer."""
    y, x = _grid(side, _OVER)
    angle = np.arctan2(y - side / 2, x - side / 2)
    return _pixels(_mix((np.cos(18 * angle) > 0).astype(float), (0.75,) * 3, (0.03,) * 3))


def petal(side: int) -> Light:
    """Saturated red and blue that grow brighter and darker within little green, before grey."""
    y, x = _grid(side, _OVER)
    radius = np.hypot(x - side / 2, y - side / 2)
    wave = 0.45 + 0.4 * np.cos(9 * np.arctan2(y - side / 2, x - side / 2) + radius / 6)
    leaf = (radius < side * (0.3 + 0.12 * wave)).astype(float)
    red = wave[..., None] * np.array([0.9, 0.03, 0.08]) + np.array([0.05, 0.01, 0.01])
    blue = wave[..., None] * np.array([0.08, 0.06, 0.8]) + np.array([0.01, 0.01, 0.04])
    flower = np.where((x < side / 2)[..., None], red, blue)
    return _pixels(leaf[..., None] * flower + (1 - leaf[..., None]) * np.array([0.1, 0.12, 0.08]))


def threads(side: int) -> Light:
    """Coloured threads, two pixels wide, over each other."""
    y, x = _grid(side, _OVER)
    light = np.full((*y.shape, 3), 0.35)
    colours = (
        (0.8, 0.1, 0.1),
        (0.1, 0.6, 0.15),
        (0.1, 0.15, 0.7),
        (0.8, 0.7, 0.1),
        (0.0, 0.0, 0.0),
    )
    for k in range(20):
        angle, shift = 0.13 + 0.61 * k, (k * 37) % side - side / 2
        away = np.abs((x - side / 2) * np.cos(angle) + (y - side / 2) * np.sin(angle) - shift / 2)
        light = np.where((away < 1)[..., None], np.array(colours[k % len(colours)]), light)
    return _pixels(light)


def steps(side: int) -> Light:
    """Flat patches from dark to light, a slanted edge, fine lines and coloured patches."""
    y, x = _grid(side, _OVER)
    grey = 0.02 * 1.8 ** np.floor(6 * x / side)
    light = np.repeat(grey[..., None], 3, axis=2)
    lower = y > side / 2
    edge = (x + 0.12 * y > 0.4 * side).astype(float)
    light = np.where(lower[..., None], _mix(edge, (0.55, 0.5, 0.45), (0.08, 0.1, 0.14)), light)
    lines = lower & (x > 0.6 * side) & (np.floor(x / 2 + y / 14) % 2 == 0)
    return _pixels(np.where(lines[..., None], np.array([0.2, 0.25, 0.12]), light))


def room(side: int) -> Light:
    """Balls in a dark room, and a bright window: light from 0.004 to 1."""
    y, x = _grid(side, _OVER)
    u, v = x / side, y / side
    light = _mix(np.clip(1.2 - v, 0, 1), (0.012, 0.011, 0.010), (0.006, 0.005, 0.004))
    board = (v > 0.72).astype(float) * (0.6 + 0.4 * (np.floor(9 * (u + v)) % 2))
    light = light * (1 - board[..., None]) + board[..., None] * np.array([0.02, 0.012, 0.007])
    for cx, cy, r, colour in (
        (0.2, 0.62, 0.12, (0.05, 0.008, 0.006)),
        (0.46, 0.68, 0.09, (0.008, 0.028, 0.01)),
        (0.32, 0.78, 0.1, (0.008, 0.012, 0.04)),
    ):
        away = np.hypot(u - cx, v - cy) / r
        ball = np.sqrt(np.clip(1 - away**2, 0, 1)) * 0.8 + 0.2
        light = np.where((away < 1)[..., None], ball[..., None] * np.array(colour), light)
    window = (np.abs(u - 0.74) < 0.2) & (np.abs(v - 0.36) < 0.27)
    window &= (np.abs(u - 0.74) > 0.012) & (np.abs(v - 0.36) > 0.012)
    hills = v > 0.42 + 0.06 * np.sin(13 * u)
    trees = hills & (np.sin(70 * u) * np.sin(83 * v) > 0.1)
    out = np.where(hills[..., None], np.array([0.25, 0.4, 0.12]), np.array([0.55, 0.75, 1.0]))
    out = np.where(trees[..., None], np.array([0.08, 0.16, 0.04]), out)
    return _pixels(np.where(window[..., None], out, light))
