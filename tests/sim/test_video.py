# SPDX-License-Identifier: MIT
"""Frames to beats and back."""

import numpy as np
import pytest

from opsin_sim.harness import unpack
from opsin_sim.video import beat_shape, from_beats, to_beats


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("ppc", [1, 2, 4])
@pytest.mark.parametrize("depth", [8, 12])
def test_round_trip(depth: int, ppc: int, channels: int) -> None:
    frame = np.random.default_rng(1).integers(0, 1 << depth, size=(5, 8, channels))
    frame = frame[..., 0] if channels == 1 else frame
    packed = to_beats(frame, depth, ppc)
    back = from_beats(packed, 8, 5, depth=depth, ppc=ppc, channels=channels)
    assert np.array_equal(back, frame)
    fields = unpack(beat_shape(depth, ppc=ppc, channels=channels), packed)
    assert np.flatnonzero(fields["sof"]).tolist() == [0]
    line = 8 // ppc
    assert np.flatnonzero(fields["eol"]).tolist() == [line * (k + 1) - 1 for k in range(5)]


@pytest.mark.parametrize(("beat", "bit", "message"), [
    (3, 8, "sof must be 0 at beat 3 of line 0, not 1"),
    (6, 9, "eol must be 0 at beat 2 of line 1, not 1"),
    (0, 8, "sof must be 1 at beat 0 of line 0, not 0"),
])  # fmt: skip
def test_finds_misplaced_markers(beat: int, bit: int, message: str) -> None:
    packed = to_beats(np.zeros((3, 4), np.uint8), 8)
    packed[beat] ^= 1 << bit
    with pytest.raises(ValueError, match=message):
        from_beats(packed, 4, 3, depth=8)


def test_rejects_shapes() -> None:
    with pytest.raises(ValueError, match="frame must be"):
        to_beats(np.zeros((2, 2, 2), np.uint8), 8)
    with pytest.raises(ValueError, match="width must be a multiple of ppc"):
        to_beats(np.zeros((2, 3), np.uint8), 8, 2)
    with pytest.raises(ValueError, match="packed must have 12 beats, not 11"):
        from_beats(np.zeros(11, np.uint16), 4, 3, depth=8)
    with pytest.raises(ValueError, match="channels must be 1 or 3"):
        beat_shape(8, channels=2)
