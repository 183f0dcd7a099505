# SPDX-License-Identifier: MIT
"""Raw formats of MIPI CSI-2: bytes to pixels, and back for tests and senders.

References
----------
MIPI Alliance, CSI-2 section 11.4 (RAW8, RAW10, RAW12, RAW14); Linux kernel, V4L2 image formats
SRGGB10P, SRGGB12P, SRGGB14P, SRGGB16, which are the same.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["RAW_FORMATS", "csi_pack", "csi_unpack"]

RAW_FORMATS = ("RAW8", "RAW10", "RAW12", "RAW14", "RAW16", "RAW16_HIGH_FIRST")
"""The index is the register's value."""

# Of a group: pixels, bytes, bits of a pixel. Its first bytes hold the pixels' upper 8 bits, those
# behind them the lower bits, the first pixel's lowest.
_GROUPS = ((1, 1, 8), (4, 5, 10), (2, 3, 12), (4, 7, 14))


def csi_pack(raw: NDArray[np.uint16], raw_format: int) -> NDArray[np.uint8]:
    """Bytes of every line; lines are filled with 0 to whole groups."""
    height, width = raw.shape
    if raw_format >= 4:
        order = "<u2" if raw_format == 4 else ">u2"
        return raw.astype(order).view(np.uint8).reshape(height, 2 * width)
    pixels, _, bits = _GROUPS[raw_format]
    groups = np.pad(raw, ((0, 0), (0, -width % pixels))).astype(np.int64)
    groups = groups.reshape(height, -1, pixels)
    low = bits - 8
    upper = groups >> low
    lower = ((groups & ((1 << low) - 1)) << (low * np.arange(pixels))).sum(axis=-1)
    tail = [(lower >> (8 * k)) & 255 for k in range(low * pixels // 8)]
    parts = np.concatenate([upper, *(t[..., None] for t in tail)], axis=-1)
    return parts.astype(np.uint8).reshape(height, -1)


def csi_unpack(
    lines: NDArray[np.uint8], raw_format: int, *, width: int, depth: int
) -> NDArray[np.uint16]:
    """First ``width`` pixels of every line, their uppermost bits at the top of ``depth`` bits."""
    height = lines.shape[0]
    if raw_format >= 4:
        order = "<u2" if raw_format == 4 else ">u2"
        used = np.ascontiguousarray(lines[:, : 2 * width])
        return (used.view(order).astype(np.uint16) >> (16 - depth)).astype(np.uint16)
    pixels, size, bits = _GROUPS[raw_format]
    count = -(-width // pixels)
    groups = lines[:, : count * size].reshape(height, count, size).astype(np.int64)
    low = bits - 8
    lower = sum(
        (groups[..., pixels + k] << (8 * k) for k in range(size - pixels)), np.zeros((), np.int64)
    )
    lowest = (lower[..., None] >> (low * np.arange(pixels))) & ((1 << low) - 1) if low else 0
    raw = ((groups[..., :pixels] << low) | lowest).reshape(height, -1)[:, :width]
    return (raw << (16 - bits) >> (16 - depth)).astype(np.uint16)
