# SPDX-License-Identifier: MIT
"""How the scratchpad is shared out."""

from dataclasses import dataclass, replace

from opsin.config import NpuConfig

__all__ = ["PARAMETER_WORDS", "Areas", "Turns", "areas", "trimmed"]

PARAMETER_WORDS = 8
_BANKS = 8
_SHARE = 32  # of the scratchpad, for parameters


@dataclass(frozen=True)
class Areas:
    """Words of the scratchpad for input, for weights, for results, one behind the other.

    They begin at ``start``. Parameters are behind the results, where the array reads nothing:
    ``slots`` times those of ``columns`` columns.
    """

    input: int
    weights: int
    output: int
    slots: int
    columns: int
    start: int = 0

    @property
    def weights_start(self) -> int:
        """First word of weights."""
        return self.start + self.input

    @property
    def output_start(self) -> int:
        """First word of results."""
        return self.weights_start + self.weights

    @property
    def words(self) -> int:
        """All words."""
        return self.input + self.weights + self.output

    def parameters_start(self, slot: int) -> int:
        """First word of the parameters in a slot."""
        behind = (self.slots - slot) * self.columns * PARAMETER_WORDS
        return self.output_start + self.output - behind


class Turns:
    """Where layers have their areas: each in banks that the ones before leave, if possible."""

    def __init__(self, config: NpuConfig) -> None:
        self._all, self._bank = config.scratchpad_words, max(config.scratchpad_words // _BANKS, 1)
        self._last = [(0, 0), (0, 0)]  # of the layer before, and of the one before that

    def start(self, words: int) -> int:
        """Return where the next layer has its ``words``."""

        def shared(start: int) -> tuple[int, ...]:
            stop = start + words
            return *(max(0, min(b, stop) - max(a, start)) for a, b in self._last), start

        best = min(range(0, self._all - words + 1, self._bank), key=shared)
        self._last = [(best, best + words), self._last[0]]
        return best


def trimmed(whole: Areas, config: NpuConfig, weights: int) -> Areas:
    """Leave words that ``weights`` words do not need to other layers, in whole banks."""
    unit = max(config.scratchpad_words // _BANKS, 1)
    return replace(whole, weights=min(whole.weights, -(-weights // unit) * unit))


def areas(config: NpuConfig, inputs: int, outputs: int, weights: int, columns: int) -> Areas | None:
    """Share the scratchpad out, in whole banks if possible; ``weights`` words at least."""
    held = min(columns, max(config.scratchpad_words // _SHARE // PARAMETER_WORDS, 1))
    slots = 1 if held == columns else 2
    outputs += slots * held * PARAMETER_WORDS
    for unit in (max(config.scratchpad_words // _BANKS, 1), 1):
        first = -(-inputs // unit) * unit
        last = -(-outputs // unit) * unit
        rest = config.scratchpad_words - first - last
        if rest >= weights:
            return Areas(first, rest, last, slots, held)
    return None
