# SPDX-License-Identifier: MIT
"""Frame guard: beats as they come, frames as they must be.

The stream is read as text: a ``sof`` beat opens a frame, an ``eol`` beat closes a line. Each line
is then cut or filled to the width, each frame to the height.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["Beats", "Flags", "Guarded", "frame_guard", "frames_to_beats"]


@dataclass(frozen=True)
class Beats:
    """Beats of a video stream: three arrays of one length."""

    pixel: NDArray[np.uint16]
    sof: NDArray[np.bool_]
    eol: NDArray[np.bool_]


@dataclass
class Flags:
    """What was wrong with a stream."""

    short_line: bool = False
    long_line: bool = False
    early_sof: bool = False
    stray: bool = False
    stopped: bool = False


@dataclass(frozen=True)
class Guarded:
    """Complete frames, the beats so far of a frame still open, and what was wrong."""

    frames: list[NDArray[np.uint16]]
    tail: list[int]
    flags: Flags
    _sizes: list[tuple[int, int]] = field(repr=False)

    def beats(self) -> Beats:
        """Everything that leaves the guard."""
        closed = frames_to_beats(self.frames)
        if not self.tail:
            return closed
        position = np.arange(len(self.tail))
        width = self._sizes[min(len(self.frames), len(self._sizes) - 1)][0]
        return Beats(
            np.concatenate([closed.pixel, np.array(self.tail, dtype=np.uint16)]),
            np.concatenate([closed.sof, position == 0]),
            np.concatenate([closed.eol, position % width == width - 1]),
        )


def frames_to_beats(frames: Iterable[NDArray[np.uint16]]) -> Beats:
    """Well-formed beats of whole frames, which may differ in size."""
    pixel: list[NDArray[np.uint16]] = [np.zeros(0, dtype=np.uint16)]
    sof: list[NDArray[np.bool_]] = [np.zeros(0, dtype=np.bool_)]
    eol: list[NDArray[np.bool_]] = [np.zeros(0, dtype=np.bool_)]
    for frame in frames:
        first, last = np.zeros((2, *frame.shape), dtype=np.bool_)
        first[0, 0] = last[:, -1] = True
        pixel.append(frame.ravel())
        sof.append(first.ravel())
        eol.append(last.ravel())
    return Beats(np.concatenate(pixel), np.concatenate(sof), np.concatenate(eol))


def frame_guard(
    beats: Beats, sizes: Sequence[tuple[int, int]], *, breaks: Mapping[int, str] | None = None
) -> Guarded:
    """Make frames of (width, height) ``sizes``, one per ``sof``, the last repeated.

    Beats before the first ``sof`` and lines beyond the height are dropped (``stray``), long lines
    cut (``long_line``), short ones filled with 0 (``short_line``), frames that the next ``sof``
    interrupts completed with 0 (``early_sof``). ``breaks`` says in front of which beats frames were
    completed because it was known that no more comes for now, and the flag for that: ``stopped``
    or ``early_sof``. What does come later is dropped.
    """
    breaks = breaks or {}
    flags = Flags()
    frames: list[NDArray[np.uint16]] = []
    tail: list[int] = []
    starts = [*np.flatnonzero(beats.sof).tolist(), len(beats.sof)]
    flags.stray = starts[0] > 0
    for index, (begin, end) in enumerate(pairwise(starts)):
        width, height = sizes[min(index, len(sizes) - 1)]
        cuts = [cut for cut in sorted(breaks) if begin < cut <= end]
        cut, flag = (cuts[0], breaks[cuts[0]]) if cuts else (end, "early_sof")
        interrupted = bool(cuts) or end < len(beats.sof)
        tail, rest = _frame(beats.pixel[begin:cut], beats.eol[begin:cut], width, height, flags)
        if interrupted and len(tail) < width * height:
            setattr(flags, flag, True)
            tail += [0] * (width * height - len(tail))
        if len(tail) == width * height:
            frames.append(np.array(tail, dtype=np.uint16).reshape(height, width))
            tail = []
        late = beats.eol[cut:end]
        if rest and late.any():  # the end of a long line, which is known to be too long
            late = late[int(np.argmax(late)) + 1 :]
        elif rest:
            late = late[:0]
        flags.stray |= len(late) > 0
    return Guarded(frames, tail, flags, list(sizes))


def _frame(
    pixel: NDArray[np.uint16], eol: NDArray[np.bool_], width: int, height: int, flags: Flags
) -> tuple[list[int], bool]:
    """Lines of one frame, whole but for the last, which may be open; whether it is too long."""
    out: list[int] = []
    begin = 0
    long = False
    for _ in range(height):
        ends = np.flatnonzero(eol[begin:])
        closed = ends.size > 0
        end = begin + int(ends[0]) + 1 if closed else len(eol)
        length = end - begin
        out += pixel[begin : min(end, begin + width)].tolist()
        if closed and length < width:
            flags.short_line = True
            out += [0] * (width - length)
        if length > width or (length == width and not closed):
            flags.long_line = True
            long = not closed
        begin = end
    flags.stray |= begin < len(eol)
    return out, long
