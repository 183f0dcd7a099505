# SPDX-License-Identifier: MIT
"""Random 3 × 3 neighbourhoods in planes, with padding at some of their edges."""

import numpy as np

__all__ = ["draw_plane"]

_NAMES = ("k0", "k1", "k2", "n0", "n1", "n2")


def draw_plane(
    rng: np.random.Generator, across: int, down: int, depth: int, margin: int = 0
) -> dict[str, int]:
    """Return fields of a DEPTHWISE for ``across`` × ``down`` sums; none if they find no room.

    Most of them can be carried out line by line. Words that are checked keep ``margin`` words away
    from the ends of the scratchpad, which has ``depth`` words.
    """
    edges = int(rng.integers(16)) if rng.random() < 0.8 else 0
    left, right, top, bottom = (edges >> n & 1 for n in range(4))
    step = int(rng.choice([1, 1, 2]))
    span = (across - 1) * step + 3 - left - right
    pitch = span + int(rng.choice([0, 0, 0, -1, -2, 1, 5]))
    strides = dict(zip(_NAMES, (1, pitch, 5, step, step * pitch, 7), strict=True))
    if rng.random() < 0.15:
        strides[str(rng.choice(_NAMES))] += int(rng.integers(-2, 3))
    counts = dict(zip(_NAMES, (3, 3, 1, across, down, 1), strict=True))
    kept = counts | {"k0": 3 - left - right, "k1": 3 - top - bottom}
    reach = [(kept[name] - 1) * strides[name] for name in _NAMES]
    lowest = margin - sum(min(r, 0) for r in reach)
    room = depth - margin - sum(max(r, 0) for r in reach) - lowest
    if room <= 0:
        return {}
    first = lowest + (0, room - 1, int(rng.integers(room)))[rng.integers(3)]
    return {
        "edges": edges,
        "padding": int(rng.integers(256)),
        "local": (first - left * strides["k0"] - top * strides["k1"]) % 2**32,
        **counts,
        **{f"{name}_stride": stride for name, stride in strides.items()},
    }
