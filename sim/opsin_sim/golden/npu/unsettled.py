# SPDX-License-Identifier: MIT
"""What a job has left undone when it is ended while units work."""

import numpy as np
from numpy.typing import NDArray

from .codes import Error, Opcode
from .queues import Begun, Command
from .touched import stored

__all__ = ["unsettled"]


def _settled(begun: Begun, blame: Begun | list[Command], error: Error) -> bool:
    """Whether a descriptor surely had finished."""
    if isinstance(blame, list):  # each unit's first one that lacks a token
        return begun.command.number < min(command.number for command in blame)
    if begun.command.unit is blame.command.unit:
        return begun.index < blame.index + (error is Error.TOKEN)
    return blame.is_behind(begun)


def unsettled(
    size: int, begun: list[Begun], blame: Begun | list[Command], error: Error
) -> NDArray[np.bool]:
    """Return which of ``size`` bytes those that may have begun, and not finished, store."""
    found = np.zeros(size, np.bool)
    for one in begun:
        if one.command.step.opcode is Opcode.STORE and not _settled(one, blame, error):
            found[stored(one.command.fields)] = True
    return found
