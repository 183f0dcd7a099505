# SPDX-License-Identifier: MIT
"""Registers that load the camera pipeline's tables."""

from collections.abc import Iterator

from ..common.registers import Access, Field, Register
from ..config import IspConfig
from .chain import CHAINS
from .chain import TABLES as BLOCKS

__all__ = ["TABLES", "table_registers", "tables"]

TABLES = {
    "curve": ("curve_start", "curve_slope"),
    "decompand": ("decompand_start", "decompand_slope"),
    "defect": ("defect_place", "defect_entry"),
    "shading": ("shading_node", "shading_gain"),
    "overlay": ("overlay_place", "overlay_data"),
    "output_scale": ("output_scale_place", "output_scale_row"),
    "second_scale": ("second_scale_place", "second_scale_row"),
}
"""Of each table the register that says where, and the one that writes."""

_STEP = "2^-16 of full scale"


def tables(config: IspConfig) -> list[str]:
    """Return the names of the tables that the pipeline has, in the order of :data:`TABLES`."""
    there = CHAINS[config.chain]
    return [n for n in TABLES if (n in there if n in BLOCKS else config.chain == "complete")]


def table_registers(config: IspConfig, address: int) -> Iterator[Register]:
    """Return the registers of the tables that there are, from ``address`` on.

    They take 56 bytes; all have the same addresses in every chain.
    """
    there = tables(config)
    for k, (name, pair) in enumerate(TABLES.items()):
        if name in there:
            about_place, place, about_data, data = _about(name, config)
            ready = f"; refused as an error unless STATUS.{name.upper()}_READY."
            yield Register(
                name=pair[0],
                address=address + 8 * k,
                access=Access.READ_WRITE,
                fields=place,
                description=f"{about_place} that {pair[1].upper()} will write.",
            )
            yield Register(
                name=pair[1],
                address=address + 8 * k + 4,
                access=Access.WRITE,
                fields=data,
                description=f"Writes {about_data}{ready}",
            )


def _field(
    name: str, description: str, width: int, lsb: int = 0, *,
    signed: bool = False, reset: int = 0, unit: str = "",
) -> Field:  # fmt: skip
    return Field(
        name=name, description=description, width=width, lsb=lsb,
        signed=signed, reset=reset, unit=unit,
    )  # fmt: skip


def _segment(bits: int, *more: Field) -> tuple[Field, ...]:
    return (
        _field("start", "Value where it starts.", 16, unit=_STEP),
        _field("index", "Which segment, 0 at black.", bits, 16),
        *more,
    )


def _slope(bits: int) -> tuple[Field, ...]:
    return (_field("slope", "Rise of the segment.", bits, signed=True, unit=_STEP),)


def _about(name: str, config: IspConfig) -> tuple[str, tuple[Field, ...], str, tuple[Field, ...]]:
    """Describe the two registers and their fields, which have the names of the members written."""
    if name == "curve":
        whose = _field("colors", "Bit 0 red, 1 green, 2 blue: whose curves.", 3, 24, reset=7)
        more = () if config.chain in ("first_light", "mini") else (whose,)
        return "Segment of the tone curves", _segment(8, *more), "the segment", _slope(17)
    if name == "decompand":
        return "Segment of the decompanding curve", _segment(6), "the segment", _slope(18)
    if name == "defect":
        place = (
            _field("index", "Which entry; they stand in raster order.", 10),
            _field("mask", "Which of four pixels, the lowest bit the leftmost.", 4, 16),
        )
        entry = (
            _field("line", "Line.", 16),
            _field("group", "Column of the first of the four pixels, divided by 4.", 11, 16),
        )
        return "Entry of the list of defects", place, "the entry", entry
    if name == "shading":
        node = (
            _field("column", "Column of the node.", 5),
            _field("row", "Row of the node.", 4, 8),
            _field("line", "0: gains of R and Gr, 1: of Gb and B.", 1, 16),
        )
        gains = (
            _field("first", "R or Gb.", 16, unit="unsigned Q2.14"),
            _field("second", "Gr or B.", 16, 16, unit="unsigned Q2.14"),
        )
        return "Node of the shading mesh", node, "two gains", gains
    if name == "overlay":
        word = (
            _field("address", "Word of the bitmap, or entry 0..31 of the palettes.", 10),
            _field("palette", "1: of the palettes.", 1, 31),
        )
        value = (_field("data", "Eight pixels, the leftmost lowest; or R, G, B, alpha.", 32),)
        return "Word of the overlay", word, "the word", value
    phase = (
        _field("phase", "Which sixteenth between two pixels.", 4),
        _field("down", "0: for lines, 1: for columns.", 1, 8),
    )
    pixels = (("before", -1), ("after", 1), ("beyond", 2))
    row = tuple(
        _field(n, f"Of the pixel at {at}.", 10, 10 * k, signed=True, unit="signed Q2.8")
        for k, (n, at) in enumerate(pixels)
    )
    which = "first" if name == "output_scale" else "second"
    return f"Coefficients of the {which} output's scaler", phase, "them", row
