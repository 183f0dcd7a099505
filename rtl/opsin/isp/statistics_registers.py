# SPDX-License-Identifier: MIT
"""Registers that read the camera pipeline's statistics."""

from collections.abc import Iterator

from ..common.registers import Access, Field, Register
from ..config import IspConfig
from .chain import CHAINS, STATISTICS
from .statistics_tap import RESULT

__all__ = ["BUSY", "RESULTS", "statistics_registers"]

RESULTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "awb": (
        "awb_zone",
        "A zone, 32 times its row and its column",
        ("red", "green", "blue", "quads"),
    ),
    "ae": ("ae_count", "A bin of the histogram", ("samples",)),
    "ae_zones": ("ae_zone", "A zone, 16 times its row and its column", ("luma", "bright")),
    "af": ("af_zone", "A zone, 8 times its row and its column", ("total", "peaks")),
    "flicker": ("flicker_row", "A row of lines", ("sum",)),
}
"""Of each block the register of results, what an index is, and the words."""

BUSY = ("awb", "ae_zones", "af", "flicker")
"""Blocks with one bank of results; the histogram has two."""


def statistics_registers(config: IspConfig, address: int) -> Iterator[Register]:
    """Return the registers from ``address`` on, 72 bytes; none if there are no such blocks."""
    if not set(STATISTICS) <= set(CHAINS[config.chain]):
        return
    frames = ", ".join(STATISTICS)
    yield Register(
        name="statistics_index",
        address=address,
        access=Access.READ_WRITE,
        fields=(Field(name="index", description="Of blocks with fewer: the low bits.", width=10),),
        description="Which zone, bin or row the registers of results read.",
    )
    yield Register(
        name="statistics_hold",
        address=address + 4,
        access=Access.READ_WRITE,
        fields=tuple(
            Field(name=name, description="1: no new results.", lsb=k)
            for k, name in enumerate(STATISTICS)
        ),
        description="Keeps results while they are read: frames that begin are not measured.",
    )
    yield Register(
        name="statistics_busy",
        address=address + 8,
        access=Access.READ,
        fields=tuple(
            Field(
                name=name, description="1: a frame is being measured.", lsb=STATISTICS.index(name)
            )
            for name in BUSY
        ),
        description="Whose results are those of the frame before or of this one.",
    )
    address += 12
    for register, index, words in RESULTS.values():
        text = f"{index}: {', '.join(words)}."
        yield Register(
            name=register,
            address=address,
            access=Access.READ,
            fields=(Field(name="value", description=text, width=RESULT + 2),),
            description=text,
            count=len(words),
        )
        address += 4 * len(words)
    yield Register(
        name="statistics_frames",
        address=address,
        access=Access.READ,
        fields=(Field(name="value", description="Modulo 256.", width=8, unit="frames"),),
        description=f"Frames whose results have come, of each: {frames}.",
        count=len(STATISTICS),
    )
