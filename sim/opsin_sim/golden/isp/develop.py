# SPDX-License-Identifier: MIT
"""The whole pipeline on one well-formed frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .ae_histogram import ae_histogram
from .awb_statistics import AwbZones, awb_statistics
from .black_level import black_level
from .block_settings import PICTURE_DEPTH, OutputSettings
from .color_correction import color_correction
from .demosaic import demosaic
from .output_format import output_format
from .picture_stages import finish, subsample, tone
from .raw_stages import clean
from .rgb_space import rgb_space, rounded
from .settings import IspSettings
from .tone_curve import tone_curve
from .white_balance import white_balance

__all__ = ["Developed", "develop", "develop_all"]


@dataclass(frozen=True)
class Developed:
    """All that comes of a frame.

    ``finished`` is what leaves the last block for pictures, YCbCr of 10 bits; ``picture`` and
    ``second`` are the two outputs in 8 bits, red, green, blue or, where ``rgb`` is bypassed, Y, Cb,
    Cr; ``bytes`` and ``second_bytes`` the same as they lie in memory.
    """

    finished: NDArray[np.uint16]
    picture: NDArray[np.uint8]
    second: NDArray[np.uint8]
    bytes: NDArray[np.uint8]
    second_bytes: NDArray[np.uint8]
    zones: AwbZones
    histogram: NDArray[np.int64]


def develop(raw: NDArray[np.uint16], settings: IspSettings) -> NDArray[np.uint8]:
    """Turn a raw frame into an 8-bit picture, the first output.

    Parameters
    ----------
    raw : array of (height, width)
        Samples of ``settings.depth`` bits.
    settings : IspSettings
        Register values.

    Raises
    ------
    ValueError
        If the frame has another size than the settings say, or a sample too many bits.
    """
    _check(raw, settings)
    if settings.chain == "complete":
        return _output(
            subsample(_finished(clean(raw, settings), settings), settings), settings.output
        )
    depth, phase = settings.depth, settings.phase
    balanced = white_balance(
        black_level(raw, settings.black, phase=phase), settings.gain, phase=phase, depth=depth
    )
    rgb = demosaic(balanced, phase=phase, depth=depth, method=settings.demosaic)
    corrected = color_correction(rgb, settings.ccm, settings.offset, depth=depth)
    return tone_curve(corrected, settings.curve, depth=depth)


def develop_all(raw: NDArray[np.uint16], settings: IspSettings) -> Developed:
    """Return everything that the complete pipeline makes of a raw frame.

    Raises
    ------
    ValueError
        As :func:`develop`, and if the settings are not for the complete pipeline.
    """
    _check(raw, settings)
    if settings.chain != "complete":
        raise ValueError(f"chain must be complete, not {settings.chain}")
    cleaned = clean(raw, settings)
    awb = settings.awb
    zones = awb_statistics(
        cleaned,
        phase=settings.frame_phase,
        zone_width=awb.zone_width,
        zone_height=awb.zone_height,
        dark=awb.dark,
        saturation=awb.saturation,
    )
    histogram = ae_histogram(
        cleaned,
        depth=settings.depth,
        phase=settings.frame_phase,
        green_only=bool(settings.ae.green_only),
    )
    finished = _finished(cleaned, settings)
    picture = _output(subsample(finished, settings), settings.output)
    second = _output(finished, settings.second)
    return Developed(
        finished,
        picture,
        second,
        _bytes(picture, settings.output),
        _bytes(second, settings.second),
        zones,
        histogram,
    )


def _check(raw: NDArray[np.uint16], settings: IspSettings) -> None:
    if raw.shape != (settings.height, settings.width):
        size = (settings.height, settings.width)
        raise ValueError(f"raw must be {size[0]} lines of {size[1]} pixels, not {raw.shape!r}")
    if int(raw.max()) >> settings.depth:
        limits = f"0..{(1 << settings.depth) - 1}"
        raise ValueError(f"raw must be in {limits}, not {int(raw.max())}")


def _finished(cleaned: NDArray[np.uint16], settings: IspSettings) -> NDArray[np.uint16]:
    """From linear raw samples to YCbCr."""
    return finish(tone(cleaned, settings), settings)


def _output(picture: NDArray[np.uint16], output: OutputSettings) -> NDArray[np.uint8]:
    if output.rgb.bypass:
        return rounded(picture, depth=PICTURE_DEPTH, depth_out=8).astype(np.uint8)
    values = output.rgb.values()
    return rgb_space(picture, *values, depth=PICTURE_DEPTH, depth_out=8).astype(np.uint8)


def _bytes(picture: NDArray[np.uint8], output: OutputSettings) -> NDArray[np.uint8]:
    return output_format(picture, output.format, dither=bool(output.dither))
