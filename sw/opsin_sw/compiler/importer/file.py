# SPDX-License-Identifier: MIT
"""ONNX files, read and checked."""

from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx.external_data_helper import load_external_data_for_model

from ...errors import UserError

__all__ = ["OPSETS", "opset", "read"]

OPSETS = range(10, 24)
"""Versions of the ONNX operator set whose Q/DQ operators and layers are known here."""


def read(path: Path) -> onnx.ModelProto:
    """Parse and check a model file.

    Raises
    ------
    UserError
        If it is missing, cut off, or no ONNX model.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError:
        raise UserError(f"{path}: not an ONNX model, or cut off") from None
    if not model.ir_version or not model.graph.output:
        raise UserError(f"{path}: not an ONNX model, or cut off")
    version = opset(model)
    if version not in OPSETS:
        raise UserError(
            f"{path}: operator set {version} is not supported; {OPSETS[0]} to {OPSETS[-1]} are"
        )
    try:
        onnx.checker.check_model(model)
        load_external_data_for_model(model, str(path.parent))
    except (onnx.checker.ValidationError, OSError, ValueError) as error:
        line = " ".join(str(error).split())
        raise UserError(f"{path}: not a valid ONNX model: {line[:200]}") from None
    return model


def opset(model: onnx.ModelProto) -> int:
    """Version of the default operator set; 0 if the model names none."""
    versions = [s.version for s in model.opset_import if s.domain in ("", "ai.onnx")]
    return max(versions, default=0)
