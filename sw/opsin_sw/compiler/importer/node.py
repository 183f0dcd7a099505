# SPDX-License-Identifier: MIT
"""One ONNX node, with its attributes checked, and the words in which it is refused."""

from collections.abc import Iterable
from typing import Any

import onnx

from ...errors import UserError
from .values import Value

__all__ = ["Node"]


class Node:
    """Name, inputs and attributes of a node.

    Parameters
    ----------
    proto : onnx.NodeProto
        The node.
    opset : int
        Version of the operator set it is read by.
    """

    def __init__(self, proto: onnx.NodeProto, opset: int) -> None:
        self.operator = proto.op_type
        self.domain = proto.domain
        self.inputs = list(proto.input)
        self.output = proto.output[0] if proto.output else ""
        self.outputs = [name for name in proto.output if name]
        self.name = proto.name or self.output
        self.opset = opset
        self.attributes: dict[str, Any] = {
            a.name: onnx.helper.get_attribute_value(a) for a in proto.attribute
        }

    def refusal(self, reason: str) -> UserError:
        """Error that names operator, node and ``reason``."""
        return UserError(
            f"operator {self.operator} (node '{self.name}') is not supported: {reason}"
        )

    def only(self, known: Iterable[str]) -> None:
        """Refuse attributes other than ``known``."""
        for name in self.attributes:
            if name not in known:
                raise self.refusal(f"attribute {name}")

    def want(self, name: str, default: Any, *, among: Iterable[Any]) -> Any:
        """Return an attribute whose value must be one of ``among``."""
        value = self.attributes.get(name, default)
        value = value.decode() if isinstance(value, bytes) else value
        if value not in among:
            raise self.refusal(f"attribute {name} = {value}")
        return value

    def pair(self, name: str, rank: int, *, minimum: int) -> tuple[int, int]:
        """Attribute of ``rank`` (1 or 2) numbers, all ones if absent, as (vertical, horizontal)."""
        values = [int(v) for v in self.attributes.get(name, [1] * rank)]
        if len(values) != rank or min(values) < minimum:
            raise self.refusal(f"attribute {name} = {values}")
        return (1, values[0]) if rank == 1 else (values[0], values[1])

    def has(self, index: int) -> bool:
        """Whether the optional input is there."""
        return len(self.inputs) > index and bool(self.inputs[index])

    def kind(self, value: Value) -> str:
        """How a value is called in a refusal."""
        return {
            "Constant": "a constant",
            "Parameter": "a constant",
            "FloatInput": "a float graph input",
            "Codes": "an integer tensor",
            "Real": "a tensor",
            "Sum": "a float result that was not quantized",
            "Pending": "a float result that was not quantized",
        }[type(value).__name__]
