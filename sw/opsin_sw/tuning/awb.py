# SPDX-License-Identifier: MIT
"""White balance from the statistics of a frame."""

import numpy as np
from numpy.typing import NDArray

from opsin_sim.golden.isp import AwbZones

from ..errors import UserError

__all__ = ["grey_world"]

RATIOS = (0.25, 4.0)


def grey_world(
    zones: AwbZones,
    *,
    black: float = 0.0,
    quads: int = 1,
    ratios: tuple[float, float] = RATIOS,
) -> tuple[float, float]:
    """Gains of red and blue, green being 1, that make the frame's average grey.

    Zones are averaged with equal weight, so that a zone in the shade of the gate, with few quads,
    counts as much as others. Left out are zones with fewer than ``quads`` accepted quads, and those
    whose green-to-red or green-to-blue ratio is not within ``ratios``: no light makes grey so red
    or so blue.

    Parameters
    ----------
    zones : AwbZones
        Results of :class:`opsin.isp.AwbStatistics`, with a scale of which none saturates:
        :func:`opsin_sim.golden.isp.awb_scale`.
    black : float
        Black level that is still in the samples.
    quads : int
        Least number of accepted quads in a zone, from 1.
    ratios : tuple of float
        Smallest and largest gain a zone may ask for.

    Raises
    ------
    UserError
        If no zone is left.
    """
    enough = zones.quads >= max(quads, 1)
    number = np.maximum(zones.quads, 1) / 16.0**zones.scale
    red, blue = zones.red / number - black, zones.blue / number - black
    green = zones.green / (2 * number) - black
    low, high = ratios

    def plausible(colour: NDArray[np.float64]) -> NDArray[np.bool_]:
        return (colour > 0) & (green >= low * colour) & (green <= high * colour)

    use = enough & (green > 0) & plausible(red) & plausible(blue)
    if not use.any():
        raise UserError("white balance must have a zone that is neither dark, clipped nor coloured")
    return float(green[use].mean() / red[use].mean()), float(green[use].mean() / blue[use].mean())
