# SPDX-License-Identifier: MIT
"""What there is to say of a setting, and units and texts that many share."""

from collections.abc import Callable
from dataclasses import dataclass

from .statistics_tap import RESULT

__all__ = ["BYPASS", "COLOR", "ON", "SAMPLES", "SHARE", "Setting", "full", "scale"]

SAMPLES = "samples"
COLOR = "signed Q3.15"
SHARE = "signed Q2.16 of full scale"


@dataclass(frozen=True)
class Setting:
    """What a setting's shape does not tell.

    ``reset`` is for all words, or one for each; or what returns it for the bits of a sample.
    """

    description: str
    unit: str = ""
    reset: int | tuple[int, ...] | Callable[[int], int] = 0

    def resets(self, count: int, depth: int) -> tuple[int, ...]:
        """Return the values of ``count`` words after reset."""
        if isinstance(self.reset, tuple):
            return self.reset
        return (self.reset if isinstance(self.reset, int) else self.reset(depth),) * count


BYPASS = Setting("1: the block passes frames on.", reset=1)
ON = Setting("1: the block passes frames on.")


def full(numerator: int, denominator: int) -> Callable[[int], int]:
    """Return that share of the greatest sample."""
    return lambda depth: ((1 << depth) - 1) * numerator // denominator


def scale(count: int, numerator: int = 1, denominator: int = 1) -> Setting:
    """Return the setting that lets so many samples, of such a share of full scale, fit."""

    def reset(depth: int) -> int:
        largest = full(numerator, denominator)(depth) * count
        return min(max(largest.bit_length() - RESULT + 3, 0) // 4, 3)

    return Setting("Sums are divided by 16 to the power of this.", "", reset)
