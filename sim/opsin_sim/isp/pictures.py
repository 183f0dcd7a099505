# SPDX-License-Identifier: MIT
"""What leaves the pipeline, as pictures and bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from amaranth.hdl import unsigned
from numpy.typing import NDArray

from opsin.common.video import Beat
from opsin.config import IspConfig

from ..golden.isp import IspSettings
from ..harness import pack, unpack
from ..video import from_beats

__all__ = ["Developed", "Output", "finished", "outputs", "read_output", "to_words"]

_BYTES = (3, 3, 4, 2, 2, 2, 1)  # per pixel, by number of the format


@dataclass(frozen=True)
class Developed:
    """What came of a frame: pictures, clock cycles, and the flags of its faults.

    ``picture`` is the first output; ``bytes`` and ``second_bytes`` are the lines of both outputs as
    they lie in memory, padded to whole words of the bus, or None where there is no such output.
    ``picture`` is None too if it cannot be told from its bytes.
    """

    picture: NDArray[Any] | None
    cycles: int
    status: int
    bytes: NDArray[np.uint8] | None = None
    second_bytes: NDArray[np.uint8] | None = None


class Output(NamedTuple):
    """Lines, words per line and bytes of pixels per line of an output."""

    lines: int
    words: int
    line: int

    @property
    def total(self) -> int:
        """Words per frame."""
        return self.lines * self.words


def outputs(settings: IspSettings, config: IspConfig) -> dict[str, Output]:
    """Return what is to come of a frame, by the pipeline's ports."""
    height, width = settings.frame
    if config.chain != "complete":
        return {"o": Output(height, width // config.ppc, 0)}
    found = {}
    for port, output in (("o", settings.output), ("second", settings.second)):
        if output.enable:
            scale = output.scale
            lines, pixels = (height, width) if scale.bypass else (scale.height_out, scale.width_out)
            line = pixels * _BYTES[output.format]
            found[port] = Output(lines, -(-line // (4 * config.ppc)), line)
    return found


def read_output(packed: NDArray[Any], output: Output, *, ppc: int) -> NDArray[np.uint8]:
    """Return the bytes of each line, padded to whole words.

    Raises
    ------
    ValueError
        If a marker is out of place or a line is not filled with 0.
    """
    beats: Any = unpack(Beat(unsigned(32 * ppc)), packed)
    place = np.arange(len(packed))
    if not np.array_equal(beats["sof"], place == 0):
        raise ValueError(f"sof must be at word 0, not {np.flatnonzero(beats['sof'])!r:.60}")
    if not np.array_equal(beats["eol"], place % output.words == output.words - 1):
        raise ValueError(f"eol must be at each word {output.words - 1} of a line")
    words = np.ascontiguousarray(beats["pixel"].astype("<u8" if ppc == 2 else "<u4"))
    lines: NDArray[np.uint8] = words.view(np.uint8).reshape(output.lines, -1)
    if lines[:, output.line :].any():
        raise ValueError(f"lines must be filled with 0 from byte {output.line} on")
    return lines


def to_words(lines: NDArray[np.uint8], *, ppc: int) -> NDArray[Any]:
    """Return the packed words of lines of bytes, which are padded to whole words."""
    height = lines.shape[0]
    words = np.ascontiguousarray(lines).view("<u8" if ppc == 2 else "<u4")
    words = words.reshape(-1, 1) if ppc < 4 else words.reshape(-1, 1, 4)
    place, line = np.arange(len(words)), len(words) // height
    fields = {"pixel": words, "sof": place == 0, "eol": place % line == line - 1}
    return pack(Beat(unsigned(32 * ppc)), fields)


def _picture(lines: NDArray[np.uint8], output: Output, pixel_format: int) -> Any:
    """Return red, green, blue of lines of bytes, or None for a format that does not hold them."""
    if pixel_format > 2:
        return None
    pixels = lines[:, : output.line].reshape(output.lines, -1, _BYTES[pixel_format])[..., :3]
    return pixels if pixel_format == 0 else pixels[..., ::-1]


def finished(
    received: dict[str, NDArray[Any]], settings: IspSettings, config: IspConfig
) -> dict[str, Any]:
    """Return the pictures of a :class:`Developed` from the packed words of both outputs."""
    found = outputs(settings, config)
    ppc = config.ppc
    if config.chain != "complete":
        height, width = settings.frame
        depth = settings.picture_depth
        picture = from_beats(received["o"], width, height, depth=depth, ppc=ppc, channels=3)
        return {"picture": picture.astype(np.uint8 if depth == 8 else np.uint16)}
    lines = {port: read_output(received[port], found[port], ppc=ppc) for port in found}
    first = lines.get("o")
    return {
        "picture": None if first is None else _picture(first, found["o"], settings.output.format),
        "bytes": first,
        "second_bytes": lines.get("second"),
    }
