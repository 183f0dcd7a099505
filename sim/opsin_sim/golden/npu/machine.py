# SPDX-License-Identifier: MIT
"""Instruction-set simulator of the neural processor: a machine that runs jobs."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .check import Sizes
from .job import Job
from .local import LocalMemories
from .result import Result

__all__ = ["Machine"]


class Machine:
    """Local memories, kept from job to job; all zero at first.

    Parameters
    ----------
    rows : int
        Rows and columns of the mesh, bytes of a word.
    scratchpad_words, accumulator_rows : int
    """

    def __init__(self, *, rows: int, scratchpad_words: int, accumulator_rows: int) -> None:
        self.sizes = Sizes(
            rows=rows, scratchpad_words=scratchpad_words, accumulator_rows=accumulator_rows
        )
        self.local = LocalMemories(
            rows=rows, scratchpad_words=scratchpad_words, accumulator_rows=accumulator_rows
        )

    def run(
        self,
        memory: NDArray[np.uint8],
        entry: int,
        *,
        begin: int = 0,
        end: int | None = None,
        **options: Any,
    ) -> Result:
        """Run the job at byte address ``entry`` of ``memory``, which is changed in place.

        See :func:`opsin_sim.golden.npu.execute` for the others.
        """
        if memory.dtype != np.uint8 or memory.ndim != 1:
            raise TypeError(f"memory must be one-dimensional uint8, not {memory.dtype!r}")
        end = len(memory) if end is None else end
        if not 0 <= begin <= end <= len(memory):
            raise ValueError(f"window must lie in 0..{len(memory)}, not {begin}..{end}")
        sizes = replace(self.sizes, memory_begin=begin, memory_end=end)
        return Job(self.local, sizes, memory, entry, **options).run()
