# SPDX-License-Identifier: MIT
"""Neural processor: what a job leaves in memory, to the bit.

Needs nothing of the hardware description: the instruction set's text, read a second time.
"""

import numpy as np
from numpy.typing import NDArray

from .codes import UNITS, Error, Opcode, Unit
from .fields import FIELDS, LOOPED, decode, encode
from .machine import Machine
from .races import Race
from .requantize import requantize
from .result import Result
from .touched import Space

__all__ = [
    "FIELDS",
    "LOOPED",
    "UNITS",
    "Error",
    "Machine",
    "Opcode",
    "Race",
    "Result",
    "Space",
    "Unit",
    "decode",
    "encode",
    "execute",
    "requantize",
]


def execute(
    memory: NDArray[np.uint8],
    entry: int,
    *,
    rows: int,
    scratchpad_words: int,
    accumulator_rows: int,
    begin: int = 0,
    end: int | None = None,
    order: int | None = None,
    races: bool = False,
    refused: range = range(0),
) -> Result:
    """Run the job at ``entry`` on a machine whose local memories are zero.

    Parameters
    ----------
    memory : array of uint8
        What is at address 0 and behind; changed in place.
    entry : int
        Address of the first descriptor.
    rows, scratchpad_words, accumulator_rows : int
        Sizes of the machine.
    begin, end : int
        The job's memory, ``end`` not included; None: that of ``memory``.
    order : int
        Seed of the order in which the units get on, among those that tokens and fences allow;
        None: program order. Nothing but how a job ends that races depends on it.
    races : bool
        Look for descriptors whose order matters and that no token orders, and for reads of local
        memory that the job has not written: ``races`` of the result.
    refused : range
        Addresses that memory does not let be read or written.
    """
    machine = Machine(
        rows=rows, scratchpad_words=scratchpad_words, accumulator_rows=accumulator_rows
    )
    return machine.run(
        memory, entry, begin=begin, end=end, order=order, races=races, refused=refused
    )
