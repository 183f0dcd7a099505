# SPDX-License-Identifier: MIT
"""Proofs: rules that a block keeps for any input and any length of time."""

from typing import TYPE_CHECKING, Any

from .mutant import mutant, with_parts
from .prove import Verdict, prove
from .rules import fixed, free, given, implies, rule, sink, source, stream_rules
from .streams import Place, frames, frames_leave, in_order, responds

if TYPE_CHECKING:
    from .testing import needs_sby

__all__ = [
    "Place",
    "Verdict",
    "fixed",
    "frames",
    "frames_leave",
    "free",
    "given",
    "implies",
    "in_order",
    "mutant",
    "needs_sby",
    "prove",
    "responds",
    "rule",
    "sink",
    "source",
    "stream_rules",
    "with_parts",
]


def __getattr__(name: str) -> Any:
    """Import the test mark only when asked: users need not have pytest."""
    if name == "needs_sby":
        from .testing import needs_sby

        return needs_sby
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
