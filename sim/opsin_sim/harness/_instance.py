# SPDX-License-Identifier: MIT
"""One loaded model: its ports' addresses and the tables the compiled loop reads."""

import ctypes
import os
import weakref
from pathlib import Path
from typing import Any

from amaranth.hdl import Shape, ShapeLike

from . import _native
from ._bits import container
from .ports import Boundary

__all__ = ["Instance", "size_of"]


def size_of(shape: ShapeLike) -> int:
    """Bytes of a port, and of an element of a packed array."""
    dtype, per = container(Shape.cast(shape).width)
    return dtype.itemsize * per


class Instance:
    """The model of ``library`` with its streams and memories by name; ``close`` frees it."""

    def __init__(self, library: Path, boundary: Boundary, wave: Path | None) -> None:
        self._library = _native.load(library)
        self._bench = self._library.bench_new(os.fsencode(wave or ""))
        self._absent = ctypes.create_string_buffer(8)  # the clock of a design that has none

        shapes = boundary.sources | boundary.sinks
        self.stream_table = (_native.Stream * len(shapes))()
        self.streams = dict(zip(shapes, self.stream_table, strict=True))
        for name, stream in self.streams.items():
            stream.source = name in boundary.sources
            stream.valid, stream.ready = self.port(f"{name}__valid"), self.port(f"{name}__ready")
            stream.payload = self.port(f"{name}__payload")
            stream.bytes = size_of(shapes[name])

        self.memory_table = (_native.Memory * len(boundary.memories))()
        self.memories = dict(zip(boundary.memories, self.memory_table, strict=True))
        for name, memory in self.memories.items():
            memory.word_bytes = boundary.memories[name]
            for side in ("request", "response"):
                for part, suffix in (("valid", "_valid"), ("ready", "_ready"), ("payload", "")):
                    setattr(memory, side + suffix, self.port(f"{name}__{side}__{part}"))

        self.burst_table = (_native.Burst * len(boundary.bursts))()
        self.bursts = dict(zip(boundary.bursts, self.burst_table, strict=True))
        for name, burst in self.bursts.items():
            burst.word_bytes, burst.write = boundary.bursts[name], name in boundary.writes
            for side in (
                ("request", "words", "response") if burst.write else ("request", "response")
            ):
                for part, suffix in (("valid", "_valid"), ("ready", "_ready"), ("payload", "")):
                    setattr(burst, side + suffix, self.port(f"{name}__{side}__{part}"))

        self.close = weakref.finalize(
            self, _free, self._library, self._bench, self.memory_table, self.burst_table
        )

    def port(self, name: str) -> int:
        """Address of a top-level port."""
        return self._library.bench_port(self._bench, name.encode()) or ctypes.addressof(
            self._absent
        )

    def run(self, job: _native.Job) -> int:
        """Clock until a result of :mod:`_native`."""
        return self._library.bench_run(self._bench, job)

    def settle(self) -> None:
        """Let combinational outputs follow the inputs."""
        self._library.bench_settle(self._bench)

    def forget(self) -> None:
        """Drop the words that memories have not delivered yet."""
        for memory in self.memory_table:
            self._library.bench_forget(memory)
        for burst in self.burst_table:
            self._library.bench_forget_bursts(burst)


def _free(library: Any, bench: int, memories: Any, bursts: Any) -> None:
    for memory in memories:
        library.bench_forget(memory)
    for burst in bursts:
        library.bench_forget_bursts(burst)
    library.bench_free(bench)
