# SPDX-License-Identifier: MIT
"""One signal of a waveform file."""

import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

__all__ = ["Signal", "Value"]

Value: TypeAlias = int | str | float
"""A number; text where bits are unknown (``"1x0z"``) or the file itself holds names."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One variable of the file.

    ``scope`` are the modules from the top down to the one that holds it; ``name`` is its Amaranth
    name in there, fields of structures included (``i__payload.pixel[0].r``). ``width`` is 0 for
    text and real numbers. ``viewer_scope`` and ``viewer_name`` are what the file itself, and so a
    waveform viewer, calls the two. ``direction`` is ``in`` or ``out`` for ports, if the file says.
    """

    scope: tuple[str, ...]
    name: str
    width: int
    viewer_scope: tuple[str, ...]
    viewer_name: str
    direction: str = ""
    variable: Any = field(default=None, compare=False, repr=False)

    @property
    def path(self) -> str:
        """Scope and name, joined with dots."""
        return ".".join((*self.scope, self.name))

    @property
    def root(self) -> str:
        """Name of the structure or array that it is a field of; else its own."""
        return re.split(r"[.\[]", self.name, maxsplit=1)[0]

    @property
    def range(self) -> str:
        """Its bits as declared, ``[7:0]``."""
        high, low = self.variable.index or (self.width - 1, 0)
        return f"[{high}:{low}]"

    @property
    def generated(self) -> bool:
        """Whether the exporter made it up: a numbered copy of a name, or a net without one."""
        return "$" in self.name or re.fullmatch(r"_\d+_", self.name) is not None
