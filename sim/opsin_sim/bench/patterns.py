# SPDX-License-Identifier: MIT
"""When streams pause."""

import random
from dataclasses import dataclass

__all__ = ["PATTERNS", "Pattern"]


@dataclass(frozen=True)
class Pattern:
    """Probabilities in 0..1 that a source pauses before a payload, and a sink in a cycle."""

    idle: float = 0.0
    stall: float = 0.0


PATTERNS = {
    "full_rate": Pattern(),
    "idle": Pattern(idle=0.5),
    "stall": Pattern(stall=0.5),
    "both": Pattern(idle=0.4, stall=0.4),
}
"""The four ways in which every block is tried; cocotb shows names of up to ten letters."""


def pause(rng: random.Random, probability: float) -> bool:
    """Draw one decision; draws nothing when it is certain."""
    return probability > 0 and rng.random() < probability
