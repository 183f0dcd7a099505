# SPDX-License-Identifier: MIT
"""Operators that move no data: another view of the same values."""

from dataclasses import replace
from math import prod

import numpy as np
import onnx

from .builder import Builder
from .node import Node
from .values import Codes, Constant, FloatInput, Real, Value

__all__ = ["constant", "flatten", "identity", "reshape", "squeeze", "unsqueeze"]


def constant(builder: Builder, node: Node) -> Value:
    """Return a constant that is written into the graph."""
    node.only({"value", "value_int", "value_ints", "value_float", "value_floats"})
    ((name, value),) = node.attributes.items()
    if name == "value":
        return Constant(onnx.numpy_helper.to_array(value))
    return Constant(np.array(value, np.int64 if "int" in name else np.float32))


def identity(builder: Builder, node: Node) -> Value:
    """Return the value itself."""
    node.only(())
    value = builder.operand(node, 0)
    return _private(builder, node, value)


def reshape(builder: Builder, node: Node) -> Value:
    """Split and join dimensions of a sample."""
    node.only({"allowzero"})
    if isinstance(builder.operand(node, 0), Constant):
        raise node.refusal("a constant; fold constants first")
    wanted = [int(v) for v in builder.constant(node, 1, "its shape").ravel()]
    shape = _shape(builder, node)
    if node.want("allowzero", 0, among=[0, 1]) and 0 in wanted:
        raise node.refusal("an empty tensor")
    batch, *rest = wanted or [1]
    rest = [shape[i] if size == 0 and i < len(shape) else size for i, size in enumerate(rest)]
    if rest.count(-1) == 1 and batch != -1:
        rest[rest.index(-1)] = prod(shape) // max(prod(size for size in rest if size != -1), 1)
    kept = batch in (-1, 0) or (not builder.dynamic and batch == builder.batch)
    if not kept or -1 in rest or prod(rest) != prod(shape):
        sizes = ", ".join(map(str, shape))
        raise node.refusal(f"from (batch, {sizes}) to {wanted}: it must keep the batch")
    return _view(builder, node, tuple(rest))


def flatten(builder: Builder, node: Node) -> Value:
    """Join all dimensions of a sample."""
    node.only({"axis"})
    shape = _shape(builder, node)
    axis = int(node.attributes.get("axis", 1))
    axis += (len(shape) + 1) * (axis < 0)
    if axis < 1 or prod(shape[: axis - 1]) != 1:
        raise node.refusal(f"attribute axis = {axis}: it must keep the batch")
    return _view(builder, node, (prod(shape),))


def _axes(builder: Builder, node: Node, rank: int) -> list[int] | None:
    node.only({"axes"})
    axes = node.attributes.get("axes")
    if node.has(1):
        axes = builder.constant(node, 1, "its axes").ravel()
    if axes is None:
        return None
    return sorted(int(axis) + rank * (int(axis) < 0) for axis in axes)


def squeeze(builder: Builder, node: Node) -> Value:
    """Drop dimensions of size one."""
    shape = _shape(builder, node)
    axes = _axes(builder, node, len(shape) + 1)
    if axes is None:
        if builder.dynamic or builder.batch == 1:
            raise node.refusal("without axes it may drop the batch")
        axes = [axis for axis, size in enumerate(shape, 1) if size == 1]
    if any(axis < 1 or axis > len(shape) or shape[axis - 1] != 1 for axis in axes):
        raise node.refusal(f"axes {axes} of (batch, {', '.join(map(str, shape))})")
    return _view(
        builder, node, tuple(size for axis, size in enumerate(shape, 1) if axis not in axes)
    )


def unsqueeze(builder: Builder, node: Node) -> Value:
    """Add dimensions of size one."""
    shape = list(_shape(builder, node))
    given = builder.constant(node, 1, "its axes").size if node.has(1) else None
    count = len(node.attributes.get("axes", ())) if given is None else given
    axes = _axes(builder, node, len(shape) + 1 + count) or []
    if any(axis < 1 or axis > len(shape) + count for axis in axes):
        raise node.refusal(f"axes {axes}: the batch must stay first")
    for axis in axes:
        shape.insert(axis - 1, 1)
    return _view(builder, node, tuple(shape))


def _shape(builder: Builder, node: Node) -> tuple[int, ...]:
    value = builder.operand(node, 0)
    if isinstance(value, Codes | FloatInput):
        return value.shape
    if isinstance(value, Real):
        return value.codes.shape
    raise node.refusal(f"it reshapes {node.kind(value)}")


def _view(builder: Builder, node: Node, shape: tuple[int, ...]) -> Value:
    value = _private(builder, node, builder.operand(node, 0))
    if isinstance(value, Real):
        return replace(value, codes=replace(value.codes, shape=shape))
    assert isinstance(value, Codes | FloatInput)
    return replace(value, shape=shape)


def _private(builder: Builder, node: Node, value: Value) -> Value:
    """Forget that only one reads it, unless only one reads this view of it."""
    once = builder.once(node)
    if isinstance(value, Codes):
        return replace(value, private=value.private and once)
    if isinstance(value, Real):
        return replace(value, codes=replace(value.codes, private=value.codes.private and once))
    return value
