# SPDX-License-Identifier: MIT
"""How many cycles a job takes, predicted from the units' stated timing, event by event."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..check import Sizes
from ..codes import Opcode, Unit
from .back import Back
from .clock import Clock
from .front import Front
from .hardware import DESCRIPTOR_BYTES, Hardware
from .ring import Ring
from .units import Units
from .walk import Visit, walk
from .works import Work, work_of

__all__ = ["Hardware", "Prediction", "predict"]

_BEGIN = 2  # cycles from a job's start to the first descriptor's request
_END = 4  # from the end of all to ``done``


@dataclass
class Prediction:
    """``cycles`` of a job; in how many each unit was at work, and waited, by cause.

    ``words`` are memory's: those that load and store move, and of descriptors. ``commands``
    are, in the order of the program, when each one began and finished.
    """

    cycles: int = 0
    busy: dict[Unit, float] = field(default_factory=dict)
    waits: dict[str, float] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    commands: list[tuple[float, float]] = field(default_factory=list)


def predict(memory: NDArray[np.uint8], entry: int, hardware: Hardware) -> Prediction:
    """Predict the job at ``entry`` of ``memory``, in which it does not change its descriptors.

    Raises
    ------
    ValueError
        If the job cannot end, for want of tokens.
    """
    clock = Clock()
    sizes = Sizes(
        rows=hardware.rows,
        scratchpad_words=hardware.scratchpad_words,
        accumulator_rows=hardware.accumulator_rows,
    )
    known: dict[tuple[int, ...], Work] = {}
    words = {"load": 0, "store": 0, "fetch": 0}

    def work(visit: Visit) -> Work:
        key = (visit.opcode, *visit.fields.values())
        if key not in known:
            known[key] = work_of(visit.opcode, visit.fields, hardware)
        name = known[key].unit.name.lower()
        if name in words:
            words[name] += known[key].memory
        return known[key]

    ended: list[float] = []

    def halts(position: int) -> bool:
        return bool(memory[entry + DESCRIPTOR_BYTES * position] == Opcode.HALT)

    def left(unit: Unit) -> None:
        front.reserved[unit] -= 1
        front.accept()
        front.order()

    back = Back(clock, work, left)
    units = back.units = Units(hardware, clock, back.finished, back.begin)
    front = Front(
        clock,
        walk(memory, entry, sizes),
        back.release,
        lambda: back.released == 0,
        lambda: ended.append(clock.now),
    )
    positions = (len(memory) - entry) // DESCRIPTOR_BYTES
    front.ring = Ring(clock, units.fetch, halts, positions, front.come)
    clock.at(_BEGIN, front.begin)
    clock.run()
    if not ended:
        raise ValueError("job must end, not wait for tokens that never come")
    words["fetch"] = units.memory.fetched
    waits = {f"dispatch_{name}": time for name, time in front.waits.items()}
    log = sorted(back.log, key=lambda entry: entry[0].number)
    commands = [(begun, end) for _, begun, end in log]
    return Prediction(
        round(ended[0]) + _END, units.busy, waits | back.waits | units.waits, words, commands
    )
