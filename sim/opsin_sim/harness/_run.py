# SPDX-License-Identifier: MIT
"""A run of a loaded model: arrays in, clock, arrays out."""

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from amaranth.hdl import Shape, ShapeLike
from numpy.typing import NDArray

from ._instance import Instance
from ._native import FAULT, LIMIT, Job, Memory, Stream
from .errors import MemoryFault, SimulationTimeout
from .packing import container
from .ports import Boundary

__all__ = ["Progress", "Run", "RunSettings", "execute"]

_CHUNK = 100_000  # cycles between looks at Ctrl-C and reports of progress
_NOWHERE = ctypes.create_string_buffer(8)  # buffer of streams that do not take part


@dataclass(frozen=True)
class Run:
    """What a run did: the cycles it took and what each sink received, packed."""

    cycles: int
    outputs: dict[str, NDArray[Any]]


class Progress(NamedTuple):
    """How far a run has come: cycles, payloads moved, payloads to move in all."""

    cycles: int
    moved: int
    total: int


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """Everything of a run that is not data; see :meth:`Model.run`."""

    until: str | None = None
    cycles: int | None = None
    idle: float = 0.0
    stall: float = 0.0
    latency: int = 0
    seed: int = 1
    timeout: int = 10_000_000
    progress: Callable[[Progress], None] | None = None

    def __post_init__(self) -> None:
        for name in ("idle", "stall"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be in 0..1 and below 1, not {getattr(self, name)!r}")
        for name in ("latency", "timeout"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, not {getattr(self, name)!r}")
        if self.until is not None and self.cycles is not None:
            raise ValueError("until and cycles must not be given together")

    def job(self) -> Job:
        """Return the part the compiled loop reads."""
        return Job(
            latency=self.latency,
            # any seed, also 0, gives a state that is not 0
            random=(self.seed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) % (1 << 64) | 1,
            idle=int(self.idle * 2**32),
            stall=int(self.stall * 2**32),
            endless=self.cycles is not None,
        )


def execute(
    instance: Instance,
    boundary: Boundary,
    sources: Mapping[str, NDArray[Any]],
    sinks: Mapping[str, int | None],
    memory: Mapping[str, NDArray[Any]],
    settings: RunSettings,
) -> Run:
    """Run and leave every stream idle."""
    _known("sources", sources, boundary.sources)
    _known("sinks", sinks, boundary.sinks)
    _known("memory", memory, boundary.memories)
    if settings.until is not None:
        _known("until", [settings.until], boundary.outputs)
    elif settings.cycles is None and not sources and not any(n is not None for n in sinks.values()):
        raise ValueError("a run must have sources, sinks, until or cycles to know its end")
    shapes = boundary.sources | boundary.sinks
    kept: dict[str, NDArray[Any]] = {
        name: _checked(name, shapes[name], array) for name, array in sources.items()
    }
    for name, count in sinks.items():
        if count is not None:
            kept[name] = _room(shapes[name], count)
    for name, stream in instance.streams.items():
        stream.offered = stream.moved = stream.count = 0
        stream.buffer = ctypes.addressof(_NOWHERE)
        if name in kept:
            stream.buffer, stream.count = kept[name].ctypes.data, len(kept[name])
        elif name in sinks:
            stream.buffer = None
    for name, port in instance.memories.items():
        port.data = _bytes(name, memory[name]) if name in memory else None
        port.size = len(memory[name]) if name in memory else 0

    job = settings.job()
    job.clock = instance.port("clk")
    job.until = None if settings.until is None else instance.port(settings.until)
    job.streams, job.stream_count = ctypes.addressof(instance.stream_table), len(instance.streams)
    job.memories, job.memory_count = ctypes.addressof(instance.memory_table), len(instance.memories)
    end = settings.timeout if settings.cycles is None else settings.cycles
    try:
        result = LIMIT
        while result == LIMIT and job.cycles < end:
            job.limit = min(end, job.cycles + _CHUNK)
            result = instance.run(job)
            if settings.progress is not None:
                moving = [s for name, s in instance.streams.items() if name in kept]
                total = sum(s.count for s in moving)
                settings.progress(Progress(job.cycles, sum(s.moved for s in moving), total))
    finally:
        _quiet(instance)
    if result == FAULT:
        raise MemoryFault(_fault(instance, job))
    if result == LIMIT and settings.cycles is None:
        raise SimulationTimeout(_open(instance, kept, sources, settings))
    outputs = {n: kept[n][: instance.streams[n].moved] for n in sinks if n in kept}
    return Run(job.cycles, outputs)


def _known(what: str, names: Any, known: Any) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{what} must be of {list(known)}, not {name!r}")


def _checked(name: str, shape: ShapeLike, array: NDArray[Any]) -> NDArray[Any]:
    dtype, per = container(Shape.cast(shape).width)
    tail = (per,) if per > 1 else ()
    if array.dtype != dtype or array.shape[1:] != tail or array.ndim < 1:
        wanted = f"({', '.join(map(str, ('n', *tail)))}) of {dtype}, as pack() makes it"
        raise ValueError(f"source {name} must be {wanted}, not {array.shape} of {array.dtype}")
    return np.ascontiguousarray(array)


def _room(shape: ShapeLike, count: int) -> NDArray[Any]:
    dtype, per = container(Shape.cast(shape).width)
    return np.zeros((count, per) if per > 1 else count, dtype=dtype)


def _bytes(name: str, array: NDArray[Any]) -> int:
    flags = array.flags
    if array.dtype != np.uint8 or array.ndim != 1 or not (flags.c_contiguous and flags.writeable):
        raise ValueError(f"memory {name} must be a contiguous, writable, flat array of uint8")
    return array.ctypes.data


def _quiet(instance: Instance) -> None:
    """Nothing valid, nothing ready; but memory keeps offering a word it has begun to offer."""
    for stream in instance.stream_table:
        ctypes.memset(stream.valid if stream.source else stream.ready, 0, 1)
        stream.buffer = ctypes.addressof(_NOWHERE)
    for port in instance.memory_table:
        ctypes.memset(port.request_ready, 0, 1)
        port.data = None
    instance.settle()


def _fault(instance: Instance, job: Job) -> str:
    name, port = list(instance.memories.items())[job.fault_memory]
    kind = "written" if job.fault_write else "read"
    return (
        f"{name}: word at {job.fault_address:#x} {kind} in cycle {job.cycles}; addresses must be "
        f"multiples of {port.word_bytes} within {port.size:#x} bytes"
    )


def _open(
    instance: Instance, kept: Mapping[str, Any], sources: Mapping[str, Any], settings: RunSettings
) -> str:
    parts = []
    for name in kept:
        stream: Stream = instance.streams[name]
        verb = "sent" if name in sources else "received"
        parts.append(f"{name} {verb} {stream.moved} of {stream.count}")
    for name, port in instance.memories.items():
        memory: Memory = port
        parts.append(f"{name} read {memory.reads} and wrote {memory.writes} words")
    if settings.until is not None:
        parts.append(f"{settings.until} stayed 0")
    return f"no end after {settings.timeout} cycles: {', '.join(parts)} (seed {settings.seed})"
