# SPDX-License-Identifier: MIT
"""Random descriptors without fault, with a liking for extremes."""

from math import prod

import numpy as np

from opsin.config import NpuConfig

from ..golden.npu import FIELDS, Opcode
from .choices import Choices
from .planes import draw_plane

__all__ = ["Draw"]

_NEST_6 = ("k0", "k1", "k2", "n0", "n1", "n2")


class Draw(Choices):
    """Random choices for a machine.

    Parameters
    ----------
    config : NpuConfig
    rng : numpy.random.Generator
    begin, end : int
        The job's memory.
    data : range
        Its part that STOREs may change.
    margin : int
        Distance to keep from all ends.
    """

    def __init__(
        self,
        config: NpuConfig,
        rng: np.random.Generator,
        *,
        begin: int,
        end: int,
        data: range,
        margin: int = 0,
    ) -> None:
        super().__init__(rng, margin=margin)
        self.config = config
        self.begin, self.end = begin, end
        self.data = data
        self.tables: list[int] = []
        """Addresses in memory of parameters that make sense."""
        self.plane: dict[str, int] = {}
        """The last DEPTHWISE's fields, if it was one."""
        self.row = 0
        """Of the accumulator, where the last sums are."""
        self.loaded: list[int] = []
        """Local addresses where such parameters may be."""

    def fields(self, opcode: Opcode) -> dict[str, int]:
        """Return fields that outside of loops are without fault."""
        while True:
            if opcode in (Opcode.LOAD, Opcode.STORE):
                f = self._copy(opcode)
            elif opcode in (Opcode.MATMUL, Opcode.DEPTHWISE):
                f = self._products(opcode)
            else:
                f = self._vector(opcode)
            if f:
                return f

    def _copy(self, opcode: Opcode) -> dict[str, int]:
        words, size = self.config.scratchpad_words, self.config.word_bytes
        if opcode is Opcode.LOAD and self.tables and self.rng.random() < 0.2:
            table = int(self.rng.choice(self.tables))
            local, _ = self.nest(words - 8, [])
            self.loaded = [local, *self.loaded[:2]]
            return {"memory": table, "local": local, "row_bytes": 8 * size, "rows": 1, "planes": 1}
        begin, end = self.begin, self.end
        if opcode is Opcode.STORE:
            begin, end = self.data.start, self.data.stop
        row_words, rows, planes = self.counts(3, self.work())
        row_bytes = row_words * size - (self.between(0, size - 1) if row_words > 1 else 0)
        if row_words == 1:
            row_bytes = self.between(1, size)
        f = {"row_bytes": row_bytes, "rows": rows, "planes": planes}
        local_rows, local_bytes = rows, row_bytes
        if opcode is Opcode.LOAD:
            f["fill"] = self.between(0, 255)
            if self.rng.random() < 0.4:
                f |= {"top": self.between(0, 3), "bottom": self.between(0, 3)}
            if self.rng.random() < 0.5:
                f |= {"before": self.between(0, 3 * size), "after": self.between(0, 3 * size)}
            if f.get("top") and self.rng.random() < 0.2:
                f["rows"] = 0
            local_rows = f["rows"] + f.get("top", 0) + f.get("bottom", 0)
            local_bytes += f.get("before", 0) + f.get("after", 0)
        room = words - -(-local_bytes // size) + 1
        remote = end - begin - row_bytes + 1
        if min(room, remote) <= 2 * self.margin:
            return {}
        f["local"], strides = self.nest(room, [local_rows, planes], 16, 32)
        f["local_row_stride"], f["local_plane_stride"] = strides
        address, strides = self.nest(remote, [max(f["rows"], 1), planes], 32)
        f["row_stride"], f["plane_stride"] = strides
        return f | {"memory": begin + address}

    def _products(self, opcode: Opcode) -> dict[str, int]:
        config, rng = self.config, self.rng
        f = {"accumulate": int(rng.integers(2)), "offset": int(rng.integers(2))}
        tile = 1
        if opcode is Opcode.MATMUL:
            f["packed"] = int(rng.random() < 0.4)
            tile = config.rows >> f["packed"]
        work = self.work()
        most = min(work // 4 + 1, (config.scratchpad_words - 2 * self.margin) // tile)
        ks = self.counts(3, most)
        most = max(work // prod(ks), 1)
        ns = self.counts(3, min(most, config.accumulator_rows - 2 * self.margin))
        plane: dict[str, int] = {}
        if opcode is Opcode.DEPTHWISE and rng.random() < 0.6:
            across, down = self.counts(2, min(work, config.accumulator_rows - 2 * self.margin))
            plane = draw_plane(rng, across, down, config.scratchpad_words, self.margin)
            if self.plane and rng.random() < 0.6:  # the same again, maybe without a pause
                plane = self.plane
            self.plane = plane
            ks, ns = ([3, 3, 1], [plane["n0"], plane["n1"], 1]) if plane else (ks, ns)
        base, strides = self.nest(config.scratchpad_words, ks + ns)
        weights = config.scratchpad_words - prod(ks) * tile
        sums = config.accumulator_rows - prod(ns)
        first, last = self.margin, sums - self.margin
        row = self.between(first, last)
        if rng.random() < 0.4:  # add to rows that are still on their way
            row = min(max(self.row + int(rng.integers(-2, 3)), first), last)
        self.row = row
        return {
            **f,
            "local": base,
            "weights": self.between(self.margin, weights - self.margin),
            "accumulator": row,
            **dict(zip(_NEST_6, ks + ns, strict=True)),
            **{f"{name}_stride": stride for name, stride in zip(_NEST_6, strides, strict=True)},
            **plane,
        }

    def _vector(self, opcode: Opcode) -> dict[str, int]:
        places = FIELDS[opcode]
        names: list[str] = [name for name in ("n0", "n1", "k0", "k1") if name in places]
        f: dict[str, int] = dict(zip(names, self.counts(len(names), self.work()), strict=True))
        for base in ("local", "source", "operand"):
            if base in places:
                of_sums = base == "source" and opcode is Opcode.REQUANTIZE
                sizes = self.config.accumulator_rows, self.config.scratchpad_words
                loops = [name for name in names if f"{base}_{name}_stride" in places]
                f[base], strides = self.nest(sizes[not of_sums], [f[name] for name in loops])
                f |= {f"{base}_{n}_stride": s for n, s in zip(loops, strides, strict=True)}
        f |= {"minimum": -128, "maximum": 127}
        if self.rng.random() < 0.3:
            f |= {name: self.between(-128, 127) for name in ("minimum", "maximum")}
        for name in ("zero_point", "source_zero", "operand_zero"):
            if name in places:
                f[name] = self.between(-128, 127) if self.rng.random() < 0.5 else 0
        for name in ("source_scale", "operand_scale"):
            if name in places:
                f[name] = self.scale()
        if opcode is Opcode.REQUANTIZE:
            f["parameters"], _ = self.nest(self.config.scratchpad_words - 8, [])
            last = self.config.scratchpad_words - 8 - self.margin
            fit = [place for place in self.loaded if self.margin <= place <= last]
            if fit and self.rng.random() < 0.8:
                f["parameters"] = int(self.rng.choice(fit))
        return f
