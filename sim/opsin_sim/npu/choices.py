# SPDX-License-Identifier: MIT
"""Random numbers with a liking for extremes."""

from collections.abc import Sequence

import numpy as np

__all__ = ["Choices"]


class Choices:
    """Random numbers for descriptors, ``margin`` away from all ends of memories."""

    def __init__(self, rng: np.random.Generator, *, margin: int = 0) -> None:
        self.rng = rng
        self.margin = margin

    def between(self, low: int, high: int) -> int:
        """Return an integer in low..high; an end of it half of the time."""
        return (low, high, *map(int, self.rng.integers(low, high + 1, 2)))[self.rng.integers(4)]

    def counts(self, number: int, most: int) -> list[int]:
        """Return loop counts whose product is at most ``most``."""
        counts = [1] * number
        for n in self.rng.permutation(number):
            root = int(min(most, 65535) ** self.rng.choice([0, 0.3, 0.5, 1]))
            counts[n] = self.between(1, max(root, 1))
            most //= counts[n]
        return counts

    def nest(
        self, size: int, counts: Sequence[int], bits: int = 16, wide: int = 0
    ) -> tuple[int, list[int]]:
        """Return base and strides that keep the loops within 0..size-1.

        Strides have ``bits``, the last one ``wide`` if that is given. They are often small.
        """
        size -= 2 * self.margin
        down = up = 0
        strides = [0] * len(counts)
        for n in self.rng.permutation(len(counts)):
            room = size - 1 - down - up
            limit = 2 ** ((wide if wide and n == len(counts) - 1 else bits) - 1) - 1
            most = min(room // (counts[n] - 1), limit) if counts[n] > 1 else limit
            strides[n] = self.between(-most, most)
            if self.rng.random() < 0.6:
                strides[n] = int(self.rng.integers(-min(most, 2), min(most, 3) + 1))
            reach = (counts[n] - 1) * strides[n]
            down, up = down + max(-reach, 0), up + max(reach, 0)
        return self.margin + self.between(down, size - 1 - up), strides

    def work(self) -> int:
        """Return about how many words a descriptor may touch."""
        return int(self.rng.choice([4, 30, 120, 600], p=[0.35, 0.4, 0.22, 0.03]))

    def scale(self, low: float = -7, high: float = 1) -> int:
        """Return the bits of a scale: most are about 2^low … 2^high."""
        chance = self.rng.random()
        if chance < 0.05:
            return int(self.rng.integers(2**32))
        if chance < 0.1:
            return int(
                self.rng.choice([0, 1 << 31, 0x7F800000, 0xFF800000, 0x7FC00000, 1, 0x800000])
            )
        value = np.exp2(self.rng.uniform(low, high)) * self.rng.choice([1, 1, 1, -1])
        return int(np.float32(value).view(np.uint32))
