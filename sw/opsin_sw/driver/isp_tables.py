# SPDX-License-Identifier: MIT
"""Loading of the camera pipeline's tables through its registers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from . import isp_registers as chip

if TYPE_CHECKING:
    from opsin_sim.golden.isp import IspSettings

__all__ = ["Registers", "Tables"]

_REGISTERS = {
    "curve": ("curve_start", "curve_slope"),
    "decompand": ("decompand_start", "decompand_slope"),
    "defect": ("defect_place", "defect_entry"),
    "shading": ("shading_node", "shading_gain"),
    "overlay": ("overlay_place", "overlay_data"),
    "output_scale": ("output_scale_place", "output_scale_row"),
    "second_scale": ("second_scale_place", "second_scale_row"),
}
"""Of each table the register that says where, and the one that writes."""

_ONCE = ("defect", "overlay")  # tables that are not there twice


Words = list[tuple[int, int]]
"""For the two registers."""


class Registers(Protocol):
    """What :class:`~opsin_sw.driver.isp.IspDriver` offers."""

    absent: frozenset[str]

    def read(self, register: str) -> list[int]:
        """Return the words of a register."""
        ...

    def write(self, register: str, values: int) -> None:
        """Write a register."""
        ...

    def raw(self, register: str, word: int) -> None:
        """Write a register's word as it is."""
        ...

    def field(self, register: str, field: str) -> int:
        """Return a field of a register."""
        ...


class Tables:
    """What the hardware's tables hold, as far as it was written here; only changes are written.

    Of tables that are there twice the spare one is written, and ``*_BANK`` changed. The list of
    defects and the overlay are there once: a frame under way may see both.
    """

    def __init__(self, registers: Registers) -> None:
        self._registers = registers
        self._held: dict[tuple[str, int], Words] = {}

    def load(self, settings: IspSettings, *, patience: int) -> None:
        """Write what a frame with ``settings`` needs.

        Raises
        ------
        TimeoutError
            If a spare table did not become free after so many looks.
        """
        writes = settings.writes()
        for name in _needed(settings):
            if _REGISTERS[name][0] not in self._registers.absent:
                self._load(name, list(_words(name, writes[name])), patience)

    def _load(self, name: str, wanted: Words, patience: int) -> None:
        used = 0 if name in _ONCE else self._registers.read(f"{name}_bank")[0]
        if not self._missing(name, used, wanted):
            return
        place = used if name in _ONCE else 1 - used
        if missing := self._missing(name, place, wanted):
            self._await(name, patience)
            for where, what in missing:
                self._registers.raw(_REGISTERS[name][0], where)
                self._registers.raw(_REGISTERS[name][1], what)
            self._held[name, place] = wanted
        if place != used:
            self._registers.write(f"{name}_bank", place)

    def _missing(self, name: str, bank: int, wanted: Words) -> Words:
        """Return what must be written: single words only of the overlay, of which there are many.

        Elsewhere the first word, too, has a part of what is written.
        """
        held = self._held.get((name, bank), [])
        if name == "overlay":
            there = dict(held)
            return [(where, what) for where, what in wanted if there.get(where) != what]
        return [] if held == wanted else wanted

    def _await(self, name: str, patience: int) -> None:
        while not self._registers.field("status", f"{name}_ready"):
            patience -= 1
            if patience < 0:
                table = name.replace("_", " ")
                raise TimeoutError(f"the spare table of {table} is in use: no frame has come")


def _needed(settings: IspSettings) -> list[str]:
    """Tables that something uses."""
    outputs = {
        f"{name}_scale": output.enable and not output.scale.bypass
        for name, output in (("output", settings.output), ("second", settings.second))
    }
    scaled = [n for n, used in outputs.items() if used and settings.chain == "complete"]
    blocks = ("decompand", "defect", "shading", "overlay")
    return ["curve", *(name for name in blocks if settings.active(name)), *scaled]


def _words(name: str, fields: dict[str, NDArray[Any]]) -> Iterator[tuple[int, int]]:
    """Yield words for the two registers of a table, of the fields of its writes."""
    given = dict(fields)
    if name == "shading":
        given["first"], given["second"] = given.pop("gain").T
    if not len(next(iter(given.values()))):
        return
    totals = []
    for register in _REGISTERS[name]:
        parts = []
        for key, values in given.items():
            if (register, key) in chip.FIELDS:
                lsb, width, _ = chip.FIELDS[register, key]
                parts.append((np.asarray(values).astype(np.int64) & ((1 << width) - 1)) << lsb)
        totals.append(np.sum(parts, axis=0).tolist())
    yield from zip(*totals, strict=True)
