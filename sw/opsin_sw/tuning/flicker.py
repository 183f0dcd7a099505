# SPDX-License-Identifier: MIT
"""Flicker of lamps on the mains, from the sums of a frame's lines."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["FLICKER", "flicker_frequency"]

FLICKER = (100.0, 120.0)
"""Frequencies of light on mains of 50 and 60 Hz."""

_SCAN = np.arange(50.0, 201.0, 10.0)  # what a scene's stripes could be just as well
_PERIODS = 1.25  # least that rows must show of 100 Hz
_DEPTH = 0.005  # least amplitude, of the mean
_SHARE = 0.5  # least share of what is not the scene's


def flicker_frequency(
    rows: NDArray[np.integer] | NDArray[np.floating], line_time: float, *, lines: int = 1
) -> float | None:
    """Return 100 or 120, the frequency in Hz of the light's flicker, or None.

    A sine of each frequency is fitted to the rows beside a parabola for the scene. It is found
    where it is deep enough, explains most of what the parabola leaves, and does so better than
    sines of other frequencies.

    Of several frames, what they differ in is examined first: there the scene cancels, and bands
    stay if they move from frame to frame. Bands that stand still (120 Hz at 30 frames per second)
    are looked for in the mean. There a scene with one edge across can be taken for them.

    Parameters
    ----------
    rows : array of (rows,) or (frames, rows)
        Sums of lines, as :class:`opsin.isp.FlickerStatistics` measures them.
    line_time : float
        Seconds from the begin of one line to that of the next.
    lines : int
        Lines in a row.

    Raises
    ------
    ValueError
        If the rows take less than 12.5 ms, in which nothing can be told.
    """
    frames = np.atleast_2d(np.asarray(rows, dtype=np.float64))
    time = np.arange(frames.shape[1]) * line_time * lines
    if time.size * line_time * lines < _PERIODS / FLICKER[0]:
        least, here = _PERIODS / FLICKER[0] * 1e3, time.size * line_time * lines * 1e3
        raise ValueError(f"rows must take {least:g} ms or more, not {here:g} ms")
    mean = frames.mean(axis=0)
    if not (mean > 0).all():
        return None
    if len(frames) > 1:
        found = _search(frames / mean, time)
        if found is not None:
            return found
    return _search(mean[None, :] / mean.mean(), time)


def _search(signals: NDArray[np.floating], time: NDArray[np.floating]) -> float | None:
    """Return the frequency that all signals show together, if one does."""
    shares = {f: _share(signals, time, f) for f in (*FLICKER, *_SCAN)}
    best = max(FLICKER, key=lambda f: shares[f][0])
    share, depth = shares[best]
    rival = max(shares, key=lambda f: shares[f][0])
    near = FLICKER[0] - 10 <= rival <= FLICKER[1] + 10
    return best if near and share >= _SHARE and depth >= _DEPTH else None


def _share(
    signals: NDArray[np.floating], time: NDArray[np.floating], frequency: float
) -> tuple[float, float]:
    """Return the share of the variance that a frequency explains, and its amplitude."""
    scene = np.vander(time / time[-1] * 2 - 1, 3)
    angle = 2 * np.pi * frequency * time
    waves = np.stack([np.sin(angle), np.cos(angle)], axis=1)

    def rest(basis: NDArray[np.floating]) -> tuple[NDArray[np.floating], float]:
        factors = np.linalg.lstsq(basis, signals.T, rcond=None)[0]
        return factors, float(((signals.T - basis @ factors) ** 2).sum())

    _, without = rest(scene)
    factors, left = rest(np.concatenate([waves, scene], axis=1))
    depth = float(np.hypot(factors[0], factors[1]).mean())
    return (1 - left / without if without > 0 else 0.0), depth
