# SPDX-License-Identifier: MIT
"""Tuning from what is typed on a command line."""

import math

from ..errors import UserError
from .tuning import Tuning

__all__ = ["tuning_from_options"]


def tuning_from_options(
    *,
    width: int | None = None,
    height: int | None = None,
    bits: int | None = None,
    phase: str | None = None,
    black: str | None = None,
    white: str | None = None,
    white_balance: str | None = None,
    ccm: str | None = None,
) -> Tuning:
    """Return a tuning; numbers that belong together are separated by commas.

    Raises
    ------
    UserError
        If a text is not a number, or the numbers are too many or too few.
    """
    balance = _numbers("--wb", white_balance, 2, "red,blue")
    matrix = _numbers("--ccm", ccm, 9, "the matrix row by row")
    count = 4 if black is not None and "," in black else 1
    levels = _numbers("--black", black, count, "one for all, or R,Gr,Gb,B")
    whites = _numbers("--white", white, 1, "the saturated sample")
    if levels and len(levels) == 1:
        levels *= 4
    return Tuning(
        width=width,
        height=height,
        bits=bits,
        phase=None if phase is None else phase.upper(),
        black=(levels[0], levels[1], levels[2], levels[3]) if levels else None,
        white=whites[0] if whites else None,
        white_balance=(balance[0], balance[1]) if balance else None,
        ccm=tuple((r[0], r[1], r[2]) for r in (matrix[:3], matrix[3:6], matrix[6:]))
        if matrix
        else None,
    )


def _numbers(option: str, text: str | None, count: int, meaning: str) -> list[float]:
    if text is None:
        return []
    try:
        values = [float(word) for word in text.split(",")]
    except ValueError:
        values = [math.nan]
    if len(values) != count or not all(map(math.isfinite, values)):
        number = "a number" if count == 1 else f"{count} numbers"
        raise UserError(f"{option} must be {number} ({meaning}), not '{text}'")
    return values
