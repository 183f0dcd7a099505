# SPDX-License-Identifier: MIT
"""What the core counts."""

from collections.abc import Mapping
from typing import Any

from amaranth.hdl import Value

from ..common.stream import moved
from .counters import UNIT_COUNTERS
from .isa import Unit

__all__ = ["core_events"]


def core_events(
    dispatcher: Any, units: Mapping[Unit, Any], reads: Any, writes: Any
) -> dict[str, Value]:
    """Return the event of each counter but ``cycles``, by name."""
    front, back = dispatcher.events.front, dispatcher.events.back
    comes, goes = moved(reads.response), moved(writes.words)
    events: dict[str, Value] = {
        "memory_busy": comes | goes,
        "memory_both": comes & goes,
        "fetch_words": front.fetched,
        **{name: front[name] for name in ("fetch_wait", "checking", "order_wait", "released")},
    }
    for unit, part in units.items():
        name = unit.name.lower()
        for event in UNIT_COUNTERS:
            events[f"{name}_{event}"] = back[event][unit.value]
        for giver in Unit:
            if giver is not unit:
                lacks = back.lacking[unit.value][giver.value]
                events[f"{name}_for_{giver.name.lower()}"] = lacks
        for event in part.events.shape().members:
            # "word", "burst" and "tiles": what is counted has a plural
            plural = event + "s" if event in ("word", "burst") else event
            events[f"{name}_{plural}"] = part.events[event]
    return events
