# SPDX-License-Identifier: MIT
"""The seed of everything random in a simulation."""

import os

__all__ = ["default_seed"]


def default_seed() -> int:
    """``$OPSIN_SEED``, else 1.

    Raises
    ------
    ValueError
        If the variable is not a whole number from 0 on.
    """
    text = os.environ.get("OPSIN_SEED", "1")
    if not text.isdecimal():
        raise ValueError(f"OPSIN_SEED must be a whole number, not {text!r}")
    return int(text)
