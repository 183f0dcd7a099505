# SPDX-License-Identifier: MIT
"""The whole pipeline on one well-formed frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from .ae_zones import BrightnessZones
from .af_statistics import SharpnessZones
from .awb_statistics import AwbZones
from .frame_stages import FrameMemory, remember
from .output_stages import output_bytes, output_picture
from .picture_stages import finish, tone
from .raw_stages import clean, cropped
from .settings import IspSettings
from .statistics_stages import statistics

__all__ = ["Developed", "develop", "develop_all"]


@dataclass(frozen=True, kw_only=True)
class Developed:
    """All that comes of a frame.

    ``finished`` is what leaves the last block for pictures, YCbCr of 10 bits; ``picture`` and
    ``second`` are the two outputs in 8 bits, red, green, blue or, where ``rgb`` is bypassed, Y, Cb,
    Cr; ``bytes`` and ``second_bytes`` the same as they lie in memory. An output that is not enabled
    is empty. All others are statistics.
    """

    finished: NDArray[np.uint16]
    picture: NDArray[np.uint8]
    second: NDArray[np.uint8]
    bytes: NDArray[np.uint8]
    second_bytes: NDArray[np.uint8]
    awb: AwbZones
    ae: NDArray[np.int64]
    ae_zones: BrightnessZones
    af: SharpnessZones
    flicker: NDArray[np.int64]


def develop(raw: NDArray[np.uint16], settings: IspSettings) -> NDArray[Any]:
    """Turn a raw frame into a picture of 8 bits, the first output.

    The ``lite`` pipeline's has 10 bits, and its colours are those of ``space``.

    Parameters
    ----------
    raw : array of (height, width)
        Samples of ``settings.depth`` bits.
    settings : IspSettings
        Register values.

    Raises
    ------
    ValueError
        If the frame has another size than the settings say, or a sample too many bits, or if it
        only goes to memory.
    """
    _check(raw, settings)
    entered = _enter(raw, settings, FrameMemory())
    if entered is None:
        raise ValueError("hdr.role must let the frame pass, not store it")
    finished = finish(tone(clean(entered, settings), settings), settings)
    if settings.chain == "complete":
        return output_picture(finished, settings, "output")
    return finished


@overload
def develop_all(raw: NDArray[np.uint16], settings: IspSettings) -> Developed: ...


@overload
def develop_all(
    raw: NDArray[np.uint16], settings: IspSettings, memory: FrameMemory
) -> Developed | None: ...


def develop_all(
    raw: NDArray[np.uint16], settings: IspSettings, memory: FrameMemory | None = None
) -> Developed | None:
    """Return everything that the complete pipeline makes of a raw frame.

    Parameters
    ----------
    raw, settings
        As of :func:`develop`.
    memory : FrameMemory or None
        What is remembered of the frames before, changed in place; None: nothing. With it, None is
        returned for a frame that only goes to memory.

    Raises
    ------
    ValueError
        As :func:`develop`, and if the settings are not for the complete pipeline.
    """
    _check(raw, settings)
    if settings.chain != "complete":
        raise ValueError(f"chain must be complete, not {settings.chain}")
    entered = _enter(raw, settings, memory or FrameMemory())
    if entered is None:
        if memory is None:
            raise ValueError("hdr.role must let the frame pass, not store it")
        return None
    cleaned = clean(entered, settings)
    finished = finish(tone(cleaned, settings), settings)
    picture = output_picture(finished, settings, "output")
    second = output_picture(finished, settings, "second")
    return Developed(
        finished=finished,
        picture=picture,
        second=second,
        bytes=output_bytes(picture, settings, "output"),
        second_bytes=output_bytes(second, settings, "second"),
        **statistics(cleaned, settings)._asdict(),
    )


def _enter(
    raw: NDArray[np.uint16], settings: IspSettings, memory: FrameMemory
) -> NDArray[np.uint16] | None:
    window = cropped(raw, settings)
    return remember(window, settings, memory) if settings.frame_buffer else window


def _check(raw: NDArray[np.uint16], settings: IspSettings) -> None:
    if raw.shape != (settings.height, settings.width):
        size = (settings.height, settings.width)
        raise ValueError(f"raw must be {size[0]} lines of {size[1]} pixels, not {raw.shape!r}")
    if int(raw.max()) >> settings.depth:
        limits = f"0..{(1 << settings.depth) - 1}"
        raise ValueError(f"raw must be in {limits}, not {int(raw.max())}")
