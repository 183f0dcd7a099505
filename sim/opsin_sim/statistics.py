# SPDX-License-Identifier: MIT
"""Frames through a block that measures them, and its results, for tests."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .harness import Model
from .video import to_beats

__all__ = ["measure", "read_results"]

SETTLED = 20
"""Cycles from a frame's last beat until its results are complete."""

RESULT = 18
"""Bits of a result."""


def measure(
    model: Model,
    frame: NDArray[Any],
    settings: Mapping[str, Any],
    *,
    depth: int,
    ppc: int,
    beats: int | None = None,
    **pauses: Any,
) -> bool:
    """Send a frame, or its first ``beats``; return whether it passed unchanged."""
    for name, value in {**settings, "height": frame.shape[0]}.items():
        model.set(name, value)
    sent = to_beats(frame, depth, ppc)[:beats]
    run = model.run(sources={"i": sent}, sinks={"o": len(sent)}, **pauses)
    model.run(cycles=SETTLED)
    return np.array_equal(run.outputs["o"], sent)


def read_results(
    model: Model, port: str, fields: Sequence[str], indices: Iterable[int]
) -> dict[str, NDArray[np.int64]]:
    """Return the fields of ``port``, of 18 bits each, at each index."""
    words = []
    for index in indices:
        model.set("index", index)
        model.run(cycles=3)
        words.append(model.get(port))
    return {
        name: np.array([word >> RESULT * k & (1 << RESULT) - 1 for word in words], dtype=np.int64)
        for k, name in enumerate(fields)
    }
