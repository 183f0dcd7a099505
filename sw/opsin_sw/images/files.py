# SPDX-License-Identifier: MIT
"""Pictures from files and to files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..tuning import Tuning
from .camera import read_camera
from .picture import RawPicture
from .readers import read_npy, read_pgm, read_png, read_samples, read_tiff

__all__ = ["read_raw", "write_png"]

_CAMERAS = (".dng", ".nef", ".nrw", ".cr2", ".arw", ".orf", ".rw2", ".pef")
_READERS: dict[str, Callable[[Path, Tuning], RawPicture]] = {
    ".npy": read_npy,
    ".png": read_png,
    ".pgm": read_pgm,
    ".raw": read_samples,
    ".tif": read_tiff,
    ".tiff": read_tiff,
    **dict.fromkeys(_CAMERAS, read_camera),
}


def read_raw(path: Path, options: Tuning) -> RawPicture:
    """Read a raw picture; ``options`` (width, height, bits) go before what the file says.

    Raises
    ------
    UserError
        If the file cannot be read, is of another kind, or contradicts ``options``.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(sorted(_READERS))
        raise UserError(f"{path}: suffix must be one of {known}, not '{path.suffix}'")
    try:
        picture = reader(path, options)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from error
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    known_tuning = options.over(picture.tuning)
    height, width = picture.samples.shape
    wanted = (known_tuning.width, known_tuning.height)
    if wanted not in ((width, height), (None, height), (width, None), (None, None)):
        asked = "×".join("any" if n is None else str(n) for n in wanted)
        raise UserError(f"{path}: size must be {width}×{height} as in the file, not {asked}")
    bits, greatest = known_tuning.bits, int(picture.samples.max(initial=0))
    if bits is not None and bits > 0 and greatest >> bits:
        limit = f"below {1 << bits} ({bits} bits)"
        raise UserError(f"{path}: samples must be {limit}, but the greatest is {greatest}")
    size = Tuning(width=width, height=height)
    return RawPicture(picture.samples, picture.tuning.over(size))


def write_png(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write an 8-bit picture (height, width, 3), or (height, width) for grey.

    Raises
    ------
    UserError
        If the file cannot be written.
    """
    from PIL import Image

    try:
        Image.fromarray(picture).save(path, format="PNG")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from error
