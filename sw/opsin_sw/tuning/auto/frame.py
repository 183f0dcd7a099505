# SPDX-License-Identifier: MIT
"""Settings of a single frame, from the frame."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opsin_sim.golden.isp import (
    PHASES,
    black_level,
    lens_shading,
    mesh_steps,
)

from ...errors import UserError
from ..tuning import Tuning
from .frame_noise import estimate_noise
from .locus import Locus
from .matrix import generic_matrix, matrix_at
from .metering import Metering
from .statistics import exposure_statistics, white_zones
from .white_balance import White, ZoneMeans, estimate_white

__all__ = ["Judged", "auto_tuning", "frame_zones", "judge_frame"]

_DEPTH = 16
_MOST = 4.0  # digital gain
_GAIN = 15.9  # of a register


class Judged(NamedTuple):
    """A frame's tuning, and what was found: white, or None where nothing was, and digital gain."""

    tuning: Tuning
    white: White | None
    gain: float


def auto_tuning(raw: NDArray[np.uint16], tuning: Tuning) -> Tuning:
    """Return ``tuning`` with what suits this frame best, as :func:`judge_frame` finds it."""
    return judge_frame(raw, tuning).tuning


def judge_frame(
    raw: NDArray[np.uint16],
    tuning: Tuning,
    *,
    metering: Metering | None = None,
    lights: tuple[float, float] | None = None,
) -> Judged:
    """Find white balance, colour matrix, digital gain and noise of a frame.

    * White balance: :func:`~.white_balance.estimate_white` on the zones, with the locus of the
      tuning's lights. A frame without usable zones keeps the tuning's.
    * Colour matrix: of the calibrated lights, carried to the light of the frame; without lights the
      tuning's own, and without one the reference camera's.
    * Digital gain, 1..4: towards the metering's target, so that the brightest hundredth stays below
      white. It is put into ``white``, the sample that becomes white.
    * Noise, if the tuning does not know it.

    Parameters
    ----------
    raw : array of (height, width)
        Samples of ``tuning.bits`` bits.
    tuning : Tuning
        Bits and phase must be known; black is 0 and white the greatest sample unless known.
    metering : Metering or None
        What is bright enough.
    lights : tuple of float or None
        Lowest and highest temperature of the light, in kelvin, if more is known of it.

    Raises
    ------
    UserError
        If bits or phase are not known, or the levels make no sense.
    """
    phase, black, white = _levels(tuning)
    linear, full = _linear(raw, tuning)
    zones = white_zones(linear, depth=_DEPTH, phase=phase, white=full)
    locus = Locus.of(tuning)
    found = estimate_white(zones, locus if lights is None else locus.between(*lights))
    balance, ccm = tuning.white_balance, tuning.ccm
    if found is not None:
        balance = (found.red, found.blue)
        if tuning.illuminants:
            ccm = matrix_at(tuning.illuminants, found.temperature)
        elif ccm is None:
            ccm = generic_matrix(found.temperature)
    red, blue = balance or (1.0, 1.0)
    most = _GAIN * (white - max(black)) / (1 << (tuning.bits or _DEPTH))
    most *= min(red, blue, 1.0) / max(red, blue, 1.0)
    rule = metering or Metering(highlights=(0.99, 0.98), sacrifice=0.0)
    seen = exposure_statistics(
        linear, depth=_DEPTH, phase=phase, white=full, balance=balance or (1.0, 1.0)
    )
    gain = float(np.clip(rule.factor(seen), 1.0, max(min(_MOST, most), 1.0)))
    noise = tuning.noise or estimate_noise(raw, phase=phase, black=black, white=white)
    exposed = max(black) + (white - max(black)) / gain
    result = replace(tuning, white_balance=balance, ccm=ccm, white=exposed, noise=noise)
    return Judged(result, found, gain)


def frame_zones(raw: NDArray[np.uint16], tuning: Tuning) -> ZoneMeans:
    """Return the zones of white balance, as the hardware measures them, of a frame."""
    linear, full = _linear(raw, tuning)
    return white_zones(linear, depth=_DEPTH, phase=_levels(tuning)[0], white=full)


def _levels(tuning: Tuning) -> tuple[int, tuple[float, float, float, float], float]:
    if tuning.bits is None or tuning.phase not in PHASES:
        raise UserError("bits and phase must be known: give --bits and --phase")
    black = tuning.black or (0.0,) * 4
    white = (1 << tuning.bits) - 1 if tuning.white is None else tuning.white
    if min(black) < 0 or not max(black) < white < 1 << tuning.bits:
        limits = f"0 <= black < white < {1 << tuning.bits}"
        raise UserError(f"levels must be {limits}, not {max(black):g} and {white:g}")
    return PHASES.index(tuning.phase), black, white


def _linear(raw: NDArray[np.uint16], tuning: Tuning) -> tuple[NDArray[np.uint16], int]:
    """Return samples of 16 bits as they reach the statistics, and which of them is white."""
    phase, black, white = _levels(tuning)
    unit = 1 << (_DEPTH - (tuning.bits or _DEPTH))
    linear = black_level(raw * np.uint16(unit), [round(b * unit) for b in black], phase=phase)
    if (shading := tuning.shading) is not None:
        step = mesh_steps(shading.cell)
        linear = lens_shading(
            linear, shading.mesh, cell=shading.cell, step=step, phase=phase, depth=_DEPTH
        )
    return linear, round((white - max(black)) * unit)
