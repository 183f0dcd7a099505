# SPDX-License-Identifier: MIT
"""Cores behind buses, for other people's projects and our own; the only place that knows a bus."""

from .axi_lite import Axi4Lite, Axi4LiteBridge
from .axi_memory import Axi4, AxiMemory
from .axi_video import AxiStream, VideoFromAxi, VideoToAxi
from .isp import IspAxi, IspWishbone
from .npu import NpuAxi, NpuWishbone
from .wishbone import Wishbone, WishboneBridge

__all__ = [
    "Axi4",
    "Axi4Lite",
    "Axi4LiteBridge",
    "AxiMemory",
    "AxiStream",
    "IspAxi",
    "IspWishbone",
    "NpuAxi",
    "NpuWishbone",
    "VideoFromAxi",
    "VideoToAxi",
    "Wishbone",
    "WishboneBridge",
]
