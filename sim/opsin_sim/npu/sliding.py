# SPDX-License-Identifier: MIT
"""What a mesh sees when tiles and sliding data take turns."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from opsin.npu.mesh import TAPS, Mesh

__all__ = ["schedule_turns"]

_MASKED = {"left": (2, 5, 8), "right": (0, 3, 6), "top": (6, 7, 8), "bottom": (0, 1, 2)}
"""Taps that have padding."""


def schedule_turns(
    mesh: Mesh, turns: int, rng: np.random.Generator, *, extreme: bool = False
) -> tuple[dict[str, Any], NDArray[np.int64]]:
    """Return ``turns`` turns cycle by cycle, each as early as allowed, and the sums to expect.

    A turn is a tile of eight bits, a packed one, or taps, with its vectors. Of the vectors with
    sliding data, the first two and some others are not valid; there is padding on some sides of
    each. All else is noise.
    """
    rows, cols = mesh.rows, mesh.cols
    kinds = rng.choice(["plain", "packed", "taps"], turns, p=[0.25, 0.25, 0.5])
    needs = [{"plain": rows, "packed": rows // 2, "taps": TAPS}[kind] for kind in kinds]
    spans = [int(rng.integers(1, 2 * rows + 6)) for _ in kinds]
    spans = [max(s, n) for s, n in zip(spans, [*needs[1:], 0], strict=True)]
    starts = needs[0] + np.cumsum([0, *spans])
    total = int(starts[-1]) + 3 * TAPS + rows

    def draw(shape: tuple[int, ...], bits: int = 8) -> NDArray[np.int64]:
        half = 1 << bits - 1
        if extreme:
            return rng.choice([-half, half - 1, 0], shape, p=[0.6, 0.3, 0.1])
        return rng.integers(-half, half, shape)

    vector: dict[str, Any] = {
        "activation": draw((total, rows)),
        "tag": rng.integers(0, 2, total),
        "swap": np.zeros(total, int),
        "valid": np.zeros(total, int),
        "column": rng.integers(0, 2, total),
        "edge": {side: rng.integers(0, 2, total) for side in _MASKED},
    }
    weights = {
        "weight": draw((total, cols)),
        "row": rng.integers(0, TAPS, total),
        "packed": rng.integers(0, 2, total),
        "tap": rng.integers(0, 2, total),
        "valid": np.zeros(total, int),
    }
    window = draw((total, 2, 3, cols // 2))
    sums: list[NDArray[np.int64]] = []
    for k, (kind, need) in enumerate(zip(kinds, needs, strict=True)):
        begin, before = int(starts[k]), int(starts[k - 1]) if k else 0
        loads = np.sort(rng.choice(np.arange(before, begin), need, replace=False))
        order = rng.permutation(need)
        weights["valid"][loads], weights["row"][loads] = 1, order
        weights["packed"][loads], weights["tap"][loads] = kind == "packed", kind == "taps"
        vector["swap"][begin] = 1
        cycles = np.arange(begin, begin + spans[k])
        valid = rng.random(len(cycles)) < 0.9
        if kind == "taps":
            taps = draw((TAPS, cols))
            weights["weight"][loads] = taps[order]
            data = draw((len(cycles), 3, cols))
            for side in range(2):
                for chain in range(3):
                    places = cycles + mesh.window_delay(side, chain)
                    window[places, side, chain] = data[:, chain, side::2]
            padding = draw((len(cycles),))
            vector["activation"][cycles] = padding[:, None]
            vector["column"][cycles] = 1
            valid[:2] = False
            made = np.zeros((len(cycles), cols), np.int64)
            for tap in range(TAPS):
                late = np.roll(data[:, tap // 3], tap % 3, axis=0)
                masked = np.zeros(len(cycles), bool)
                for name, beyond in _MASKED.items():
                    masked |= (vector["edge"][name][cycles] != 0) & (tap in beyond)
                made += np.where(masked[:, None], padding[:, None], late) * taps[tap]
        else:
            tile = draw((rows, cols), 4 if kind == "packed" else 8)
            given = tile[order]
            if kind == "packed":
                given = (tile[need:][order] << 4) | (given & 15)
            weights["weight"][loads] = given
            vector["column"][cycles] = 0
            made = vector["activation"][cycles] @ tile
        vector["valid"][cycles] = valid
        sums.append(made[valid])
    weights["weight"] = (weights["weight"] + 128) % 256 - 128
    fields = {"vector": vector, "weights": weights, "window": window}
    return fields, np.concatenate(sums)
