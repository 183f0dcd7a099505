# SPDX-License-Identifier: MIT
"""The compiled loop's structures (``native/bench.h``) and functions, for ctypes."""

import ctypes
from ctypes import POINTER, c_char_p, c_double, c_int, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import Any

__all__ = ["FAULT", "FINISHED", "LIMIT", "Burst", "Job", "Memory", "Stream", "load"]

FINISHED, LIMIT, FAULT = range(3)


class Stream(ctypes.Structure):
    """``struct Stream``."""

    _fields_ = (
        *((name, c_void_p) for name in ("valid", "ready", "payload", "buffer")),
        *((name, c_uint64) for name in ("bytes", "count", "moved")),
        *((name, c_uint32) for name in ("source", "offered")),
    )


class Memory(ctypes.Structure):
    """``struct Memory``."""

    _fields_ = (
        *((f"request_{name}", c_void_p) for name in ("valid", "ready")),
        ("request", c_void_p),
        *((f"response_{name}", c_void_p) for name in ("valid", "ready")),
        ("response", c_void_p),
        ("data", c_void_p),
        *((name, c_uint64) for name in ("size", "word_bytes", "reads", "writes")),
        ("queue", c_void_p),
        ("offered", c_uint32),
    )


class Burst(ctypes.Structure):
    """``struct Burst``."""

    _fields_ = (
        *(
            (side + part, c_void_p)
            for side in ("request", "words", "response")
            for part in ("_valid", "_ready", "")
        ),
        ("data", c_void_p),
        *((name, c_uint64) for name in ("size", "word_bytes", "refused_begin", "refused_end")),
        ("moved", c_uint64),
        ("state", c_void_p),
        *((name, c_uint32) for name in ("write", "offered")),
    )


class Job(ctypes.Structure):
    """``struct Job``."""

    _fields_ = (
        *((name, c_void_p) for name in ("clock", "until", "streams", "memories", "bursts")),
        *((name, c_uint64) for name in ("stream_count", "memory_count", "burst_count")),
        *((name, c_uint64) for name in ("cycles", "limit")),
        *((name, c_uint64) for name in ("latency", "random", "idle", "stall", "endless")),
        *((name, c_double) for name in ("bandwidth", "credit")),
        ("last", c_uint64),
        *((name, c_uint64) for name in ("fault_memory", "fault_address", "fault_write")),
    )


def load(path: Path) -> Any:
    """Library of one model."""
    library = ctypes.CDLL(str(path))
    for name, result, arguments in (
        ("bench_new", c_void_p, [c_char_p]),
        ("bench_free", None, [c_void_p]),
        ("bench_settle", None, [c_void_p]),
        ("bench_run", c_int, [c_void_p, POINTER(Job)]),
        ("bench_forget", None, [POINTER(Memory)]),
        ("bench_forget_bursts", None, [POINTER(Burst)]),
        ("bench_port", c_void_p, [c_void_p, c_char_p]),
    ):
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library
