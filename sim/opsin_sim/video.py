# SPDX-License-Identifier: MIT
"""Frames as streams of :class:`opsin.common.video.Beat`, and back."""

from typing import Any

import numpy as np
from amaranth.hdl import ShapeLike, unsigned
from numpy.typing import NDArray

from opsin.common.video import Beat, Rgb
from opsin_sim.harness.packing import pack, unpack

__all__ = ["beat_shape", "from_beats", "to_beats"]


def beat_shape(depth: int, *, ppc: int = 1, channels: int = 1) -> Beat:
    """Payload of ``ppc`` pixels with one or three (red, green, blue) samples of ``depth`` bits."""
    if channels not in (1, 3):
        raise ValueError(f"channels must be 1 or 3, not {channels!r}")
    pixel: ShapeLike = unsigned(depth) if channels == 1 else Rgb(depth)
    return Beat(pixel, ppc=ppc)


def to_beats(frame: NDArray[Any], depth: int, ppc: int = 1) -> NDArray[Any]:
    """Packed beats of a frame ``(height, width)`` or ``(height, width, 3)``, markers set.

    Raises
    ------
    ValueError
        If the frame has another shape, its width is not a multiple of ``ppc``, or a sample does not
        fit ``depth`` bits.
    """
    if frame.ndim not in (2, 3) or 0 in frame.shape or (frame.ndim == 3 and frame.shape[2] != 3):
        raise ValueError(
            f"frame must be (height, width) or (height, width, 3), not {frame.shape!r}"
        )
    height, width = frame.shape[:2]
    if width % ppc:
        raise ValueError(f"width must be a multiple of ppc = {ppc}, not {width!r}")
    pixels = frame.reshape(height * width // ppc, ppc, -1)
    sof, eol = _markers(width // ppc, height)
    channels = pixels.shape[2]
    pixel: Any = pixels[..., 0]
    if channels == 3:
        pixel = {name: pixels[..., k] for k, name in enumerate("rgb")}
    shape = beat_shape(depth, ppc=ppc, channels=channels)
    return pack(shape, {"pixel": pixel, "sof": sof, "eol": eol})


def from_beats(
    packed: NDArray[Any], width: int, height: int, *, depth: int, ppc: int = 1, channels: int = 1
) -> NDArray[Any]:
    """Frame ``(height, width)`` or ``(height, width, 3)`` of packed beats.

    Raises
    ------
    ValueError
        If the number of beats is not that of one frame, or a marker is out of place.
    """
    beats = width // ppc * height
    if width % ppc or len(packed) != beats:
        raise ValueError(f"packed must have {beats} beats, not {len(packed)}")
    fields = unpack(beat_shape(depth, ppc=ppc, channels=channels), packed)
    sof, eol = _markers(width // ppc, height)
    for name, wanted in (("sof", sof), ("eol", eol)):
        if (wrong := np.flatnonzero(fields[name] != wanted)).size:
            y, x = divmod(int(wrong[0]), width // ppc)
            value = int(wanted[wrong[0]])
            raise ValueError(f"{name} must be {value} at beat {x} of line {y}, not {1 - value}")
    if channels == 1:
        return fields["pixel"].reshape(height, width)
    return np.stack([fields["pixel"][c].reshape(height, width) for c in "rgb"], axis=-1)


def _markers(line: int, height: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    sof = np.zeros(line * height, dtype=np.uint8)
    eol = np.zeros(line * height, dtype=np.uint8)
    sof[0] = 1
    eol[line - 1 :: line] = 1
    return sof, eol
