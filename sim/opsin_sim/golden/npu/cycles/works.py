# SPDX-License-Identifier: MIT
"""What a command costs each memory, and how long it takes if none of them makes it wait."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

import numpy as np
from numpy.typing import NDArray

from ..codes import UNITS, Opcode, Unit
from ..edges import kept
from .hardware import BURST_WORDS, Hardware
from .slide import TAPS, Slide, slide_of

__all__ = ["Shares", "Work", "work_of"]

Fields = Mapping[str, int]
Shares = NDArray[np.float64]
"""Accesses to each bank per cycle of a command's work."""

_N, _K = ("n0", "n1", "n2"), ("k0", "k1", "k2")


def _none(banks: int) -> Shares:
    return np.zeros(banks)


@dataclass
class Work:
    """``cycles`` of a command's unit, by itself; accesses per cycle of these.

    ``memory`` counts words, ``bursts`` the requests for them. Of the array: ``vectors`` of a tile,
    ``weight_rows`` to be read before it; ``base`` is where its sums begin, with ``adds`` they are
    added to what is there; ``slide``: how its data slide.
    """

    unit: Unit
    cycles: float
    memory: int = 0
    bursts: int = 0
    reads: Shares = field(default_factory=lambda: _none(8))
    writes: Shares = field(default_factory=lambda: _none(8))
    sums: Shares = field(default_factory=lambda: _none(2))
    vectors: int = 0
    weight_rows: int = 0
    base: int = 0
    adds: bool = False
    slide: Slide | None = None


def _spread(
    start: int, nest: list[tuple[int, int]], banks: int, depth: int, length: int = 1
) -> Shares:
    """Return which part of a nest's addresses lies in which bank, about."""
    reach = [(count - 1) * stride for count, stride in nest]
    lowest = start + sum(min(0, r) for r in reach)
    highest = start + sum(max(0, r) for r in reach) + length - 1
    size = depth // banks
    first, last = lowest // size, highest // size
    shares = np.zeros(banks)
    if first == last:
        shares[first] = 1
        return shares
    for bank in range(first, last + 1):
        inside = min(highest + 1, (bank + 1) * size) - max(lowest, bank * size)
        shares[bank] = inside / (highest + 1 - lowest)
    return shares


def _nest(f: Fields, *counts: str, of: str = "") -> list[tuple[int, int]]:
    return [(f[c], f[f"{of}{c}_stride"]) for c in counts if c in f]


def _copy(opcode: Opcode, f: Fields, hardware: Hardware) -> Work:
    size = hardware.rows
    rows, planes = f["rows"], f["planes"]
    steps = np.arange(planes) * f["plane_stride"], np.arange(rows) * f["row_stride"]
    begins = (f["memory"] + np.add.outer(*steps)).ravel()
    first = begins // size
    last = (begins + f["row_bytes"] - 1) // size
    touched = last - first + 1
    bursts = last // BURST_WORDS - first // BURST_WORDS + 1
    local = -(-(f.get("before", 0) + f["row_bytes"] + f.get("after", 0)) // size)
    padding = f.get("top", 0) + f.get("bottom", 0)
    cycles = float(np.maximum(touched, local).sum() + planes * padding * local)
    nest = [(planes, f["local_plane_stride"]), (rows + padding, f["local_row_stride"])]
    shares = _spread(f["local"], nest, hardware.banks, hardware.scratchpad_words, local)
    shares *= planes * (rows + padding) * local / cycles
    work = Work(UNITS[opcode], cycles, int(touched.sum()), int(bursts.sum()))
    if opcode is Opcode.STORE:
        work.reads = shares
    else:
        work.writes = shares
    return work


def _products(opcode: Opcode, f: Fields, hardware: Hardware) -> Work:
    tiles, vectors = prod(f[k] for k in _K), prod(f[n] for n in _N)
    packed = bool(f.get("packed", 0))
    words = hardware.rows // 2 if packed else hardware.rows
    least = max(words, 4)
    banks, depth = hardware.banks, hardware.scratchpad_words
    nest = kept(f)
    reads = _spread(nest["local"], _nest(nest, *_K, *_N), banks, depth)
    made = vectors
    stored = tiles if opcode is Opcode.DEPTHWISE else tiles * words
    slide = slide_of(f, hardware) if opcode is Opcode.DEPTHWISE else None
    if slide:
        tiles, vectors, words, least = 1, slide.words, TAPS, TAPS
    weights = _spread(f["weights"], [], banks, depth, stored)
    # Vectors go first: rows of weights wait while their bank is read
    free = 1 - float((reads * weights).sum())
    tile = vectors + max(least - free * vectors, 0)
    share = vectors / tile
    sums = _spread(f["accumulator"], [], 2, hardware.accumulator_rows, made)
    return Work(
        Unit.ARRAY,
        (tiles - 1) * tile + vectors,
        reads=reads * share + weights * (words / tile),
        sums=sums * (made / tile),
        vectors=vectors,
        weight_rows=least,
        base=f["accumulator"],
        slide=slide,
        adds=bool(f["accumulate"]),
    )


def _vector(opcode: Opcode, f: Fields, hardware: Hardware) -> Work:
    made = f["n0"] * f["n1"]
    asked = 2 if opcode is Opcode.ADD else f.get("k0", 1) * f.get("k1", 1)
    each = max(asked, hardware.beats)
    banks, depth = hardware.banks, hardware.scratchpad_words
    writes = _spread(f["local"], _nest(f, "n0", "n1", of="local_"), banks, depth)
    work = Work(Unit.VECTOR, made * each, writes=writes / each)
    nest = _nest(f, "n0", "n1", "k0", "k1", of="source_")
    if opcode is Opcode.REQUANTIZE:
        work.sums = _spread(f["source"], nest, 2, hardware.accumulator_rows) / each
        return work
    reads = _spread(f["source"], nest, banks, depth)
    if opcode is Opcode.ADD:
        other = _spread(f["operand"], _nest(f, "n0", "n1", of="operand_"), banks, depth)
        work.reads = (reads + other) / each
    else:
        work.reads = reads * (asked / each)
    return work


def work_of(opcode: Opcode, f: Fields, hardware: Hardware) -> Work:
    """Return what a descriptor's command takes; the loops' numbers are added already."""
    if opcode in (Opcode.LOAD, Opcode.STORE):
        return _copy(opcode, f, hardware)
    if opcode in (Opcode.MATMUL, Opcode.DEPTHWISE):
        return _products(opcode, f, hardware)
    return _vector(opcode, f, hardware)
