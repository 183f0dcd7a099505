# SPDX-License-Identifier: MIT
"""How a job ended, and what it did."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .codes import Error
from .races import Race

__all__ = ["Result"]


@dataclass
class Result:
    """Outcome of a job.

    ``index`` and ``address`` are those of the descriptor at which it ended, ``index`` counted in
    memory from the entry on; of READ and WRITE of a unit ``address`` is the word that memory
    refused. ``descriptors`` counts those that units finished, ``vectors`` activations through the
    mesh, ``vector_words`` words that the vector unit made, the bytes those of LOADs and STOREs.

    ``unsettled`` is None, or if the job was ended while units worked (READ or WRITE of a unit,
    TOKEN), an array as long as memory: it is true where a byte may have been stored or not when
    another order, that tokens allow as well, had been taken.
    """

    error: Error = Error.NONE
    index: int = 0
    address: int = 0
    descriptors: int = 0
    macs: int = 0
    vectors: int = 0
    vector_words: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    races: list[Race] = field(default_factory=list)
    unsettled: NDArray[np.bool] | None = None

    def count(self, work: dict[str, int]) -> None:
        """Add a descriptor that a unit finished, which did so much by the names of this class."""
        self.descriptors += 1
        for name, amount in work.items():
            setattr(self, name, getattr(self, name) + amount)
