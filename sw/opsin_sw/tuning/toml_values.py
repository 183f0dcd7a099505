# SPDX-License-Identifier: MIT
"""Values in tuning files, checked."""

import math
from typing import Any

from ..errors import UserError
from .color import Matrix

__all__ = ["integer", "integers", "items", "matrix", "number", "numbers", "text"]


def number(name: str, value: Any) -> float:
    """Return a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UserError(f"{name} must be a number, not {value!r}")
    return float(value)


def numbers(name: str, value: Any, count: int) -> list[float]:
    """Return a list of so many numbers."""
    if not isinstance(value, list) or len(value) != count:
        raise UserError(f"{name} must be {count} numbers, not {value!r}")
    return [number(name, item) for item in value]


def integer(name: str, value: Any) -> int | None:
    """Return a whole number, or None if there is none."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise UserError(f"{name} must be a whole number, not {value!r}")
    return value


def integers(name: str, value: Any, count: int, low: int, high: int) -> list[int]:
    """Return a list of so many whole numbers in a range."""
    if (
        not isinstance(value, list)
        or len(value) != count
        or not all(type(item) is int and low <= item <= high for item in value)
    ):
        raise UserError(f"{name} must be {count} whole numbers in {low}..{high}, not {value!r}")
    return value


def text(name: str, value: Any) -> str | None:
    """Return a text, or None if there is none."""
    if value is not None and not isinstance(value, str):
        raise UserError(f"{name} must be a text, not {value!r}")
    return value


def items(name: str, value: Any) -> list[Any]:
    """Return a list of anything."""
    if not isinstance(value, list):
        raise UserError(f"{name} must be a list, not {value!r}")
    return value


def matrix(name: str, value: Any) -> Matrix:
    """Return three rows of three numbers."""
    rows = value if isinstance(value, list) and len(value) == 3 else [value]
    found = [numbers(name, row, 3) for row in rows]
    if len(found) != 3:
        raise UserError(f"{name} must be three rows of three numbers")
    return tuple((row[0], row[1], row[2]) for row in found)
