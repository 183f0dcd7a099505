# SPDX-License-Identifier: MIT
"""The machine whose cycles are predicted."""

from dataclasses import dataclass

__all__ = ["BURST_WORDS", "DESCRIPTOR_BYTES", "Hardware"]

BURST_WORDS = 16
DESCRIPTOR_BYTES = 64

_SLIDING_ROWS = 16


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """Sizes of a neural processor and of the memory behind it.

    ``rows`` are also the columns of the mesh and the bytes of a word. Memory moves ``bandwidth``
    bytes per cycle, read and written together, and answers ``latency`` cycles after a request.
    """

    rows: int
    lanes: int
    scratchpad_words: int
    accumulator_rows: int
    banks: int = 8
    bandwidth: float = 16
    latency: int = 60

    @property
    def words_per_cycle(self) -> float:
        """Words that memory moves."""
        return self.bandwidth / self.rows

    @property
    def beats(self) -> int:
        """Cycles in which the vector unit's lanes make a word."""
        return self.rows // self.lanes

    @property
    def sliding(self) -> bool:
        """Whether the mesh takes sliding data."""
        return self.rows >= _SLIDING_ROWS

    @property
    def descriptor_words(self) -> int:
        """Words of a descriptor in memory."""
        return -(-DESCRIPTOR_BYTES // self.rows)
