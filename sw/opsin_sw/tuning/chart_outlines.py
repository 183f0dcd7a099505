# SPDX-License-Identifier: MIT
"""Where ColorCheckers may be in a picture, as colour-checker-detection sees it."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError

__all__ = ["AROUND", "Points", "outlines"]

_WINDOWS = (1, 2, 3)  # the picture is searched whole, then in halves and thirds that overlap
_WORKING = 900  # pixels that a window's width becomes
_GROWN = 1.7  # times its size, a patch touches its neighbours

AROUND = 0.43 * _GROWN
"""From the middles of the outer patches to the outline, of the patches' pitch."""

Points = list[tuple[float, float]]


def outlines(half: NDArray[np.float32]) -> Iterator[Points]:
    """Yield proposals, the likeliest first: corners around the 24 patches, in the order of a ring.

    ``half`` is a linear picture (height, width, 3), 0..1.

    Raises
    ------
    UserError
        If the library is not installed.
    """
    library = _library()
    if half.shape[0] > half.shape[1]:  # the library would turn it
        for ring in outlines(np.ascontiguousarray(half.transpose(1, 0, 2))):
            yield [(y, x) for x, y in ring]
        return
    for parts in _WINDOWS:
        height, width = (size // parts for size in half.shape[:2])
        for i, j in itertools.product(range(2 * parts - 1), repeat=2):
            y, x = i * height // 2, j * width // 2
            window = np.clip(half[y : y + height, x : x + width], 0, 1)
            for rectangle in _rectangles(library, window):
                scale = width / _WORKING
                yield [(x + scale * float(u), y + scale * float(v)) for u, v in rectangle]


def _rectangles(library: Any, window: NDArray[np.float32]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return library.segmenter_default(
                window, working_width=_WORKING, swatch_contour_scale=_GROWN
            )
        except (ValueError, IndexError):  # where there is nothing to see
            return ()


def _library() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return import_module("colour_checker_detection")
        except ImportError as error:
            install = "pip install 'opsin[calibrate]', or give --corners"
            raise UserError(f"colour-checker-detection is not installed ({install})") from error
