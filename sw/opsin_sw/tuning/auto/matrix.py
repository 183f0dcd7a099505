# SPDX-License-Identifier: MIT
"""Colour matrices between, and beyond, the lights that were calibrated."""

from collections.abc import Sequence

import numpy as np

from ...errors import UserError
from ..color import Matrix
from ..illuminant import Illuminant
from .locus import mired
from .reference_camera import reference_matrix

__all__ = ["generic_matrix", "matrix_at"]


def matrix_at(lights: Sequence[Illuminant], temperature: float) -> Matrix:
    """Return the colour matrix under a light of another temperature than the calibrated ones.

    Each calibrated matrix is carried to the new light as the reference camera's changes between
    the two, ``G(new) · G(old)⁻¹ · ccm``; then neighbours are interpolated in mired. A camera that
    was calibrated under a single light so gets matrices for all.

    Raises
    ------
    UserError
        If there is no light.
    """
    if not lights:
        raise UserError("a colour matrix needs at least one calibrated light")
    wanted = mired(temperature)
    known = sorted(lights, key=lambda light: -light.temperature)
    at = [mired(light.temperature) for light in known]
    new = reference_matrix(wanted)
    carried = np.array(
        [
            new @ np.linalg.inv(reference_matrix(m)) @ np.array(light.ccm)
            for light, m in zip(known, at, strict=True)
        ]
    )
    weights = [np.interp(wanted, at, row) for row in np.eye(len(at))]
    return _matrix(np.tensordot(weights, carried, axes=1))


def generic_matrix(temperature: float) -> Matrix:
    """Return the reference camera's matrix, for a camera of which nothing is known."""
    return _matrix(reference_matrix(mired(temperature)))


def _matrix(values: np.ndarray) -> Matrix:
    return tuple((float(r), float(g), float(b)) for r, g, b in values)
