# SPDX-License-Identifier: MIT
"""Who has touched which places of a memory, as far as it matters to those who come later."""

from collections.abc import Iterator
from dataclasses import dataclass

from .operation import Operation, Span

__all__ = ["Access", "Accesses", "touches"]


@dataclass
class Access:
    """Operation ``index`` reads or writes ``start`` … ``stop``."""

    start: int
    stop: int
    index: int
    writes: bool


class Accesses:
    """Of operations in their order."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, bool], list[Access]] = {}  # a space's writes, its reads

    def against(self, span: Span, *, writing: bool) -> Iterator[Access]:
        """Yield those that who touches ``span`` has to be behind."""
        for writes in (False, True) if writing else (True,):
            for access in self._of.get((span.space, writes), ()):
                if access.start < span.stop and span.start < access.stop:
                    yield access

    def note(self, span: Span, index: int, *, writing: bool) -> None:
        """Add one, and forget those for which it stands."""
        if writing:  # whoever is behind what is written over is behind this one
            for writes in (False, True):
                accesses = self._of.setdefault((span.space, writes), [])
                accesses[:] = [
                    a for a in accesses if not (span.start <= a.start and a.stop <= span.stop)
                ]
        found = self._of.setdefault((span.space, writing), [])
        found.append(Access(span.start, span.stop, index, writing))


def touches(operation: Operation) -> list[tuple[Span, bool]]:
    """Return what an operation reads and writes, and whether it writes."""
    reads = [(span, False) for span in operation.reads]
    return reads + [(span, True) for span in operation.writes]
