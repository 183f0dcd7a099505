# SPDX-License-Identifier: MIT
"""A run of a loaded model: arrays in, clock, arrays out."""

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from numpy.typing import NDArray

from ._binding import bind_memories, bind_streams, known, quiet
from ._instance import Instance, size_of
from ._native import FAULT, LIMIT, Job, Memory, Stream
from .errors import MemoryFault, SimulationTimeout
from .ports import Boundary

__all__ = ["Progress", "Run", "RunSettings", "execute"]

_SHAPE = 2
_CHUNK = 100_000  # cycles between looks at Ctrl-C and reports of progress


@dataclass(frozen=True)
class Run:
    """What a run did: the cycles it took and what each sink received, packed.

    ``traffic``: bytes of the words that each burst port moved.
    """

    cycles: int
    outputs: dict[str, NDArray[Any]]
    traffic: dict[str, int] = field(default_factory=dict)


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
    bandwidth: float | None = None
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
        if self.bandwidth is not None and self.bandwidth <= 0:
            raise ValueError(f"bandwidth must be positive, not {self.bandwidth!r}")
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
            bandwidth=self.bandwidth or 0,
            endless=self.cycles is not None,
        )


def execute(
    instance: Instance,
    boundary: Boundary,
    sources: Mapping[str, NDArray[Any]],
    sinks: Mapping[str, int | None],
    memory: Mapping[str, NDArray[Any]],
    refused: Mapping[str, range],
    settings: RunSettings,
) -> Run:
    """Run and leave every stream idle."""
    kept = bind_streams(instance, boundary, sources, sinks)
    bind_memories(instance, boundary, memory, refused)
    if settings.until is not None:
        known("until", [settings.until], boundary.outputs)
        if size_of(boundary.outputs[settings.until]) > 1:
            raise ValueError(f"until must be a port of at most 8 bits, not {settings.until!r}")
    elif settings.cycles is None and not sources and not any(n is not None for n in sinks.values()):
        raise ValueError("a run must have sources, sinks, until or cycles to know its end")
    job = settings.job()
    job.clock = instance.port("clk")
    job.until = None if settings.until is None else instance.port(settings.until)
    job.streams, job.stream_count = ctypes.addressof(instance.stream_table), len(instance.streams)
    job.memories, job.memory_count = ctypes.addressof(instance.memory_table), len(instance.memories)
    job.bursts, job.burst_count = ctypes.addressof(instance.burst_table), len(instance.bursts)
    before = {name: burst.moved for name, burst in instance.bursts.items()}
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
        quiet(instance)
    if result == FAULT:
        raise MemoryFault(_fault(instance, job))
    if result == LIMIT and settings.cycles is None:
        raise SimulationTimeout(_open(instance, kept, settings))
    outputs = {n: kept[n][: instance.streams[n].moved] for n in sinks if n in kept}
    traffic = {
        name: (burst.moved - before[name]) * burst.word_bytes
        for name, burst in instance.bursts.items()
    }
    return Run(job.cycles, outputs, traffic)


def _fault(instance: Instance, job: Job) -> str:
    name, port = list((instance.memories | instance.bursts).items())[job.fault_memory]
    kind = "written" if job.fault_write else "read"
    if job.fault_write == _SHAPE:
        return f"{name}: burst at {job.fault_address:#x} leaves its block, or ends early or late"
    return (
        f"{name}: word at {job.fault_address:#x} {kind} in cycle {job.cycles}; addresses must be "
        f"multiples of {port.word_bytes} within {port.size:#x} bytes"
    )


def _open(instance: Instance, kept: Mapping[str, Any], settings: RunSettings) -> str:
    parts = []
    for name in kept:
        stream: Stream = instance.streams[name]
        verb = "sent" if stream.source else "received"
        parts.append(f"{name} {verb} {stream.moved} of {stream.count}")
    for name, port in instance.memories.items():
        memory: Memory = port
        parts.append(f"{name} read {memory.reads} and wrote {memory.writes} words")
    for name, burst in instance.bursts.items():
        parts.append(f"{name} moved {burst.moved} words")
    if settings.until is not None:
        parts.append(f"{settings.until} stayed 0")
    return f"no end after {settings.timeout} cycles: {', '.join(parts)} (seed {settings.seed})"
