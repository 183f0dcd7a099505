# SPDX-License-Identifier: MIT
"""Comparison of what came with what had to come."""

from collections.abc import Sequence

__all__ = ["Scoreboard"]


class Scoreboard:
    """Expected payloads of one stream, in order."""

    def __init__(self, name: str, expected: Sequence[int]) -> None:
        self._name = name
        self._expected = list(expected)

    def compare(self, received: Sequence[int]) -> None:
        """Compare the whole.

        Raises
        ------
        AssertionError
            If anything differs: names the first payload that does and how many do.
        """
        pairs = list(zip(self._expected, received, strict=False))
        wrong = [k for k, (a, b) in enumerate(pairs) if a != b]
        text = f"{self._name}: "
        if wrong:
            expected, seen = pairs[wrong[0]]
            raise AssertionError(
                f"{text}payload {wrong[0]} must be {expected:#x}, not {seen:#x} "
                f"({len(wrong)} of {len(self._expected)} differ, {len(received)} came)"
            )
        if len(received) != len(self._expected):
            raise AssertionError(
                f"{text}{len(self._expected)} payloads must come, not {len(received)}"
            )
