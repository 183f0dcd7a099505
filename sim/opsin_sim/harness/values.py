# SPDX-License-Identifier: MIT
"""Values of single ports: from what a person writes to bits, checked, and back."""

from collections.abc import Mapping
from enum import Enum
from operator import index
from typing import Any

from amaranth.hdl import Const, Shape, ShapeCastable, ShapeLike
from amaranth.lib import data

from ._bits import resolve

__all__ = ["encode", "signed"]


def encode(name: str, shape: ShapeLike, value: Any) -> int:
    """Bits of ``value`` in a port ``name`` of ``shape``.

    Raises
    ------
    ValueError
        If it does not fit; a number is never cut.
    TypeError
        If it is of the wrong kind.
    """
    layout = resolve(shape)
    if isinstance(value, data.Const):
        return Const.cast(value).value
    if isinstance(layout, data.ArrayLayout) and not isinstance(value, int):
        if len(value) != layout.length:
            raise ValueError(f"{name} must have {layout.length} elements, not {len(value)}")
        stride = Shape.cast(layout.elem_shape).width
        return sum(
            encode(f"{name}[{k}]", layout.elem_shape, element) << (k * stride)
            for k, element in enumerate(value)
        )
    if isinstance(layout, data.Layout) and isinstance(value, Mapping):
        fields = dict(iter(layout))
        if odd := value.keys() - fields.keys():
            raise ValueError(f"{name} must have the fields {list(fields)}, not {sorted(odd)}")
        return sum(
            encode(f"{name}.{key}", fields[key].shape, part) << fields[key].offset
            for key, part in value.items()
        )
    return _number(name, shape, value)


def signed(shape: Shape, bits: int) -> int:
    """Read ``bits`` as a number of ``shape``."""
    negative = shape.signed and bits >> (shape.width - 1) & 1
    return bits - (1 << shape.width) if negative else bits


def _number(name: str, shape: ShapeLike, value: Any) -> int:
    plain = Shape.cast(shape)
    if isinstance(value, Enum):
        value = value.value
    try:
        number = index(value)
    except TypeError:
        if not isinstance(shape, ShapeCastable):
            raise TypeError(f"{name} must be an integer, not {value!r}") from None
        number = Const.cast(shape.const(value)).value
    low = -(1 << (plain.width - 1)) if plain.signed else 0
    high = low + (1 << plain.width) - 1
    if not low <= number <= high:
        raise ValueError(f"{name} must be in {low}..{high}, not {number}")
    return number & ((1 << plain.width) - 1)
