# SPDX-License-Identifier: MIT
"""Colour pictures to measure with."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError

__all__ = ["has_pictures", "pictures"]

_EMBEDDED = ("astronaut", "chelsea", "coffee", "rocket")
_SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".ppm")
_SMALLEST = 32


def pictures(folder: Path | None = None) -> dict[str, NDArray[np.uint8]]:
    """Return pictures (height, width, 3) of 8 bits by name: of scikit-image, or of a folder.

    Width and height are cut to multiples of 4.

    Raises
    ------
    UserError
        If the folder has no colour picture, or one that cannot be read.
    """
    found = _embedded() if folder is None else _of_folder(folder)
    return {name: p[: len(p) // 4 * 4, : p.shape[1] // 4 * 4] for name, p in found.items()}


def has_pictures(folder: Path) -> bool:
    """Return whether a folder has a colour picture."""
    return folder.is_dir() and any(
        _read(path) is not None
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in _SUFFIXES
    )


def _embedded() -> dict[str, NDArray[np.uint8]]:
    from skimage import data

    return {name: np.asarray(getattr(data, name)()) for name in _EMBEDDED}


def _of_folder(folder: Path) -> dict[str, NDArray[np.uint8]]:
    if not folder.is_dir():
        raise UserError(f"{folder}: no such directory")
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in _SUFFIXES:
            picture = _read(path)
            if picture is not None:
                found[path.stem] = picture
    if not found:
        raise UserError(f"{folder}: no colour picture of 8 bits ({', '.join(_SUFFIXES)})")
    return found


def _read(path: Path) -> NDArray[np.uint8] | None:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            if image.mode not in ("RGB", "RGBA", "P"):
                return None  # grey, or raw
            picture = np.asarray(image.convert("RGB"))
    except (UnidentifiedImageError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"{path}: not a picture this reads: {error}") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    if min(picture.shape[:2]) < _SMALLEST:
        raise UserError(f"{path}: must be at least {_SMALLEST} × {_SMALLEST} pixels")
    return picture
