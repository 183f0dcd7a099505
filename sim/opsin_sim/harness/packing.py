# SPDX-License-Identifier: MIT
"""Arrays of stream payloads: from named fields to machine words and back.

A *packed* array has one element per payload, in the smallest of uint8, uint16, uint32 and uint64
that holds the payload's bits; payloads over 64 bits are rows of 32-bit words, lowest word first,
so the array is ``(n, words)`` of uint32.

The *fields* of a payload follow its shape: a number is an array ``(n,)``; a structure is a
dictionary of its members' fields; an array of ``length`` elements appends one axis to the fields of
its element. So ``Beat(Rgb(8), ppc=2)`` is ``{"pixel": {"r": (n, 2), "g": (n, 2), "b": (n, 2)},
"sof": (n,), "eol": (n,)}`` and ``Beat(unsigned(12))`` is ``{"pixel": (n, 1), "sof": …}``. A number
over 64 bits has a last axis of 32-bit words. Packing broadcasts: ``"sof": 0`` is enough.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import data
from numpy.typing import NDArray

from ._bits import container, extract, insert, integers, resolve

__all__ = ["container", "pack", "unpack"]


class _Leaf(NamedTuple):
    """A number in a payload; ``offsets`` has one bit position per array element."""

    name: str
    shape: Shape
    offsets: NDArray[np.int64]
    values: NDArray[Any]


def pack(shape: ShapeLike, fields: Any) -> NDArray[Any]:
    """Put ``fields`` into the bits that ``shape`` gives them.

    Raises
    ------
    ValueError
        If a value does not fit its field, or fields are missing or unknown.
    TypeError
        If a value is not an integer.
    """
    leaves = list(_leaves(shape, fields, np.zeros((), np.int64), "payload"))
    counts = {x.values.shape[0] for x in leaves if x.values.ndim} - {1}
    if len(counts) > 1:
        raise ValueError(f"fields must have one length, not {sorted(counts)}")
    count = counts.pop() if counts else 1
    width = Shape.cast(shape).width
    words = np.zeros((count, max(1, -(-width // 64))), dtype=np.uint64)
    for name, number, offsets, values in leaves:
        wide = number.width > 64
        target = (count, *offsets.shape, *(values.shape[-1:] if wide else ()))
        try:
            spread = np.broadcast_to(values, target)
        except ValueError:
            raise ValueError(f"{name} must have shape {target}, not {values.shape}") from None
        for index, offset in np.ndenumerate(offsets):
            column = spread[(slice(None), *index)]
            if not wide:
                insert(words, column, int(offset), number.width)
            for k in range(-(-number.width // 32) if wide else 0):
                insert(words, column[:, k], int(offset) + 32 * k, min(32, number.width - 32 * k))
    dtype, per = container(width)
    if per == 1:
        return words[:, 0].astype(dtype)
    return np.ascontiguousarray(words.astype("<u8").view("<u4")[:, :per])


def unpack(shape: ShapeLike, packed: NDArray[Any]) -> Any:
    """Fields of a packed array: the reverse of :func:`pack`. Signed fields come back signed."""
    dtype, per = container(Shape.cast(shape).width)
    if packed.dtype != dtype or packed.shape[1:] != ((per,) if per > 1 else ()):
        raise ValueError(
            f"packed must be {(len(packed), per) if per > 1 else (len(packed),)} of {dtype}, "
            f"not {packed.shape} of {packed.dtype}"
        )
    if per == 1:
        words = packed[:, np.newaxis].astype(np.uint64)
    else:
        even = np.pad(packed, ((0, 0), (0, per % 2)))
        words = np.ascontiguousarray(even).astype("<u4").view("<u8").astype(np.uint64)
    return _fields(resolve(shape), words, np.zeros((), np.int64))


def _leaves(
    shape: ShapeLike, fields: Any, offsets: NDArray[np.int64], name: str
) -> Iterator[_Leaf]:
    shape = resolve(shape)
    if isinstance(shape, data.ArrayLayout):
        stride = Shape.cast(shape.elem_shape).width
        inner = offsets[..., np.newaxis] + stride * np.arange(shape.length)
        yield from _leaves(shape.elem_shape, fields, inner, name)
    elif isinstance(shape, data.Layout):
        members = dict(iter(shape))
        if not isinstance(fields, Mapping):
            raise TypeError(f"{name} must be a dictionary of fields, not {fields!r:.60}")
        if odd := fields.keys() - members.keys():
            raise ValueError(f"{name} must have the fields {list(members)}, not {sorted(odd)}")
        if not isinstance(shape, data.UnionLayout) and (gone := members.keys() - fields.keys()):
            raise ValueError(f"{name} must have the fields {list(members)}: {sorted(gone)} missing")
        for key, value in fields.items():
            field = members[key]
            yield from _leaves(field.shape, value, offsets + field.offset, f"{name}.{key}")
    else:
        yield _Leaf(name, shape, offsets, integers(name, shape, np.asarray(fields)))


def _fields(
    shape: data.Layout | Shape, words: NDArray[np.uint64], offsets: NDArray[np.int64]
) -> Any:
    if isinstance(shape, data.ArrayLayout):
        stride = Shape.cast(shape.elem_shape).width
        inner = offsets[..., np.newaxis] + stride * np.arange(shape.length)
        return _fields(resolve(shape.elem_shape), words, inner)
    if isinstance(shape, data.Layout):
        return {
            key: _fields(resolve(field.shape), words, offsets + field.offset)
            for key, field in iter(shape)
        }
    dtype, per = container(shape.width)
    tail = (per,) if per > 1 else ()
    result = np.zeros((len(words), *offsets.shape, *tail), dtype=dtype)
    for index, offset in np.ndenumerate(offsets):
        for k in range(per):
            width = min(32, shape.width - 32 * k) if per > 1 else shape.width
            where = (slice(None), *index, *((k,) if per > 1 else ()))
            if width:
                result[where] = extract(words, int(offset) + 32 * k, width)
    if shape.signed and shape.width and per == 1:
        # shift the sign bit to the container's top and back
        spare = 8 * dtype.itemsize - shape.width
        return (result << dtype.type(spare)).view(f"int{8 * dtype.itemsize}") >> spare
    return result
