# SPDX-License-Identifier: MIT
"""Scaler: averages of 1, 2, 4 or 8, then four taps with a table of 16 phases, in each direction.

References
----------
K. Turkowski, "Filters for common resampling tasks", Graphics Gems, 1990: the windowed sinc.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "SCALER_PHASES",
    "ScalerRegisters",
    "scaler",
    "scaler_coefficients",
    "scaler_registers",
    "scaler_writes",
]

SCALER_PHASES = 16
_ONE = 1 << 16  # positions, Q4.16
_UNITY = 1 << 8  # coefficients, Q2.8


class ScalerRegisters(NamedTuple):
    """``average`` log2 of 1, 2, 4, 8; ``step`` unsigned, ``phase`` signed Q4.16 (from -2)."""

    width_out: int
    height_out: int
    step_x: int
    step_y: int
    phase_x: int
    phase_y: int
    average_x: int = 0
    average_y: int = 0
    bypass: int = 0


def scaler(
    picture: NDArray[np.uint16],
    registers: ScalerRegisters,
    across: NDArray[np.int16],
    down: NDArray[np.int16],
    *,
    depth: int,
) -> NDArray[np.uint16]:
    """Resample a picture of any number of samples per pixel.

    Along each line first, then along each column, ``n`` samples are averaged by ``d = 2**average``
    to ``n // d`` (halves up; the rest is dropped), of which sample ``k`` of the result takes four::

        place = phase + k · step;  m = place >> 16;  c = table[(place >> 12) mod 16]
        s[j]  = averages[min(max(m + j, 0), n // d − 1)]                   (borders clamped)
        sum   = c[0]·(s[−1] − s[0]) + c[1]·(s[1] − s[0]) + c[2]·(s[2] − s[0])
        o[k]  = clip(s[0] + ((sum + 2⁷) >> 8), 0, 2**depth − 1)

    Parameters
    ----------
    picture : array of (height, width, samples)
    registers : ScalerRegisters
    across, down : array of (16, 3)
        Tables for lines and for columns: coefficients of the pixels at -1, 1, 2, in Q2.8; the pixel
        at 0 has what they lack to 1.
    depth : int
        Bits per sample.

    Raises
    ------
    ValueError
        If ``phase`` is less than -2, or the picture smaller than an average.
    """
    if registers.bypass:
        return picture.copy()
    lines = _resample(
        np.swapaxes(picture, 0, 1),
        registers.width_out,
        (registers.phase_x, registers.step_x, registers.average_x),
        across,
        depth,
    )
    return _resample(
        np.swapaxes(lines, 0, 1),
        registers.height_out,
        (registers.phase_y, registers.step_y, registers.average_y),
        down,
        depth,
    )


def _resample(
    samples: NDArray[np.uint16],
    size: int,
    places: tuple[int, int, int],
    table: NDArray[np.int16],
    depth: int,
) -> NDArray[np.uint16]:
    """Along the first axis."""
    phase, step, average = places
    if phase < -2 * _ONE:
        raise ValueError(f"phase must be from {-2 * _ONE}, not {phase!r}")
    count = len(samples) >> average
    if not count:
        raise ValueError(f"picture must have {1 << average} samples or more, not {len(samples)}")
    groups = samples[: count << average].astype(np.int64)
    groups = groups.reshape(count, 1 << average, *samples.shape[1:]).sum(axis=1)
    means = (groups + ((1 << average) >> 1)) >> average

    place = phase + step * np.arange(size, dtype=np.int64)
    first, row = place >> 16, (place >> 12) % SCALER_PHASES
    taps = [means[np.clip(first + j, 0, count - 1)] for j in (-1, 0, 1, 2)]
    total = np.full_like(taps[1], _UNITY >> 1)
    for number, tap in enumerate((0, 2, 3)):
        weight = table[row, number].astype(np.int64)[:, None, None]
        total += weight * (taps[tap] - taps[1])
    return np.clip(taps[1] + (total >> 8), 0, (1 << depth) - 1).astype(np.uint16)


def scaler_registers(size_in: tuple[int, int], size_out: tuple[int, int]) -> ScalerRegisters:
    """Return what maps a frame of ``size_in`` (width, height) onto one of ``size_out``.

    Averages are the longest after which there is still something to reduce; borders coincide, and
    phases are rounded to the nearest of the table.

    Raises
    ------
    ValueError
        If a ratio is not in 1/4096..32: the polyphase part reaches no further than 15.99.
    """
    values = []
    for count, wanted in zip(size_in, size_out, strict=True):
        ratio = count / wanted
        if not 1 / 4096 <= ratio <= 32:
            raise ValueError(f"size_in / size_out must be in 1/4096..32, not {ratio:g}")
        average = min(3, max(0, int(np.floor(np.log2(ratio)))))
        ratio /= 1 << average
        start = ratio / 2 - 0.5 + 0.5 / SCALER_PHASES
        values.append((round(ratio * _ONE), round(start * _ONE), average))
    (step_x, phase_x, average_x), (step_y, phase_y, average_y) = values
    return ScalerRegisters(
        *size_out, step_x, step_y, phase_x, phase_y, average_x, average_y, int(size_in == size_out)
    )


def scaler_coefficients(ratio: float = 1.0) -> NDArray[np.int16]:
    """Table (16, 3) of a sinc under a sinc's first lobe, of two pixels to either side.

    ``ratio``: pixels (averages) per pixel of the result. Above 1, the sinc is as much wider; four
    taps do not make it a sharp low-pass. Up to 1 it is Lanczos' of two lobes.
    """
    offsets = np.array([-1.0, 0.0, 1.0, 2.0]) - np.arange(SCALER_PHASES)[:, None] / SCALER_PHASES
    weights = np.sinc(offsets / max(ratio, 1.0)) * np.sinc(offsets / 2)
    weights *= _UNITY / weights.sum(axis=1, keepdims=True)
    table: NDArray[np.int16] = np.round(weights).astype(np.int16)[:, [0, 2, 3]]
    return table


def scaler_writes(
    across: NDArray[np.int16], down: NDArray[np.int16]
) -> dict[str, NDArray[np.int16]]:
    """Fields of the ``CoefficientWrite`` payloads that load both tables."""
    rows = np.concatenate([across, down])
    return {
        "down": np.repeat(np.array([0, 1], dtype=np.int16), SCALER_PHASES),
        "phase": np.tile(np.arange(SCALER_PHASES, dtype=np.int16), 2),
        "before": rows[:, 0],
        "after": rows[:, 1],
        "beyond": rows[:, 2],
    }
