# SPDX-License-Identifier: MIT
"""Readers of common file formats."""

import re
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..tuning import Tuning
from .picture import RawPicture, from_array, from_name

__all__ = ["read_npy", "read_pgm", "read_png", "read_samples", "read_tiff"]


def read_npy(path: Path, options: Tuning) -> RawPicture:
    """Read a NumPy array file."""
    with path.open("rb") as file:
        try:
            samples = np.lib.format.read_array(file, allow_pickle=False)
        except ValueError as error:
            raise UserError(f"not a NumPy array file: {error}") from error
    return from_array(path, samples)


def read_png(path: Path, options: Tuning) -> RawPicture:
    """Read a grey PNG."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            if image.format != "PNG" or image.mode not in ("L", "I;16", "I;16B", "I"):
                raise UserError(
                    f"must be a PNG of one channel of 8 or 16 bits (a Bayer picture),"
                    f" not {image.format} {image.mode}"
                )
            kind = np.uint8 if image.mode == "L" else np.uint16
            samples = np.asarray(image).astype(kind)
    except (UnidentifiedImageError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"not a PNG file: {error}") from error
    return from_array(path, samples)


def read_tiff(path: Path, options: Tuning) -> RawPicture:
    """Read a grey TIFF."""
    import tifffile

    try:
        samples = tifffile.imread(path)
    except OSError:
        raise
    except Exception as error:  # of many kinds, when a file is cut off or damaged
        raise UserError(f"not a TIFF file this reads: {error}") from error
    return from_array(path, samples)


def read_pgm(path: Path, options: Tuning) -> RawPicture:
    """Read a PGM, plain or binary."""
    content = path.read_bytes()
    comment = rb"(?:\s|#[^\n]*\n)+"
    header = re.match(
        rb"P([25])" + comment + rb"(\d+)" + comment + rb"(\d+)" + comment + rb"(\d+)\s", content
    )
    if header is None:
        raise UserError("not a PGM file (P2 or P5)")
    kind, width, height, greatest = (int(group) for group in header.groups())
    if not 0 < greatest < 1 << 16:
        raise UserError(f"the greatest value must be in 1..65535, not {greatest}")
    body = content[header.end() :]
    if kind == 2:
        try:
            samples = np.array(body.split(), dtype=np.uint16)
        except (ValueError, OverflowError) as error:
            raise UserError(f"not a PGM file: {error}") from error
    else:
        samples = np.frombuffer(body[: len(body) // 2 * 2], dtype=">u2")
        if greatest < 256:
            samples = np.frombuffer(body, dtype=np.uint8)
    if samples.size != width * height:
        raise UserError(f"{width}×{height} needs {width * height} samples, not {samples.size}")
    frame = samples.reshape(height, width).astype(np.uint16)
    return from_array(path, frame, max(8, greatest.bit_length()))


def read_samples(path: Path, options: Tuning) -> RawPicture:
    """Read headerless 16-bit little-endian samples."""
    size = path.stat().st_size
    known = options.over(from_name(path))
    if known.width is None or known.height is None:
        raise UserError("a .raw file needs --width and --height, or a name with _WIDTHxHEIGHT")
    wanted = 2 * known.width * known.height
    if wanted <= 0 or size != wanted:
        raise UserError(
            f"{known.width}×{known.height} samples of 16 bits are {wanted} bytes,"
            f" but the file has {size}"
        )
    samples = np.fromfile(path, dtype="<u2").reshape(known.height, known.width)
    return from_array(path, samples)
