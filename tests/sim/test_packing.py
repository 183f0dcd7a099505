# SPDX-License-Identifier: MIT
"""Packing against the shapes' own constants."""

import random
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Const, Shape, ShapeLike, signed, unsigned
from amaranth.lib import data

from opsin.common.memory_port import MemoryRequest
from opsin.common.video import Beat, Rgb
from opsin_sim.harness import pack, unpack

SHAPES: dict[str, ShapeLike] = {
    "number": unsigned(12),
    "signed": signed(5),
    "grey": Beat(unsigned(12)),
    "colour": Beat(Rgb(8), ppc=2),
    "wide": Beat(Rgb(12), ppc=4),
    "request": MemoryRequest(4),
    "mixed": data.StructLayout({"a": signed(3), "b": data.ArrayLayout(signed(9), 5), "c": 60}),
    "nested": data.ArrayLayout(data.ArrayLayout(signed(7), 3), 4),
}


def draw(rng: random.Random, shape: Any) -> Any:
    """Random value in the form that the shape's ``const()`` takes."""
    if isinstance(shape, data.ArrayLayout):
        return [draw(rng, shape.elem_shape) for _ in range(shape.length)]
    if isinstance(shape, data.Layout):
        return {key: draw(rng, field.shape) for key, field in shape}
    plain = Shape.cast(shape)
    low = -(1 << (plain.width - 1)) if plain.signed else 0
    return low + rng.randrange(1 << plain.width)


def stack(shape: Any, values: list[Any]) -> Any:
    """Values of many payloads in the form of :func:`pack`: arrays at the leaves."""
    if isinstance(shape, data.ArrayLayout):
        columns = [stack(shape.elem_shape, list(column)) for column in zip(*values, strict=True)]
        return join(columns)
    if isinstance(shape, data.Layout):
        return {key: stack(field.shape, [v[key] for v in values]) for key, field in shape}
    return np.array(values)


def join(columns: list[Any]) -> Any:
    """Elements of an array become an axis, the first after the payloads'."""
    if isinstance(columns[0], dict):
        return {key: join([column[key] for column in columns]) for key in columns[0]}
    return np.stack(columns, axis=1)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return np.array_equal(a, b)


@pytest.mark.parametrize("name", SHAPES)
def test_equals_constants(name: str) -> None:
    shape = SHAPES[name]
    rng = random.Random(name)
    values = [draw(rng, shape) for _ in range(50)]
    fields = stack(shape, values)
    packed = pack(shape, fields)
    for value, row in zip(values, packed, strict=True):
        const = shape.const(value) if isinstance(shape, data.Layout) else Const(value, shape)
        bits = Const.cast(const).value & ((1 << Shape.cast(shape).width) - 1)
        assert sum(int(word) << (32 * k) for k, word in enumerate(np.atleast_1d(row))) == bits
    assert same(unpack(shape, packed), fields)


def test_number_over_64_bits() -> None:
    shape = data.StructLayout({"flag": 1, "word": unsigned(80)})
    words = np.array([[1, 2, 3], [0xFFFFFFFF, 5, 0xFFFF]], dtype=np.uint32)
    packed = pack(shape, {"flag": 1, "word": words})
    assert packed.shape == (2, 3)
    assert packed[0].tolist() == [3, 4, 6]
    assert np.array_equal(unpack(shape, packed)["word"], words)


def test_broadcasts() -> None:
    packed = pack(Beat(unsigned(8), ppc=2), {"pixel": [[1, 2], [3, 4]], "sof": [1, 0], "eol": 0})
    assert packed.dtype == np.uint32
    assert packed.tolist() == [0x10201, 0x00403]


@pytest.mark.parametrize(
    ("fields", "kind", "message"),
    [
        ({"pixel": [[256]], "sof": 0, "eol": 0}, ValueError, r"pixel must be in 0\.\.255, not 256"),
        ({"pixel": [[-1]], "sof": 0, "eol": 0}, ValueError, r"pixel must be in 0\.\.255, not -1"),
        ({"pixel": [[1]], "sof": 0}, ValueError, "'eol'"),
        ({"pixel": [[1]], "sof": 0, "eol": 0, "x": 0}, ValueError, "'x'"),
        ({"pixel": [[0.5]], "sof": 0, "eol": 0}, TypeError, "pixel must be integers"),
        ({"pixel": [[1, 2]], "sof": 0, "eol": 0}, ValueError, "pixel must have shape"),
        ({"pixel": [[1]] * 3, "sof": [0, 1], "eol": 0}, ValueError, "one length"),
        (3, TypeError, "dictionary"),
    ],
)
def test_rejects(fields: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        pack(Beat(unsigned(8)), fields)


def test_unpack_rejects_other_containers() -> None:
    with pytest.raises(ValueError, match=r"packed must be \(3,\) of uint16, not \(3,\) of uint8"):
        unpack(unsigned(12), np.zeros(3, np.uint8))
