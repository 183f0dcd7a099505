# SPDX-License-Identifier: MIT
"""The golden model against the instruction set's text, read literally, element by element."""

import math
import struct
from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from opsin.config import NpuConfig
from opsin_sim.golden import npu
from opsin_sim.golden.npu import Opcode
from opsin_sim.npu.draw import Draw

_SMALL = NpuConfig(name="4x4", rows=4, cols=4, scratchpad_words=128, accumulator_rows=64, lanes=2)
_MEMORY = 1024

Fields = dict[str, int]


class Elements:
    """Memories of Python integers; bytes of the scratchpad are 0..255."""

    def __init__(self, machine: npu.Machine, memory: np.ndarray) -> None:
        self.words = machine.local.scratchpad.view(np.uint8).tolist()
        self.sums = machine.local.accumulator.tolist()
        self.memory = memory.tolist()

    def load(self, f: Fields) -> None:
        for p in range(f["planes"]):
            for r in range(f["top"] + f["rows"] + f["bottom"]):
                place = f["local"] + p * f["local_plane_stride"] + r * f["local_row_stride"]
                line = [f["fill"]] * f["before"]
                for n in range(f["row_bytes"]):
                    inside = f["top"] <= r < f["top"] + f["rows"]
                    at = f["memory"] + p * f["plane_stride"] + (r - f["top"]) * f["row_stride"] + n
                    line.append(self.memory[at] if inside else f["fill"])
                line += [f["fill"]] * f["after"]
                line += [f["fill"]] * (-len(line) % 4)
                for n, value in enumerate(line):
                    self.words[place + n // 4][n % 4] = value

    def store(self, f: Fields) -> None:
        for p, r, n in product(range(f["planes"]), range(f["rows"]), range(f["row_bytes"])):
            place = f["local"] + p * f["local_plane_stride"] + r * f["local_row_stride"] + n // 4
            at = f["memory"] + p * f["plane_stride"] + r * f["row_stride"] + n
            self.memory[at] = self.words[place][n % 4]

    @staticmethod
    def _nest(f: Fields, *names: str) -> Iterator[tuple[int, int]]:
        """Yield number and offset, the first of the loops fastest."""
        counts = [range(f[name]) for name in reversed(names)]
        for number, loops in enumerate(product(*counts)):
            strides = [f[f"{name}_stride"] for name in reversed(names)]
            yield number, sum(n * stride for n, stride in zip(loops, strides, strict=True))

    def _activation(self, f: Fields, place: int, row: int) -> int:
        value = self.words[place][row]
        return value - 128 if f["offset"] else signed(value, 8)

    def _weight(self, f: Fields, tile: int, row: int, column: int) -> int:
        if not f["packed"]:
            return signed(self.words[f["weights"] + 4 * tile + row][column], 8)
        value = self.words[f["weights"] + 2 * tile + row % 2][column]
        return signed(value >> 4 if row >= 2 else value & 15, 4)

    def matmul(self, f: Fields) -> None:
        for tile, inside in self._nest(f, "k0", "k1", "k2"):
            for output, offset in self._nest(f, "n0", "n1", "n2"):
                target = self.sums[f["accumulator"] + output]
                for c in range(4):
                    total = target[c] if tile or f["accumulate"] else 0
                    for r in range(4):
                        a = self._activation(f, f["local"] + inside + offset, r)
                        total += a * self._weight(f, tile, r, c)
                    target[c] = signed(total, 32)

    @staticmethod
    def _masked(f: Fields, output: int, tap: int) -> bool:
        x, y, kx, ky = output % f["n0"], output // f["n0"], tap % 3, tap // 3
        ends = [(x, kx, 0, 0), (x, kx, f["n0"] - 1, 2), (y, ky, 0, 0), (y, ky, f["n1"] - 1, 2)]
        return any(
            f["edges"] >> bit & 1 and place == at and k == which
            for bit, (place, k, at, which) in enumerate(ends)
        )

    def depthwise(self, f: Fields) -> None:
        for output, offset in self._nest(f, "n0", "n1", "n2"):
            for c in range(4):
                target = self.sums[f["accumulator"] + output]
                total = target[c] if f["accumulate"] else 0
                for tap, inside in self._nest(f, "k0", "k1", "k2"):
                    if self._masked(f, output, tap):
                        a = f["padding"] - 128 if f["offset"] else signed(f["padding"], 8)
                    else:
                        a = self._activation(f, (f["local"] + inside + offset) % 2**32 % 128, c)
                    total += a * signed(self.words[f["weights"] + tap][c], 8)
                target[c] = signed(total, 32)

    def vector(self, opcode: Opcode, f: Fields) -> None:
        made = []
        for n1, n0 in product(range(f["n1"]), range(f["n0"])):
            source = f["source"] + n0 * f["source_n0_stride"] + n1 * f["source_n1_stride"]
            place = f["local"] + n0 * f["local_n0_stride"] + n1 * f["local_n1_stride"]
            made.append((place, [self._value(opcode, f, source, n0, n1, c) for c in range(4)]))
        for place, word in made:  # reads of its own words are not defined
            self.words[place] = [value % 256 for value in word]

    def _value(self, opcode: Opcode, f: Fields, source: int, n0: int, n1: int, c: int) -> int:
        if opcode is Opcode.REQUANTIZE:
            raw = bytes(byte for n in range(8) for byte in self.words[f["parameters"] + n])
            total = signed(self.sums[source][c] + struct.unpack_from("<i", raw, 4 * c)[0], 32)
            return rounded(f, scaled(total, struct.unpack_from("<I", raw, 16 + 4 * c)[0]))
        if opcode is Opcode.ADD:
            other = f["operand"] + n0 * f["operand_n0_stride"] + n1 * f["operand_n1_stride"]
            a = signed(self.words[source][c], 8) - f["source_zero"]
            b = signed(self.words[other][c], 8) - f["operand_zero"]
            parts = scaled(a, f["source_scale"]), scaled(b, f["operand_scale"])
            if all(math.isfinite(part) for part in parts):
                return rounded(f, binary32(Fraction(parts[0]) + Fraction(parts[1])))
            both = sum(parts)
            return rounded(f, 0.0 if math.isnan(both) else both)
        strides = f["source_k0_stride"], f["source_k1_stride"]
        window = [
            signed(self.words[source + k0 * strides[0] + k1 * strides[1]][c], 8)
            for k0, k1 in product(range(f["k0"]), range(f["k1"]))
        ]
        if opcode is Opcode.MAXIMUM:
            return clipped(f, max(window))
        total = sum(a - f["source_zero"] for a in window)
        return rounded(f, scaled(total, f["source_scale"]))


def signed(value: int, bits: int) -> int:
    return (value + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)


def binary32(value: float | Fraction) -> float:
    """Round to nearest even; flush subnormals."""
    if isinstance(value, float) and not math.isfinite(value):
        return value
    exact = Fraction(value)
    if exact == 0:
        return 0.0
    exponent = math.floor(math.log2(abs(exact)))
    while abs(exact) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    while abs(exact) < Fraction(2) ** exponent:
        exponent -= 1
    unit = Fraction(2) ** (exponent - 23)
    found = round(exact / unit) * unit  # ties to even
    if abs(found) >= 2**128:
        return math.copysign(math.inf, exact)
    return float(found) if abs(found) >= Fraction(1, 2**126) else 0.0


def scaled(value: int, bits: int) -> float:
    scale = struct.unpack("<f", struct.pack("<I", bits))[0]
    if bits >> 23 & 255 == 0:
        scale = 0.0
    if math.isnan(scale):
        scale = -math.inf if bits >> 31 else math.inf
    number = binary32(Fraction(value))
    if math.isinf(scale):
        return 0.0 if number == 0 else math.copysign(math.inf, number) * math.copysign(1, scale)
    return binary32(Fraction(number) * Fraction(scale))


def clipped(f: Fields, value: int) -> int:
    return min(max(value, f["minimum"]), f["maximum"])


def rounded(f: Fields, value: float) -> int:
    whole = round(max(min(value, 1e6), -1e6))
    return clipped(f, whole + f["zero_point"])


@pytest.mark.parametrize("opcode", list(npu.UNITS), ids=lambda opcode: opcode.name)
def test_random_descriptors(opcode: Opcode) -> None:
    rng = np.random.default_rng(opcode)
    for _ in range(40):
        memory = rng.integers(0, 256, _MEMORY, np.uint8)
        machine = npu.Machine(rows=4, scratchpad_words=128, accumulator_rows=64)
        local = machine.local
        local.scratchpad[:] = rng.integers(-128, 128, (128, 4))
        local.accumulator[:] = rng.integers(-(2**31), 2**31, (64, 4)) >> rng.integers(31)
        draw = Draw(_SMALL, rng, begin=0, end=_MEMORY, data=range(128, _MEMORY))
        table = [int(rng.integers(-1000, 1000)) for _ in range(4)]
        scales = [draw.scale(-30, 3) for _ in range(4)]
        draw.loaded = [int(rng.integers(120))]
        raw = np.frombuffer(struct.pack("<4i4I", *table, *scales), np.int8).reshape(8, 4)
        local.scratchpad[draw.loaded[0] :][:8] = raw
        descriptor = npu.encode(opcode, **draw.fields(opcode)) + npu.encode(Opcode.HALT)
        memory[:128] = np.frombuffer(descriptor, np.uint8)
        f = npu.decode(opcode, np.frombuffer(descriptor, "<u4").tolist())
        elements = Elements(machine, memory)
        if opcode in (Opcode.LOAD, Opcode.STORE, Opcode.MATMUL, Opcode.DEPTHWISE):
            f = {"packed": 0} | f
            getattr(elements, opcode.name.lower())(f)
        else:
            elements.vector(opcode, f)
        assert not machine.run(memory, 0).error
        assert np.array_equal(local.scratchpad.view(np.uint8), elements.words)
        assert np.array_equal(local.accumulator, elements.sums)
        assert np.array_equal(memory, elements.memory)
