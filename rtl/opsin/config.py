# SPDX-License-Identifier: MIT
"""Named configurations: every elaboration parameter of a system, in one frozen place."""

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "ISP",
    "ISP_FIRST_LIGHT",
    "ISP_MINI",
    "NPU",
    "NPU_BASE",
    "NPU_LARGE",
    "NPU_SMALL",
    "NPU_TINY",
    "IspConfig",
    "NpuConfig",
]


@dataclass(frozen=True, kw_only=True)
class IspConfig:
    """Parameters of the camera pipeline.

    ``depth`` is the width in bits of a linear sample inside the pipeline; raw samples of fewer
    bits are aligned to its top. ``max_width`` is the longest line in pixels. ``demosaic`` is the
    method, ``malvar`` (small) or ``directional`` (the better picture). ``ppc`` are the pixels per
    beat, ``second_width`` is the longest line of the second output, where that is scaled. ``chain``
    tells which blocks there are: ``complete``, ``lite``, ``first_light`` or ``mini``, see
    :func:`opsin.isp.chain.chain`. ``lean_scalers`` saves a third of the scalers' memory: an output
    that makes the picture higher, or averages lines, then has lines of half its longest at most.
    ``frame_buffer``: in front of the complete chain there are the blocks that keep a frame in
    memory (merge of two exposures, temporal noise reduction), and a memory port.

    Raises
    ------
    ValueError
        If another chain is to have a frame buffer.
    """

    depth: int = 16
    max_width: int = 4096
    demosaic: Literal["directional", "malvar"] = "directional"
    ppc: int = 1
    second_width: int = 1024
    chain: Literal["complete", "lite", "first_light", "mini"] = "complete"
    lean_scalers: bool = False
    frame_buffer: bool = False

    def __post_init__(self) -> None:
        if self.frame_buffer and self.chain != "complete":
            raise ValueError(f"frame_buffer must be False in the {self.chain} chain, not True")


@dataclass(frozen=True, kw_only=True)
class NpuConfig:
    """Parameters of the neural processor.

    The mesh has ``rows`` × ``cols`` processing elements (equal, a power of two, since one word of
    ``rows`` bytes carries a vector of either). The scratchpad has ``scratchpad_words`` words in
    ``banks``, the accumulator ``accumulator_rows`` rows of ``cols`` 32-bit sums in two banks; the
    vector unit makes ``lanes`` values per cycle, a divisor of ``cols``.
    """

    name: str
    rows: int
    cols: int
    scratchpad_words: int
    accumulator_rows: int
    lanes: int
    banks: int = 8

    @property
    def word_bytes(self) -> int:
        """Bytes of a word, of the scratchpad and of memory."""
        return self.rows


ISP = IspConfig()
ISP_FIRST_LIGHT = IspConfig(depth=12, max_width=1024, demosaic="malvar", chain="first_light")
ISP_MINI = IspConfig(depth=10, max_width=640, demosaic="malvar", chain="mini")


def _npu(name: str, size: int, *, scratchpad_words: int, accumulator_rows: int) -> NpuConfig:
    return NpuConfig(
        name=name,
        rows=size,
        cols=size,
        scratchpad_words=scratchpad_words,
        accumulator_rows=accumulator_rows,
        lanes=size // 2,
    )


NPU_TINY = _npu("tiny", 4, scratchpad_words=1024, accumulator_rows=256)
NPU_SMALL = _npu("small", 8, scratchpad_words=8192, accumulator_rows=1024)
NPU_BASE = _npu("base", 16, scratchpad_words=16384, accumulator_rows=1024)
NPU_LARGE = _npu("large", 32, scratchpad_words=32768, accumulator_rows=1024)
NPU = {config.name: config for config in (NPU_TINY, NPU_SMALL, NPU_BASE, NPU_LARGE)}
