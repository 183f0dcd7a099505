# SPDX-License-Identifier: MIT
"""What is known of a descriptor on its way to a unit."""

from amaranth.hdl import unsigned
from amaranth.lib import data

from ..isa import Error, Unit

__all__ = ["POSITION_BITS", "Item", "Word"]

POSITION_BITS = 26
"""Of a descriptor's position in memory, counted from the job's entry."""


class Item(data.StructLayout):
    """``fault``: the first one found, that ends the job as ``halt`` does."""

    def __init__(self) -> None:
        super().__init__(
            {
                "opcode": unsigned(4),
                "unit": Unit,
                "other": 1,  # see opsin.npu.dispatch.bounds.OTHERS
                "halt": 1,
                "fence": 1,
                "fault": Error,
                "position": POSITION_BITS,
            }
        )


class Word(data.StructLayout):
    """``data`` to be written as word ``index`` of a descriptor, if ``valid``."""

    def __init__(self) -> None:
        super().__init__({"valid": 1, "index": 4, "data": 32})
