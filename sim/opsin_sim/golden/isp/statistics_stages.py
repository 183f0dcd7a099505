# SPDX-License-Identifier: MIT
"""All statistics of a frame."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .ae_histogram import ae_histogram
from .ae_zones import BrightnessZones, ae_zones
from .af_statistics import SharpnessZones, af_statistics
from .awb_statistics import AwbZones, awb_statistics
from .flicker_statistics import flicker_statistics
from .settings import IspSettings

__all__ = ["Statistics", "statistics"]


class Statistics(NamedTuple):
    """What the statistics blocks measure, by the names of their settings."""

    awb: AwbZones
    ae: NDArray[np.int64]
    ae_zones: BrightnessZones
    af: SharpnessZones
    flicker: NDArray[np.int64]


def statistics(cleaned: NDArray[np.uint16], settings: IspSettings) -> Statistics:
    """Measure what :func:`~opsin_sim.golden.isp.raw_stages.clean` makes of a frame."""
    phase, ppc, af = settings.frame_phase, settings.ppc, settings.af.registers()
    af["coarse"] = bool(af["coarse"])
    return Statistics(
        awb=awb_statistics(cleaned, phase=phase, ppc=ppc, **settings.awb.registers()),
        ae=ae_histogram(
            cleaned,
            depth=settings.depth,
            phase=phase,
            green_only=bool(settings.ae.green_only),
            skip=settings.ae.skip,
            ppc=ppc,
        ),
        ae_zones=ae_zones(cleaned, ppc=ppc, **settings.ae_zones.registers()),
        af=af_statistics(cleaned, ppc=ppc, **af),
        flicker=flicker_statistics(cleaned, **settings.flicker.registers()),
    )
