# SPDX-License-Identifier: MIT
"""Which operations an operation must be behind, because of what they read and write."""

from .accesses import Accesses, touches
from .operation import Operation

__all__ = ["Conflicts"]


class Conflicts:
    """Goes through operations in order."""

    def __init__(self) -> None:
        self._accesses = Accesses()

    def add(self, operation: Operation, index: int) -> set[int]:
        """Return those before that ``operation`` must be behind.

        Less those that one of these, or one that it must be behind, must be behind itself.
        """
        touched = touches(operation)
        found = {
            access.index
            for span, writing in touched
            for access in self._accesses.against(span, writing=writing)
        }
        for span, writing in touched:
            self._accesses.note(span, index, writing=writing)
        return found
