# SPDX-License-Identifier: MIT
"""Two exposures of a scene to one frame of more dynamic range.

References
----------
P. E. Debevec, J. Malik, "Recovering high dynamic range radiance maps from photographs", SIGGRAPH
1997: exposures in proportion. S. W. Hasinoff, F. Durand, W. T. Freeman, "Noise-optimal capture for
high dynamic range photography", CVPR 2010: why the longest exposure that is not saturated counts.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .motion import motion_ratio
from .raw_noise_reduction import noise_registers
from .window import windows

__all__ = ["HdrRegisters", "hdr_merge", "hdr_registers"]


class HdrRegisters(NamedTuple):
    """Registers, in the formats of :func:`hdr_merge`."""

    ratio: int
    black: int
    knee: int
    knee_slope: int
    constant: int
    slope: int
    threshold: int = 32
    motion_slope: int = 3
    shift: int = 0
    pedestal: int = 0
    stored_long: int = 1


def hdr_registers(
    *,
    ratio: float,
    gain: float,
    read_noise: float,
    depth: int,
    depth_out: int = 16,
    black: int = 0,
    knee: float = 0.85,
    threshold: float = 2.0,
    pedestal: int | None = None,
    stored_long: bool = True,
) -> HdrRegisters:
    """Return registers for exposures whose times have this ratio, and for the noise of each.

    The noise of a sample has ``variance = gain · (sample − black) + read_noise²``. Beginning at
    ``knee``, a share of full scale, the short exposure takes over within 1/16 of full scale. Where
    the scaled exposures differ by more than ``threshold`` standard deviations on average of five
    pixels it does so too. Values are halved until they fit ``depth_out`` bits; ``pedestal`` is
    what black becomes (None: ``black``).
    """
    # of long minus ratio · short, at a sample of the long exposure: gain · (1 + ratio) · sample
    constant, slope = noise_registers(
        gain=gain * (1 + ratio),
        read_noise=read_noise * float(np.sqrt(1 + ratio**2)),
        black=black,
        depth=depth,
    )
    pedestal = black if pedestal is None else pedestal
    largest = ((1 << depth) - 1 - black) * ratio + pedestal
    shift = max(0, int(np.ceil(np.log2((largest + 1) / (1 << depth_out)))))
    return HdrRegisters(
        ratio=round(256 * ratio),
        black=black,
        knee=round(knee * ((1 << depth) - 1)),
        knee_slope=4,
        constant=constant,
        slope=slope,
        threshold=int(np.clip(np.rint(32 * np.log2(threshold)), -128, 127)),
        shift=min(shift, 7),
        pedestal=pedestal,
        stored_long=int(stored_long),
    )


def hdr_merge(
    stored: NDArray[np.uint16] | None,
    raw: NDArray[np.uint16],
    registers: HdrRegisters,
    *,
    depth: int,
    depth_out: int = 16,
) -> NDArray[np.uint32]:
    """Merge the exposure in memory with the one that comes; None: the latter alone.

    With long and short sample ``L`` and ``S``, black taken off them to ``L'`` and ``S'``, ``M`` the
    greatest ``L`` of three pixels of the row, and ``R`` the motion ratio (:func:`motion_ratio`) of
    ``|D|``, at most full scale::

        D      = ((ratio · S' + 128) >> 8) − L'
        weight = min(max((M − knee) · 2**knee_slope >> (depth − 8),
                         (R − threshold) · 2**motion_slope, 0), 256)
        o      = (L' + ((weight · D + 128) >> 8), rounded, >> shift) + pedestal, clipped

    A short exposure alone has weight 256, a long one 0.
    """
    full = (1 << depth) - 1
    new = raw.astype(np.int64)
    old = np.zeros_like(new) if stored is None else stored.astype(np.int64)
    long, short = (old, new) if registers.stored_long else (new, old)
    base = long - registers.black
    difference = ((registers.ratio * (short - registers.black) + 128) >> 8) - base
    if stored is None:
        weight = np.full_like(base, 256 if registers.stored_long else 0)
    else:
        moved = motion_ratio(
            np.minimum(np.abs(difference), full), long, registers.constant, registers.slope,
            depth=depth,
        )  # fmt: skip
        brightest = windows(long, 1, 3)[:, :, 0, :].astype(np.int64).max(axis=-1)
        above = np.maximum(brightest - registers.knee, 0) << registers.knee_slope >> (depth - 8)
        excess = np.maximum(moved - registers.threshold, 0) << registers.motion_slope
        weight = np.minimum(np.maximum(above, excess), 256)
    merged = base + ((weight * difference + 128) >> 8)
    half = (1 << registers.shift) >> 1
    out = ((merged + half) >> registers.shift) + registers.pedestal
    return np.clip(out, 0, (1 << depth_out) - 1).astype(np.uint32)
