# SPDX-License-Identifier: MIT
"""Settings of the blocks that have a frame buffer."""

from amaranth.hdl import unsigned
from amaranth.lib import data

from .exposure_blend import blend_settings
from .hdr_role import HdrRole
from .temporal_blend import BLEND_SETTINGS

__all__ = ["FRAME_BLOCKS", "frame_settings"]

FRAME_BLOCKS = ("hdr", "temporal_nr")
"""The blocks, in order, by the names of their settings."""


def frame_settings(depth: int) -> dict[str, data.StructLayout]:
    """Return the settings of each block, under the names of its ports."""
    place = {"base": unsigned(32), "stride": unsigned(32)}
    return {
        "hdr": data.StructLayout({"role": HdrRole, **place, **blend_settings(depth, depth)}),
        "temporal_nr": data.StructLayout(
            {"bypass": unsigned(1), "forget": unsigned(1), **place, **BLEND_SETTINGS}
        ),
    }
