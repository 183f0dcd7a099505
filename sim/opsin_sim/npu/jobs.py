# SPDX-License-Identifier: MIT
"""Random jobs whose result is defined, for core and golden model."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opsin.config import NpuConfig

from ..golden import npu
from ..golden.npu import FIELDS, Opcode
from .bodies import Bodies
from .draw import Draw

__all__ = ["Job", "image", "initial_job", "random_job", "run_golden"]

_WORK = [Opcode.LOAD] * 6 + [Opcode.STORE] * 3 + [Opcode.MATMUL] * 4 + [Opcode.DEPTHWISE] * 2
_WORK += [Opcode.REQUANTIZE] * 4 + [Opcode.ADD, Opcode.MAXIMUM, Opcode.MEAN]
_TABLES = 3


@dataclass(frozen=True)
class Job:
    """Memory with a program in it; bytes ``begin`` … ``end - 1`` are the job's."""

    memory: NDArray[np.uint8]
    entry: int
    begin: int
    end: int
    program: tuple[bytes, ...] = ()
    refused: range = range(0)


def image(*descriptors: bytes, size: int = 4096) -> NDArray[np.uint8]:
    """Return memory of ``size`` bytes with a program, ended by HALT, at its beginning."""
    program = b"".join([*descriptors, npu.encode(Opcode.HALT)])
    return np.frombuffer(program.ljust(size, b"\0"), np.uint8).copy()


def run_golden(machine: npu.Machine, job: Job, **options: Any) -> npu.Result:
    """Run it, and change the job's memory."""
    return machine.run(
        job.memory, job.entry, begin=job.begin, end=job.end, refused=job.refused, **options
    )


def initial_job(config: NpuConfig, seed: int) -> Job:
    """Return a job that gives every place of the local memories a random value."""
    words, size, rows = config.scratchpad_words, config.word_bytes, config.accumulator_rows
    ones = dict.fromkeys(["k0", "k1", "k2", "n1", "n2"], 1)
    each = min(words, 32768 // size)
    copy = {"row_bytes": each * size, "rows": words // each, "planes": 1, "memory": 192}
    copy |= {"local_row_stride": each % 32768, "row_stride": size + 1}
    if each == words:
        copy["local_row_stride"] = 0
    load = npu.encode(Opcode.LOAD, **copy)
    fields = {"n0": rows, "n0_stride": 1, "weights": words - size, **ones}
    sums = npu.encode(Opcode.MATMUL, fence=1, **fields)
    memory = image(load, sums, size=192 + each * size + copy["rows"] * (size + 1))
    memory[192:] = np.random.default_rng(seed).integers(0, 256, len(memory) - 192, np.uint8)
    return Job(memory, 0, 0, len(memory))


def _covered(opcode: Opcode) -> int:
    """Bits that mean something."""
    mask = 0
    for word, low, bits, _ in FIELDS[opcode].values():
        mask |= ((1 << bits) - 1) << (32 * word + low)
    return mask


def _encoded(opcode: Opcode, f: dict[str, int], rng: np.random.Generator) -> bytes:
    """Build a descriptor; what no field covers is now and then not zero."""
    whole = int.from_bytes(npu.encode(opcode, **f), "little")
    if rng.random() < 0.3:
        whole |= int.from_bytes(rng.bytes(64), "little") & ~_covered(opcode)
    return whole.to_bytes(64, "little")


def _place_tables(draw: Draw, memory: NDArray[np.uint8]) -> None:
    """Put parameters that make sense at places of any alignment among the data."""
    size = draw.config.rows
    room = len(draw.data) - 8 * size
    for _ in range(_TABLES if room >= 0 else 0):
        place = draw.data.start + draw.between(0, room)
        biases = draw.rng.integers(-5000, 5000, size).astype("<i4")
        scales = np.array([draw.scale(-14, -2) for _ in range(size)], "<u4")
        memory[place : place + 8 * size] = np.frombuffer(
            biases.tobytes() + scales.tobytes(), np.uint8
        )
        draw.tables.append(place)


def random_job(
    config: NpuConfig, seed: int, *, length: int = 16, data_bytes: int = 4096, origin: int = 0
) -> Job:
    """Return a job of about so many descriptors, in memory of random bytes.

    Its program lies at the begin, at the end or in the middle of its memory, of which STOREs
    change one part; there is more memory around. All that lies behind ``origin``.
    """
    rng = np.random.default_rng(seed)
    around, before = (int(n) for n in rng.integers(0, 200, 2))
    program_bytes = 64 * (length + 9)
    kind = rng.integers(3)
    begin = origin + around
    entry = -(-(begin + before + (data_bytes if kind == 1 else 0)) // 64) * 64
    behind = entry + program_bytes
    if kind == 1:  # data first, and the window ends with the program
        data, end = range(begin, entry), behind
    else:
        end = behind + data_bytes
        data = range(behind, end)
    size = -(-(end + int(rng.integers(0, 200))) // 64) * 64  # whole words
    memory = np.zeros(size, np.uint8)
    memory[origin:] = rng.integers(0, 256, size - origin, np.uint8)
    draw = Draw(config, rng, begin=begin, end=end, data=data)
    _place_tables(draw, memory)
    made = Bodies(draw, _WORK)
    made.fill(length)
    program = tuple(_encoded(opcode, f, rng) for opcode, f in made.program)
    halt = _encoded(Opcode.HALT, {}, rng)
    raw = np.frombuffer(b"".join([*program, halt]), np.uint8)
    assert len(raw) <= program_bytes
    if kind == 1:  # HALT is the last descriptor in the window
        entry = end - len(raw)
    memory[entry : entry + len(raw)] = raw
    return Job(memory, entry, begin, end, program)
