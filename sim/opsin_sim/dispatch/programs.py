# SPDX-License-Identifier: MIT
"""Random descriptors and programs that keep to the rules, often just so."""

from collections import Counter
from dataclasses import replace

import numpy as np

from opsin.config import NpuConfig
from opsin.npu.isa import FIELDS, UNITS, Opcode

from ..npu.planes import draw_plane
from .descriptors import encode

__all__ = ["Draw"]

_SIGNED_32 = 2**31 - 1
_MARGIN = 12  # two levels, three further rounds, steps of 2 at most


class Draw:
    """Random choices for a machine, with a liking for extremes.

    Memory that descriptors may touch are bytes ``memory_begin`` … ``memory_end - 1``.
    """

    def __init__(
        self, config: NpuConfig, seed: int, *, memory_begin: int = 0, memory_end: int = 4096
    ) -> None:
        self.config = config
        self.memory_begin, self.memory_end = memory_begin, memory_end
        self.rng = np.random.default_rng(seed)

    def within_loops(self, margin: int) -> "Draw":
        """Return the same choices, ``margin`` away from all ends of memories."""
        config = replace(
            self.config,
            scratchpad_words=self.config.scratchpad_words - 2 * margin,
            accumulator_rows=self.config.accumulator_rows - 2 * margin,
        )
        inner = Draw(config, 0, memory_end=self.memory_end - self.memory_begin - 2 * margin)
        inner.rng = self.rng
        return inner

    def between(self, low: int, high: int) -> int:
        """Return an integer in low..high; an end of it half of the time."""
        return (low, high, *map(int, self.rng.integers(low, high + 1, 2)))[self.rng.integers(4)]

    def counts(self, number: int, most: int) -> list[int]:
        """Return loop counts whose product is at most ``most``."""
        counts = [1] * number
        for n in self.rng.permutation(number):
            root = int(min(most, 65535) ** self.rng.choice([0, 0.3, 0.5, 1]))
            counts[n] = self.between(1, max(root, 1))
            most //= counts[n]
        return counts

    def nest(self, size: int, counts: list[int], bits: list[int]) -> tuple[int, list[int]]:
        """Return base and strides, of so many bits, that keep the loops within 0..size-1."""
        down = up = 0
        strides = [0] * len(counts)
        for n in self.rng.permutation(len(counts)):
            room = size - 1 - down - up
            most = room // (counts[n] - 1) if counts[n] > 1 else _SIGNED_32
            most = min(most, 2 ** (bits[n] - 1) - 1)
            strides[n] = self.between(-most, most)
            reach = (counts[n] - 1) * strides[n]
            down, up = down + max(-reach, 0), up + max(reach, 0)
        return self.between(down, size - 1 - up), strides

    def _copy(self, opcode: Opcode) -> dict[str, int]:
        words, size = self.config.scratchpad_words, self.config.word_bytes
        row_bytes, rows, planes = self.counts(3, self.memory_end - self.memory_begin)
        f = {"row_bytes": row_bytes, "rows": rows, "planes": planes}
        local_rows, local_bytes = rows, row_bytes
        if opcode is Opcode.LOAD:
            f |= {"top": self.between(0, 3), "bottom": self.between(0, 3)}
            f |= {"before": self.between(0, 9), "after": self.between(0, 9)}
            if f["top"] and self.rng.random() < 0.2:
                f["rows"] = 0
            local_rows = f["rows"] + f["top"] + f["bottom"]
            local_bytes += f["before"] + f["after"]
        each = -(-local_bytes // size)
        f["local"], (f["local_row_stride"], f["local_plane_stride"]) = self.nest(
            max(words - each + 1, 1), [local_rows, planes], [16, 32]
        )
        f["memory"], (f["row_stride"], f["plane_stride"]) = self.nest(
            self.memory_end - self.memory_begin - row_bytes + 1, [max(rows, 1), planes], [32, 32]
        )
        f["memory"] += self.memory_begin
        return f

    def _products(self, opcode: Opcode) -> dict[str, int]:
        config = self.config
        f = {"packed": self.between(0, 1)} if opcode is Opcode.MATMUL else {}
        tile = config.rows >> f["packed"] if f else 1
        ks = self.counts(3, config.scratchpad_words // tile)
        ns = self.counts(3, config.accumulator_rows)
        names = ["k0", "k1", "k2", "n0", "n1", "n2"]
        base, strides = self.nest(config.scratchpad_words, ks + ns, [16] * 6)
        plane: dict[str, int] = {}
        if opcode is Opcode.DEPTHWISE and self.rng.random() < 0.6:
            across, down = self.counts(2, config.accumulator_rows)
            plane = draw_plane(self.rng, across, down, config.scratchpad_words)
            ks, ns = ([3, 3, 1], [across, down, 1]) if plane else (ks, ns)
        tiles, sums = int(np.prod(ks)), int(np.prod(ns))
        return {
            **f,
            "local": base,
            "weights": self.between(0, config.scratchpad_words - tiles * tile),
            "accumulator": self.between(0, config.accumulator_rows - sums),
            **dict(zip(names, ks + ns, strict=True)),
            **{f"{name}_stride": stride for name, stride in zip(names, strides, strict=True)},
            **plane,
        }

    def _vector(self, opcode: Opcode) -> dict[str, int]:
        words = self.config.scratchpad_words
        fields = FIELDS[opcode]
        names: list[str] = [name for name in ("n0", "n1", "k0", "k1") if name in fields]
        f: dict[str, int] = dict(zip(names, self.counts(len(names), 500), strict=True))
        for base in ("local", "source", "operand"):
            loops = [name for name in names if f"{base}_{name}_stride" in fields]
            of_sums = base == "source" and opcode is Opcode.REQUANTIZE
            size = self.config.accumulator_rows if of_sums else words
            if base in fields:
                counts = [f[name] for name in loops]
                f[base], strides = self.nest(size, counts, [16] * len(loops))
                f |= {f"{base}_{n}_stride": s for n, s in zip(loops, strides, strict=True)}
        if opcode is Opcode.REQUANTIZE:
            f["parameters"] = self.between(0, words - 8)
        return f

    def fields(self, opcode: Opcode) -> dict[str, int]:
        """Return fields of a descriptor of a unit that is without fault, outside of loops."""
        while True:
            if opcode in (Opcode.LOAD, Opcode.STORE):
                f = self._copy(opcode)
                local_rows = f["rows"] + f.get("top", 0) + f.get("bottom", 0)
                size = f["row_bytes"] + f.get("before", 0) + f.get("after", 0)
                each = -(-size // self.config.word_bytes)
                if each <= self.config.scratchpad_words and local_rows:
                    return f
            else:
                products = opcode in (Opcode.MATMUL, Opcode.DEPTHWISE)
                return self._products(opcode) if products else self._vector(opcode)

    def body(self, number: int, *, level: int = 2, fences: bool = True) -> list[bytes]:
        """Return so many descriptors; every token waited for is given by one before it.

        ``level`` is that of a loop among them; 2: there is none. What loops add hardly ever
        leads out of a memory.
        """
        made: list[bytes] = []
        tokens: Counter[tuple[int, int]] = Counter()
        while len(made) < number:
            left = number - len(made)
            if level < 2 and left > 1 and self.rng.random() < 0.2:
                length = int(self.rng.integers(1, min(left - 1, 15) + 1))
                steps = {f"step_{n}": self.between(-2, 2) for n in range(4)}
                count = int(self.rng.integers(1, 5))
                made.append(encode(Opcode.LOOP, count=count, length=length, **steps))
                made += self.body(length, level=level + 1, fences=fences)
                continue
            opcode = list(UNITS)[self.rng.integers(len(UNITS))]
            unit = UNITS[opcode].value
            waits = [n for n in range(4) if tokens[n, unit] and self.rng.random() < 0.5]
            signals = [n for n in range(4) if self.rng.random() < 0.2]
            tokens.subtract((n, unit) for n in waits)
            tokens.update((unit, n) for n in signals)
            loops = [name for name in FIELDS[opcode] if "_loop" in name]
            if level and self.rng.random() < 0.97:
                f = self.within_loops(_MARGIN).fields(opcode)
                for name in {name.removesuffix("_loop0").removesuffix("_loop1") for name in loops}:
                    more = _MARGIN + (self.memory_begin if name == "memory" else 0)
                    f[name] = (f[name] + more) % 2**32
            else:
                f = self.fields(opcode)
            f |= {name: int(self.rng.integers(8)) for name in loops if self.rng.random() < 0.6}
            if fences and self.rng.random() < 0.05:
                f["fence"] = 1
            masks = {"wait": sum(1 << n for n in waits), "signal": sum(1 << n for n in signals)}
            made.append(encode(opcode, **f, **masks))
        return made
