# SPDX-License-Identifier: MIT
"""Commands for the vector unit, carried out by hardware and golden model side by side."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from opsin.config import NpuConfig
from opsin.npu.isa import FIELDS, Opcode
from opsin_sim.dispatch import encode
from opsin_sim.golden.npu.vector import vector
from opsin_sim.harness import Model

from .vector_bench import VectorBench

__all__ = ["OPCODES", "Command", "VectorRuns", "draw_command", "vector_config"]

Command = tuple[Opcode, dict[str, int]]

OPCODES = (Opcode.REQUANTIZE, Opcode.ADD, Opcode.MAXIMUM, Opcode.MEAN)
_WORDS, _ROWS = 512, 64
_SETS = 8  # of parameters, in the first words; the next third is read, the rest written


def vector_config(size: int, lanes: int) -> NpuConfig:
    """Return a configuration with memories for :func:`draw_command`."""
    memories = {"scratchpad_words": _WORDS, "accumulator_rows": _ROWS}
    return NpuConfig(name="bench", rows=size, cols=size, lanes=lanes, **memories)


def _addressed(contents: NDArray[Any]) -> NDArray[Any]:
    """Pack rows with their addresses in front."""
    width = (len(contents) - 1).bit_length()
    address = np.arange(len(contents))[:, None] >> np.arange(width) & 1
    bits = np.unpackbits(contents.view(np.uint8), axis=1, bitorder="little")
    packed = np.packbits(np.hstack([address.astype(np.uint8), bits]), axis=1, bitorder="little")
    wide = np.zeros((len(contents), -(-packed.shape[1] // 4) * 4), np.uint8)
    wide[:, : packed.shape[1]] = packed
    return wide.view("<u4") if wide.shape[1] > 8 else wide.view("<u8").ravel()


class VectorRuns:
    """The hardware as ``model``, its memories' content as it should be, ``words`` and ``sums``."""

    def __init__(self, size: int, lanes: int) -> None:
        self.size, self.beats = size, size // lanes
        self.model = Model(VectorBench(vector_config(size, lanes)))
        self.words = np.zeros((_WORDS, size), np.int8)
        self.sums = np.zeros((_ROWS, size), np.int32)

    def fill(self, rng: np.random.Generator) -> None:
        """Write random words, parameters and sums."""
        self.words = rng.integers(-128, 128, self.words.shape).astype(np.int8)
        self.words[rng.random(_WORDS) < 0.1] = -128
        for n in range(_SETS):
            values = np.zeros((2, self.size), np.uint32)
            values[0] = rng.integers(-5000, 5000, self.size).astype(np.int32).view(np.uint32)
            values[1] = [_scale(rng) for _ in range(self.size)]
            self.words[8 * n : 8 * n + 8] = values.view(np.int8).reshape(8, -1)
        sums = rng.integers(-(2**31), 2**31, self.sums.shape) >> rng.integers(0, 31, (_ROWS, 1))
        self.sums = sums.astype(np.int32)
        self.write()

    def write(self) -> None:
        """Write what should be in the memories."""
        self.model.run({"write": _addressed(self.words), "fill": _addressed(self.sums)})

    def refuse(self, reads: int, writes: int) -> None:
        """Refuse so many of 16 requests."""
        self.model.set("refuse", reads)
        self.model.set("refuse_write", writes)

    def packed(self, commands: list[Command]) -> NDArray[Any]:
        """Return the descriptors, all bits set that no field covers."""
        words = []
        for opcode, fields in commands:
            free = (1 << 512) - 1
            for field in FIELDS[opcode].values():
                free &= ~((1 << field.width) - 1 << (32 * field.word + field.lsb))
            bits = int.from_bytes(encode(opcode, **fields), "little") | free
            words.append(bits.to_bytes(64, "little"))
        return np.frombuffer(b"".join(words), "<u4").reshape(-1, 16)

    def run(self, commands: list[Command], **run: Any) -> int:
        """Carry commands out on both.

        Returns the hardware's cycles, from when it took the first to when the last had finished.
        """
        model = self.model
        before = model.get("finished")
        model.set("restart", 1)
        model.run(cycles=1)
        model.set("restart", 0)
        model.run({"command": self.packed(commands)}, **run)
        model.run(until="idle", timeout=100_000)
        assert (model.get("finished") - before) % 65536 == len(commands)
        for opcode, fields in commands:
            zeros = dict.fromkeys(FIELDS[opcode], 0)
            vector(opcode.name, self.words, self.sums, zeros | fields)
        return model.get("cycles")

    def look(self) -> NDArray[np.int8]:
        """Return the hardware's scratchpad."""
        looks = np.arange(_WORDS, dtype=np.uint16)
        found = self.model.run({"look": looks}, {"word": _WORDS}, timeout=20 * _WORDS)
        return np.asarray(found.outputs["word"]).view(np.int8).reshape(_WORDS, -1)


def _scale(rng: np.random.Generator) -> int:
    """Draw a scale; now and then a negative, infinite, tiny one, or NaN."""
    if rng.random() < 0.1:
        corners = [0, 1, 0x800000, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00001, 0xFFC00000]
        return int(rng.choice(corners))
    value = np.exp2(np.float32(rng.uniform(-20, 2))) * (1 if rng.random() < 0.9 else -1)
    return int(np.array(value, np.float32).view(np.uint32))


def _spread(rng: np.random.Generator, begin: int, end: int, *counts: int) -> tuple[int, list[int]]:
    """Draw base and strides that stay within a memory."""
    strides = [int(rng.integers(-5, 6)) for _ in counts]
    reach = [(count - 1) * stride for count, stride in zip(counts, strides, strict=True)]
    down, up = -sum(min(r, 0) for r in reach), sum(max(r, 0) for r in reach)
    return int(rng.integers(begin + down, end - up)), strides


def draw_command(rng: np.random.Generator, part: int) -> Command:
    """Draw one that reads words 64..255 and writes to quarter ``part`` % 4 of those behind."""
    opcode = OPCODES[rng.integers(4)]
    n0, n1 = (int(rng.integers(1, n + 1)) if rng.random() < 0.6 else 1 for n in (6, 3))
    fields = {"n0": n0, "n1": n1}
    names = [("local", 256 + 64 * (part % 4), 320 + 64 * (part % 4))]
    names += [("source", 0, _ROWS) if opcode is Opcode.REQUANTIZE else ("source", 64, 256)]
    names += [("operand", 64, 256)] * (opcode is Opcode.ADD)
    for name, begin, end in names:
        counts = [n0, n1]
        if name == "source" and "k0" in FIELDS[opcode]:
            fields |= {k: int(rng.integers(1, 4)) for k in ("k0", "k1")}
            counts += [fields["k0"], fields["k1"]]
        fields[name], strides = _spread(rng, begin, end, *counts)
        for loop, stride in zip(("n0", "n1", "k0", "k1"), strides, strict=False):
            fields[f"{name}_{loop}_stride"] = stride
    for name, field in FIELDS[opcode].items():
        if field.width == 8 and field.signed:
            fields[name] = int(rng.choice([-128, 127, *rng.integers(-128, 128, 4)]))
        elif name.endswith("scale"):
            fields[name] = _scale(rng)
    if rng.random() < 0.8:
        fields |= {"minimum": -128, "maximum": 127}
    if opcode is Opcode.REQUANTIZE:
        fields["parameters"] = int(rng.integers(0, _SETS)) * 8
    return opcode, fields
