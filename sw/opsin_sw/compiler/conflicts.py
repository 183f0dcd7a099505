# SPDX-License-Identifier: MIT
"""Which operations an operation must be behind, because of what they read and write."""

from dataclasses import dataclass

from .operation import Operation, Span

__all__ = ["Conflicts"]


@dataclass
class _Access:
    """Operation ``index`` touches ``start`` … ``stop``."""

    start: int
    stop: int
    index: int
    writes: bool


class Conflicts:
    """Goes through operations in order."""

    def __init__(self) -> None:
        self._accesses: dict[str, list[_Access]] = {}

    def add(self, operation: Operation, index: int) -> set[int]:
        """Return those before that ``operation`` must be behind.

        Less those that one of these, or one that it must be behind, must be behind itself.
        """
        found = set()
        touches = [(span, False) for span in operation.reads]
        touches += [(span, True) for span in operation.writes]
        for span, writing in touches:
            for access in self._accesses.get(span.space, ()):
                apart = access.start >= span.stop or span.start >= access.stop
                if not apart and (writing or access.writes):
                    found.add(access.index)
        for span, writing in touches:
            self._note(span, index, writing=writing)
        return found - {index}

    def _note(self, span: Span, index: int, *, writing: bool) -> None:
        accesses = self._accesses.setdefault(span.space, [])
        if writing:  # whoever is behind what is written over is behind this one
            accesses[:] = [
                a for a in accesses if not (span.start <= a.start and a.stop <= span.stop)
            ]
        accesses.append(_Access(span.start, span.stop, index, writing))
