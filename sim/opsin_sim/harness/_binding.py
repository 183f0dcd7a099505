# SPDX-License-Identifier: MIT
"""Arrays of a run, checked and handed to the compiled loop."""

import ctypes
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from amaranth.hdl import Shape, ShapeLike
from numpy.typing import NDArray

from ._bits import container
from ._instance import Instance
from .ports import Boundary

__all__ = ["bind_memories", "bind_streams", "known", "quiet"]

_NOWHERE = ctypes.create_string_buffer(8)  # buffer of streams that do not take part


def known(what: str, names: Iterable[str], allowed: Iterable[str]) -> None:
    """Raise ValueError unless every name is allowed."""
    for name in names:
        if name not in allowed:
            raise ValueError(f"{what} must be of {list(allowed)}, not {name!r}")


def bind_streams(
    instance: Instance,
    boundary: Boundary,
    sources: Mapping[str, NDArray[Any]],
    sinks: Mapping[str, int | None],
) -> dict[str, NDArray[Any]]:
    """Set up the streams of a run; returns the arrays behind them, which must live as long."""
    known("sources", sources, boundary.sources)
    known("sinks", sinks, boundary.sinks)
    arrays = {name: _checked(name, boundary.sources[name], a) for name, a in sources.items()}
    for name, count in sinks.items():
        if count is not None:
            dtype, per = container(Shape.cast(boundary.sinks[name]).width)
            arrays[name] = np.zeros((count, per) if per > 1 else count, dtype=dtype)
    for name, stream in instance.streams.items():
        stream.offered = stream.moved = stream.count = 0
        stream.buffer = ctypes.addressof(_NOWHERE)
        if name in arrays:
            stream.buffer, stream.count = arrays[name].ctypes.data, len(arrays[name])
        elif name in sinks:
            stream.buffer = None
    return arrays


def bind_memories(
    instance: Instance,
    boundary: Boundary,
    memory: Mapping[str, NDArray[Any]],
    refused: Mapping[str, range],
) -> None:
    """Set up the memories of a run; the arrays must live as long."""
    known("memory", memory, boundary.served)
    known("refused", refused, boundary.bursts)
    for name, array in memory.items():
        flags = array.flags
        flat = array.ndim == 1 and flags.c_contiguous and flags.writeable
        if array.dtype != np.uint8 or not flat:
            raise ValueError(f"memory {name} must be a contiguous, writable, flat array of uint8")
    for name, burst in instance.bursts.items():
        none = refused.get(name, range(0))
        burst.refused_begin, burst.refused_end = none.start, none.stop
    for name, port in (instance.memories | instance.bursts).items():
        port.data = memory[name].ctypes.data if name in memory else None
        port.size = len(memory[name]) if name in memory else 0


def quiet(instance: Instance) -> None:
    """Nothing valid, nothing ready; but memory keeps offering a word it has begun to offer."""
    for stream in instance.stream_table:
        ctypes.memset(stream.valid if stream.source else stream.ready, 0, 1)
        stream.buffer = ctypes.addressof(_NOWHERE)
    for port in [*instance.memory_table, *instance.burst_table]:
        ctypes.memset(port.request_ready, 0, 1)
        port.data = None
    for burst in instance.burst_table:
        if burst.write:
            ctypes.memset(burst.words_ready, 0, 1)
    instance.settle()


def _checked(name: str, shape: ShapeLike, array: NDArray[Any]) -> NDArray[Any]:
    width = Shape.cast(shape).width
    dtype, per = container(width)
    tail = (per,) if per > 1 else ()
    if array.dtype != dtype or array.shape[1:] != tail or array.ndim < 1:
        wanted = f"({', '.join(map(str, ('n', *tail)))}) of {dtype}, as pack() makes it"
        raise ValueError(f"source {name} must be {wanted}, not {array.shape} of {array.dtype}")
    # the compiled model takes it for granted that bits beyond the port are 0
    top = array[:, -1] if per > 1 else array
    if top.size and int(top.max()) >> (width - 8 * dtype.itemsize * (per - 1)):
        raise ValueError(f"source {name} must have payloads of {width} bits, not more")
    return np.ascontiguousarray(array)
