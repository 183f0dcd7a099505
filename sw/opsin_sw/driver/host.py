# SPDX-License-Identifier: MIT
"""What the host does: check, quantize and lay out inputs; collect and dequantize outputs."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..compiler.graph import Dense, Quantization
from ..compiler.layout import pack, unpack
from ..compiler.ports import InputPort, OutputPort, Placement
from ..compiler.program import Program
from ..errors import UserError

__all__ = ["check", "dequantize", "quantize", "read", "write"]

_RANGES = {"uint8": (0, 255), "int8": (-128, 127)}


def quantize(real: NDArray[np.float32], to: Quantization) -> NDArray:
    """QuantizeLinear: float32 division, round to nearest even, saturate."""
    low, high = (limit - to.zero_point for limit in _RANGES[to.dtype])
    with np.errstate(over="ignore"):
        steps = np.rint(real / np.float32(to.scale))
    return (np.clip(steps, low, high).astype(np.int32) + to.zero_point).astype(to.dtype)


def dequantize(codes: NDArray, by: Quantization) -> NDArray[np.float32]:
    """DequantizeLinear: one float32 multiplication."""
    return (codes.astype(np.int32) - by.zero_point).astype(np.float32) * np.float32(by.scale)


def check(program: Program, inputs: Mapping[str, NDArray]) -> tuple[dict[str, NDArray], int]:
    """Arrays by input name, and how many samples they hold.

    A single array may have any name if there is only one input.
    """
    ports = {port.name: port for port in program.inputs}
    if len(ports) == len(inputs) == 1:
        inputs = dict(zip(ports, inputs.values(), strict=True))
    if inputs.keys() != ports.keys():
        raise UserError(
            f"inputs must be {', '.join(map(repr, ports))}, not "
            f"{', '.join(map(repr, inputs)) or 'none'}"
        )
    for name, port in ports.items():
        _check(port, inputs[name])
    counts = {len(array) for array in inputs.values()}
    if len(counts) != 1:
        raise UserError(f"inputs differ in their number of samples: {sorted(counts)}")
    return dict(inputs), counts.pop()


def _check(port: InputPort, array: NDArray) -> None:
    if array.dtype != port.dtype:
        raise UserError(f"input '{port.name}' must be {port.dtype}, not {array.dtype}")
    if array.shape[1:] != port.shape or array.ndim == 0 or len(array) == 0:
        wanted = ", ".join(map(str, ("samples", *port.shape)))
        raise UserError(f"input '{port.name}' must be of shape ({wanted}), not {array.shape}")
    if port.dtype == "float32" and np.isnan(array).any():
        raise UserError(f"input '{port.name}' contains NaN")


def write(program: Program, memory: NDArray[np.uint8], inputs: Mapping[str, NDArray]) -> None:
    """Put up to a batch of samples into memory; those missing become zero."""
    for port in program.inputs:
        for place in port.placements:
            codes = inputs[port.name]
            if place.quantization:
                codes = quantize(codes, place.quantization)
            shift = 128 if codes.dtype == np.uint8 else 0
            signed = (codes.astype(np.int16) - shift).astype(np.int8)
            view = signed.reshape(-1, *place.view).transpose(0, *(a + 1 for a in place.axes))
            data = _lines(view, place.dense) if place.dense else pack(view, program.config.rows)
            area = _area(program, memory, place)
            area[: len(data)] = data
            area[len(data) :] = 0


def _lines(pictures: NDArray[np.int8], dense: Dense) -> NDArray[np.uint8]:
    """Pixels without gaps, padded at the sides."""
    columns = np.arange(dense.width) - dense.before
    width = pictures.shape[2]
    taken = pictures[:, :, np.clip(columns, 0, width - 1)]
    taken[:, :, (columns < 0) | (columns >= width)] = dense.fill
    return np.ascontiguousarray(taken).view(np.uint8).ravel()


def read(program: Program, memory: NDArray[np.uint8], count: int) -> dict[str, NDArray]:
    """Return outputs of the first ``count`` samples."""
    return {port.name: _read(program, memory, port)[:count] for port in program.outputs}


def _read(program: Program, memory: NDArray[np.uint8], port: OutputPort) -> NDArray:
    place = port.placement
    data = _area(program, memory, place)
    stored = unpack(data, (program.batch, *place.shape), program.config.rows)
    back = np.argsort(place.axes) + 1
    shift = 128 if port.dtype == "uint8" else 0
    codes = (stored.transpose(0, *back).astype(np.int16) + shift).astype(port.dtype)
    codes = codes.reshape(program.batch, *port.shape)
    return dequantize(codes, place.quantization) if place.quantization else codes


def _area(program: Program, memory: NDArray[np.uint8], place: Placement) -> NDArray[np.uint8]:
    size = place.size(program.batch, program.config.rows)
    return memory[place.address : place.address + size]
