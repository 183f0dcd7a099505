# SPDX-License-Identifier: MIT
"""What the pipeline remembers from frame to frame: the stages that have a frame buffer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .hdr_merge import hdr_merge
from .settings import IspSettings
from .temporal_noise_reduction import temporal_noise_reduction

__all__ = ["FrameMemory", "remember"]

_PASS, _STORE, _TURNS = 0, 1, 3


@dataclass
class _Buffer:
    """A frame in memory, of which size and where; it is gone when anything goes there."""

    frame: NDArray[Any] | None = None
    place: tuple[int, ...] = ()

    def find(self, place: tuple[int, ...]) -> NDArray[Any] | None:
        """Return the frame if it has this size and place, and forget any other."""
        if self.place != place:
            self.frame = None
        return self.frame

    def keep(self, frame: NDArray[Any] | None, place: tuple[int, ...]) -> None:
        """Have another frame, or none."""
        self.frame, self.place = frame, place


@dataclass
class FrameMemory:
    """What is in memory, and whose turn it is; new: after reset."""

    exposure: _Buffer = field(default_factory=_Buffer)
    mean: _Buffer = field(default_factory=_Buffer)
    merge_next: bool = False


def remember(
    raw: NDArray[np.uint16], settings: IspSettings, memory: FrameMemory
) -> NDArray[np.uint16] | None:
    """Return what the blocks with frame buffers make of a cropped frame, None if it is stored."""
    merged = _merge(raw, settings, memory)
    return None if merged is None else _reduce(merged, settings, memory)


def _merge(
    raw: NDArray[np.uint16], settings: IspSettings, memory: FrameMemory
) -> NDArray[np.uint16] | None:
    hdr, buffer, depth = settings.hdr, memory.exposure, settings.depth
    place = (*raw.shape, hdr.base, hdr.stride)
    role = hdr.role
    if role == _TURNS and not memory.merge_next:
        role = _STORE
    memory.merge_next = hdr.role == _TURNS and not memory.merge_next
    if role == _STORE:
        buffer.keep(raw, place)
        return None
    if role == _PASS:
        buffer.keep(None, place)
        return raw
    stored = buffer.find(place)
    out = hdr_merge(stored, raw, hdr.values(), depth=depth, depth_out=depth)
    return out.astype(np.uint16)


def _reduce(
    raw: NDArray[np.uint16], settings: IspSettings, memory: FrameMemory
) -> NDArray[np.uint16]:
    use, buffer = settings.temporal_nr, memory.mean
    place = (*raw.shape, use.base, use.stride)
    if use.bypass:
        buffer.keep(None, place)
        return raw
    history = None if use.forget else buffer.find(place)
    out, mean = temporal_noise_reduction(raw, history, use.values(), depth=settings.depth)
    buffer.keep(mean, place)
    return out
