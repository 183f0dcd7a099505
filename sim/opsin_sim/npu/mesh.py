# SPDX-License-Identifier: MIT
"""A mesh behind streams, so that it can be fed from arrays."""

from typing import Any

import numpy as np
from amaranth.hdl import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from opsin.npu.mesh import Mesh
from opsin_sim.harness import Model, pack, unpack

__all__ = ["MeshBehindStreams", "multiply", "schedule"]


class MeshBehindStreams(wiring.Component):
    """Each payload of ``i`` is what the mesh sees in a cycle; no payload is an idle cycle.

    ``o`` must not stall.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        ports = {"vector": mesh.i, "weights": mesh.weights}
        if mesh.sliding:
            ports["window"] = mesh.window
        self.cycle = data.StructLayout({name: port.shape() for name, port in ports.items()})
        super().__init__(
            {
                "i": In(stream.Signature(self.cycle)),
                "o": Out(stream.Signature(mesh.o.shape())),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Elaborate."""
        m = Module()
        m.submodules.mesh = mesh = self.mesh
        m.d.comb += [
            self.i.ready.eq(1),
            mesh.i.eq(self.i.p.vector),
            mesh.weights.eq(self.i.p.weights),
            mesh.i.valid.eq(self.i.valid & self.i.p.vector.valid),
            mesh.i.swap.eq(self.i.valid & self.i.p.vector.swap),
            mesh.weights.valid.eq(self.i.valid & self.i.p.weights.valid),
            mesh.window.eq(self.i.p.window) if mesh.sliding else [],
            self.o.valid.eq(mesh.o.valid),
            self.o.p.eq(mesh.o),
        ]
        return m


def schedule(
    tiles: NDArray[np.int8],
    vectors: list[NDArray[np.int8]],
    rng: np.random.Generator,
    slack: int,
    packed: NDArray[np.bool_] | None = None,
) -> tuple[dict[str, Any], NDArray[np.int64]]:
    """Return what a mesh sees cycle by cycle, as fields for :func:`pack`, and the sums to expect.

    ``vectors[k]`` meet ``tiles[k]``. Weight rows come in random order at random times between the
    tile before and their own, with up to ``slack`` cycles more than they need; without slack, every
    tile follows as early as allowed. Cycles that give nothing carry noise.

    ``packed``, for a mesh that takes such, tells which tiles come two rows at a time.
    """
    rows, cols = tiles.shape[1:]
    half = np.zeros(len(tiles), bool) if packed is None else packed
    needs = np.where(half, rows // 2, rows)
    spans = [
        max(int(need), len(v)) + int(rng.integers(0, slack + 1))
        for need, v in zip(needs, vectors, strict=True)
    ]
    # a tile is loaded while the one before is in use
    spans[:-1] = [max(span, int(need)) for span, need in zip(spans, needs[1:], strict=False)]
    starts = rows + np.cumsum([0, *spans])
    total = int(starts[-1])
    fields: dict[str, Any] = {
        "vector": {
            "activation": rng.integers(-128, 128, (total, rows)),
            "tag": rng.integers(0, 2, total),
            "swap": np.zeros(total, int),
            "valid": np.zeros(total, int),
        },
        "weights": {
            "weight": rng.integers(int(tiles.min()), int(tiles.max()) + 1, (total, cols)),
            "row": rng.integers(0, rows, total),
            "valid": np.zeros(total, int),
        },
    }
    vector, weights = fields["vector"], fields["weights"]
    if packed is not None:
        weights["packed"] = rng.integers(0, 2, total)
    for k, tile in enumerate(tiles):
        begin, before = int(starts[k]), int(starts[k - 1]) if k else 0
        need = int(needs[k])
        loads = np.sort(rng.choice(np.arange(before, begin), need, replace=False))
        order = rng.permutation(need)
        given_rows = tile[order]
        if half[k]:
            given_rows = (tile[need:][order] << 4) | (tile[order] & 15)
        weights["weight"][loads], weights["row"][loads] = given_rows, order
        weights["valid"][loads] = 1
        if packed is not None:
            weights["packed"][loads] = half[k]
        # the first word swaps; the others may pause
        given = vectors[k]
        span = spans[k]
        places = np.sort(rng.choice(np.arange(1, span), len(given) - 1, replace=False))
        places = begin + np.concatenate([[0], places]).astype(int)
        vector["activation"][places] = given
        vector["valid"][places] = 1
        vector["swap"][begin] = 1
    sums = [v.astype(np.int64) @ t.astype(np.int64) for t, v in zip(tiles, vectors, strict=True)]
    return fields, np.concatenate(sums)


def multiply(
    model: Model, top: MeshBehindStreams, fields: dict[str, Any], count: int, *, idle: float = 0.0
) -> NDArray[Any]:
    """Return the ``count`` rows of sums that the mesh makes of ``fields``."""
    run = model.run(
        sources={"i": pack(top.cycle, fields)}, sinks={"o": count}, idle=idle, timeout=1_000_000
    )
    return np.asarray(unpack(top.mesh.o.shape(), run.outputs["o"])["sum"])
