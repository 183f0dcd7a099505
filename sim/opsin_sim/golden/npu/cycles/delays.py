# SPDX-License-Identifier: MIT
"""Cycles of the units' pipelines, from their stated timing."""

from dataclasses import dataclass

from .hardware import Hardware
from .slide import TAPS

__all__ = ["Delays", "delays"]


@dataclass(frozen=True)
class Delays:
    """From a command's handshake to its first access, and from its last one to ``finished``.

    Of the array, ``array_lead`` is that of its weights. Of copies, that to memory's request, and
    from memory's words on; memory's own latency comes to it. ``parameters`` are what a REQUANTIZE
    begins later than others.
    """

    load_lead: float
    load_tail: float
    pad_lead: float
    store_lead: float
    store_tail: float
    array_lead: float
    array_tail: float
    vector_lead: float
    parameters: float
    vector_tail: float


def delays(hardware: Hardware) -> Delays:
    """Return those of a configuration, its elements being the generic ones."""
    more = max(TAPS - hardware.rows // 2, 0) if hardware.sliding else 0
    height = hardware.rows + 2 * more
    return Delays(
        load_lead=6,
        load_tail=4,
        pad_lead=3,
        store_lead=13,
        store_tail=0,
        array_lead=6 if hardware.sliding else 3,
        array_tail=height + hardware.rows + 8,
        vector_lead=11,
        parameters=3,
        vector_tail=31 + hardware.beats,
    )
