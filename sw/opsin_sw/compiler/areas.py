# SPDX-License-Identifier: MIT
"""How the scratchpad is shared out."""

from dataclasses import dataclass

from opsin.config import NpuConfig

__all__ = ["PARAMETER_WORDS", "Areas", "areas"]

PARAMETER_WORDS = 8
_BANKS = 8
_SHARE = 32  # of the scratchpad, for parameters


@dataclass(frozen=True)
class Areas:
    """Words of the scratchpad for input, for weights, for results, one behind the other.

    Parameters are behind the results, where the array reads nothing: ``slots`` times those of
    ``columns`` columns.
    """

    input: int
    weights: int
    output: int
    slots: int
    columns: int

    @property
    def weights_start(self) -> int:
        """First word of weights."""
        return self.input

    @property
    def output_start(self) -> int:
        """First word of results."""
        return self.input + self.weights

    def parameters_start(self, slot: int) -> int:
        """First word of the parameters in a slot."""
        behind = (self.slots - slot) * self.columns * PARAMETER_WORDS
        return self.output_start + self.output - behind


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
