# SPDX-License-Identifier: MIT
"""Neural processor: what a job leaves in memory, to the bit.

Needs nothing of the hardware description: the instruction set's text, read a second time.
"""

import numpy as np
from numpy.typing import NDArray

from .descriptors import BITS, LAYOUTS, Error, Opcode, Space, encode
from .machine import Machine, Result
from .requantize import requantize

__all__ = [
    "BITS",
    "LAYOUTS",
    "Error",
    "Machine",
    "Opcode",
    "Result",
    "Space",
    "encode",
    "execute",
    "requantize",
]


def execute(
    memory: NDArray[np.uint8],
    entry: int,
    *,
    rows: int,
    activation_words: int,
    weight_words: int,
    accumulator_rows: int,
) -> Result:
    """Run the job at ``entry`` on a machine whose local memories are zero.

    ``memory``, all that is given to the job, is changed in place.
    """
    machine = Machine(
        rows=rows,
        activation_words=activation_words,
        weight_words=weight_words,
        accumulator_rows=accumulator_rows,
    )
    return machine.run(memory, entry)
