# SPDX-License-Identifier: MIT
"""REQUANTIZE, ADD, MAXIMUM and MEAN on arrays.

Of scales that are not finite: NaN counts as infinity of its sign, infinity times zero is zero, so
is infinity less infinity.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .matmul import grid

__all__ = ["add", "maximum", "mean", "requantize", "vector"]

_Floats = NDArray[np.float32]
_Words = NDArray[np.int8]

_LEAST = np.float32(2.0**-126)  # of the numbers that are not subnormal


def _flushed(values: _Floats) -> _Floats:
    """Make subnormals zero, of their sign."""
    small: _Floats = np.where(np.abs(values) < _LEAST, np.copysign(np.float32(0), values), values)
    return small


def _scaled(values: NDArray[np.int32], scale: _Floats) -> _Floats:
    """``f32(value) * scale``."""
    infinite = np.copysign(np.float32(np.inf), scale)
    factors = _flushed(np.where(np.isnan(scale), infinite, scale).astype(np.float32))
    with np.errstate(all="ignore"):
        product = values.astype(np.float32) * factors
    product[np.isnan(product)] = 0  # zero times infinity
    return _flushed(product)


def _clipped(values: NDArray[np.int32], minimum: int, maximum: int) -> _Words:
    return np.minimum(np.maximum(values, minimum), maximum).astype(np.int8)


def _rounded(values: _Floats, zero_point: int, minimum: int, maximum: int) -> _Words:
    """``clip(rne(value) + zero_point)``."""
    # ±1024 is beyond what a zero point brings back into any limits, and fits every integer
    whole = np.clip(np.rint(values), -1024, 1024).astype(np.int32) + np.int32(zero_point)
    return _clipped(whole, minimum, maximum)


def requantize(
    sums: NDArray[np.int32],
    bias: NDArray[np.int32],
    scale: _Floats,
    *,
    zero_point: int = 0,
    minimum: int = -128,
    maximum: int = 127,
) -> _Words:
    """``clip(rne(f32(sum + bias) * scale) + zero_point)``, column by column.

    ``bias`` and ``scale`` have one value per column; sums with bias wrap modulo 2³².
    """
    wrapped = (sums.astype(np.int64) + bias).astype(np.int32)
    return _rounded(_scaled(wrapped, scale), zero_point, minimum, maximum)


def add(
    source: NDArray[np.signedinteger[Any]],
    operand: NDArray[np.signedinteger[Any]],
    *,
    source_scale: np.float32 | _Floats,
    operand_scale: np.float32 | _Floats,
    source_zero: int = 0,
    operand_zero: int = 0,
    zero_point: int = 0,
    minimum: int = -128,
    maximum: int = 127,
) -> _Words:
    """``clip(rne(scaled a + scaled b) + zero_point)``, element by element.

    Scaled a is ``f32(a - source_zero) * source_scale``; b likewise, the operand's.
    """
    first = _scaled(source.astype(np.int32) - source_zero, np.asarray(source_scale))
    second = _scaled(operand.astype(np.int32) - operand_zero, np.asarray(operand_scale))
    with np.errstate(all="ignore"):
        total = first + second
    total[np.isnan(total)] = 0  # infinity less infinity
    return _rounded(_flushed(total), zero_point, minimum, maximum)


def maximum(windows: _Words, *, minimum: int = -128, maximum: int = 127) -> _Words:
    """``clip(largest)`` along the axis before the last: one word of each window."""
    return _clipped(windows.max(axis=-2).astype(np.int32), minimum, maximum)


def mean(
    windows: _Words,
    *,
    source_scale: np.float32 | _Floats,
    source_zero: int = 0,
    zero_point: int = 0,
    minimum: int = -128,
    maximum: int = 127,
) -> _Words:
    """``clip(rne(f32(Σ (a - source_zero)) * source_scale) + zero_point)`` of each window.

    Windows lie along the axis before the last; sums wrap modulo 2³².
    """
    sums = windows.sum(axis=-2, dtype=np.int64) - source_zero * windows.shape[-2]
    scaled = _scaled(sums.astype(np.int32), np.asarray(source_scale))
    return _rounded(scaled, zero_point, minimum, maximum)


def _scale(bits: int) -> np.float32:
    return np.float32(np.array(bits, np.uint32).view(np.float32))


def vector(
    opcode: str,
    scratchpad: _Words,
    accumulator: NDArray[np.int32],
    fields: dict[str, int],
) -> None:
    """Carry out ``opcode``: ``scratchpad`` of words × rows, changed in place.

    It reads everything before it writes anything.
    """
    f = fields

    def places(name: str) -> NDArray[np.int64]:
        return grid(f[name], *((f[n], f[f"{name}_{n}_stride"]) for n in ("n0", "n1")))

    def windows() -> _Words:
        inside = grid(0, *((f[k], f[f"source_{k}_stride"]) for k in ("k0", "k1")))
        return scratchpad[np.add.outer(places("source"), inside)]

    clip = {name: f[name] for name in ("minimum", "maximum")}
    moved = clip | {name: f[name] for name in ("source_zero", "zero_point") if name in f}
    if opcode == "REQUANTIZE":
        size = scratchpad.shape[1]
        raw = scratchpad[f["parameters"] :][:8].tobytes()
        biases, scales = np.frombuffer(raw, "<i4", size), np.frombuffer(raw, "<f4", size, 4 * size)
        made = requantize(accumulator[places("source")], biases, scales, **moved)
    elif opcode == "ADD":
        made = add(
            scratchpad[places("source")],
            scratchpad[places("operand")],
            source_scale=_scale(f["source_scale"]),
            operand_scale=_scale(f["operand_scale"]),
            operand_zero=f["operand_zero"],
            **moved,
        )
    elif opcode == "MAXIMUM":
        made = maximum(windows(), **clip)
    elif opcode == "MEAN":
        made = mean(windows(), source_scale=_scale(f["source_scale"]), **moved)
    else:
        raise ValueError(f"opcode must be one of the vector unit's, not {opcode!r}")
    # of two writes to one place the later stays
    local, last = np.unique(places("local")[::-1], return_index=True)
    scratchpad[local] = made[::-1][last]
