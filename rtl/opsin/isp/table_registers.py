# SPDX-License-Identifier: MIT
"""Registers that load the camera pipeline's tables and read its statistics."""

from collections.abc import Iterator

from ..common.registers import Access, Field, Register

__all__ = ["TABLES", "table_registers"]

TABLES = {
    "curve": ("curve_start", "curve_slope"),
    "decompand": ("decompand_start", "decompand_slope"),
    "defect": ("defect_place", "defect_entry"),
    "shading": ("shading_node", "shading_gain"),
    "overlay": ("overlay_place", "overlay_data"),
}
"""Of each table the register that says where, and the one that writes."""

_STEP = "2^-16 of full scale"


def _field(name: str, description: str, width: int, lsb: int = 0, **more: object) -> Field:
    return Field(name=name, description=description, width=width, lsb=lsb, **more)  # type: ignore[arg-type]


def _place(name: str, address: int, description: str, *fields: Field) -> Register:
    return Register(
        name=name,
        address=address,
        access=Access.READ_WRITE,
        fields=fields,
        description=description,
    )


def _write(name: str, address: int, description: str, *fields: Field) -> Register:
    return Register(
        name=name, address=address, access=Access.WRITE, fields=fields, description=description
    )


def _read(name: str, address: int, description: str, *fields: Field, count: int = 1) -> Register:
    return Register(
        name=name,
        address=address,
        access=Access.READ,
        fields=fields,
        description=description,
        count=count,
    )


def table_registers(address: int) -> Iterator[Register]:
    """Return the registers from ``address`` on, 80 bytes."""
    yield _place(
        "curve_start",
        address,
        "Segment of the tone curves that CURVE_SLOPE will write.",
        _field("start", "Value where it starts.", 16, unit=_STEP),
        _field("index", "Which segment, 0 at black.", 8, 16),
        _field("colors", "Bit 0 red, 1 green, 2 blue: whose curves.", 3, 24, reset=7),
    )
    yield _write(
        "curve_slope",
        address + 0x04,
        "Writes the segment; refused as an error unless STATUS.CURVE_READY.",
        _field("slope", "Rise of the segment.", 17, signed=True, unit=_STEP),
    )
    yield _place(
        "decompand_start",
        address + 0x08,
        "Segment of the decompanding curve that DECOMPAND_SLOPE will write.",
        _field("start", "Value where it starts.", 16, unit=_STEP),
        _field("index", "Which segment, 0 at black.", 6, 16),
    )
    yield _write(
        "decompand_slope",
        address + 0x0C,
        "Writes the segment; refused as an error unless STATUS.DECOMPAND_READY.",
        _field("slope", "Rise of the segment.", 18, signed=True, unit=_STEP),
    )
    yield _place(
        "defect_place",
        address + 0x10,
        "Entry of the list of defects that DEFECT_ENTRY will write.",
        _field("index", "Which entry; they stand in raster order.", 10),
        _field("mask", "Which of four pixels, the lowest bit the leftmost.", 4, 16),
    )
    yield _write(
        "defect_entry",
        address + 0x14,
        "Writes the entry; refused as an error unless STATUS.DEFECT_READY.",
        _field("line", "Line.", 16),
        _field("group", "Column of the first of the four pixels, divided by 4.", 11, 16),
    )
    yield _place(
        "shading_node",
        address + 0x18,
        "Node of the shading mesh that SHADING_GAIN will write.",
        _field("column", "Column of the node.", 5),
        _field("row", "Row of the node.", 4, 8),
        _field("line", "0: gains of R and Gr, 1: of Gb and B.", 1, 16),
    )
    yield _write(
        "shading_gain",
        address + 0x1C,
        "Writes two gains; refused as an error unless STATUS.SHADING_READY.",
        _field("first", "R or Gb.", 16, unit="unsigned Q2.14"),
        _field("second", "Gr or B.", 16, 16, unit="unsigned Q2.14"),
    )
    yield _place(
        "overlay_place",
        address + 0x20,
        "Word of the overlay that OVERLAY_DATA will write.",
        _field("address", "Word of the bitmap, or entry 0..31 of the palettes.", 11),
        _field("palette", "1: of the palettes.", 1, 31),
    )
    yield _write(
        "overlay_data",
        address + 0x24,
        "Writes the word: eight pixels, or red, green, blue and alpha.",
        _field("data", "Lowest bits: leftmost pixel, or red.", 32),
    )
    yield _place(
        "statistics_index",
        address + 0x28,
        "What AWB_ZONE and AE_COUNT read: a zone (32 times the row, and the column), and a bin.",
        _field("index", "Zone and bin.", 10),
    )
    yield _place(
        "statistics_hold",
        address + 0x2C,
        "Keeps results while they are read.",
        _field("hold", "1: no new results.", 1),
    )
    yield _read(
        "awb_zone",
        address + 0x30,
        "Sums of red, green, blue, and the number of quads of a zone.",
        _field("value", "Sum.", 32),
        count=4,
    )
    yield _read("ae_count", address + 0x40, "Samples in a bin.", _field("value", "Samples.", 32))
    yield _read(
        "statistics_frames",
        address + 0x44,
        "Frames whose results have come, modulo 256.",
        _field("awb", "Of white balance.", 8),
        _field("ae", "Of exposure.", 8, 8),
    )
