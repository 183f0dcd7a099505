# SPDX-License-Identifier: MIT
"""Frame entry: the crop's window of whatever comes, made whole."""

from itertools import pairwise

import numpy as np

from .frame_guard import Beats, Guarded, frame_guard

__all__ = ["crop_beats", "frame_entry"]


def crop_beats(beats: Beats, window: tuple[int, int, int, int] | None) -> tuple[Beats, list[int]]:
    """Beats inside the window (x, y, width, height), and where they were.

    Places count from the last ``sof``; beats before the first belong to no frame. None: all pass.
    """
    if window is None:
        return beats, list(range(len(beats.sof)))
    left, top, width, height = window
    kept: list[int] = []
    sof: list[bool] = []
    eol: list[bool] = []
    x, y, ended, running = 0, 0, False, False
    for index, (starts, ends) in enumerate(zip(beats.sof, beats.eol, strict=True)):
        if starts:
            x, y, running = 0, 0, True
        elif ended:
            x, y = 0, y + 1
        ended = bool(ends)
        if running and left <= x < left + width and top <= y < top + height:
            kept.append(index)
            sof.append(x == left and y == top)
            eol.append(ended or x == left + width - 1)
        x += 1
    return Beats(beats.pixel[kept], np.array(sof, bool), np.array(eol, bool)), kept


def frame_entry(
    beats: Beats,
    size: tuple[int, int],
    window: tuple[int, int, int, int] | None = None,
    *,
    stops: tuple[int, ...] = (),
) -> Guarded:
    """Frames of the window's size, or of ``size`` without one.

    ``stops`` are the beats before which the source was silent for longer than the time-out. Frames
    of which nothing lies in the window are dropped; when the next one comes, that is ``early_sof``.
    """
    cropped, kept = crop_beats(beats, window)
    starts = np.flatnonzero(beats.sof)
    events = [(stop, "stopped") for stop in stops]
    events += [(int(start), "early_sof") for start in starts[1:]]
    breaks: dict[int, str] = {}
    for place, flag in sorted(events, key=lambda event: event[0]):
        breaks.setdefault(int(np.searchsorted(kept, place)), flag)
    out = frame_guard(cropped, [size if window is None else window[2:]], breaks=breaks)
    begun = np.array(kept, dtype=int)[cropped.sof]
    for begin, end in pairwise(starts):
        out.flags.early_sof |= not ((begun >= begin) & (begun < end)).any()
    return out
