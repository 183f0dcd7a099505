# SPDX-License-Identifier: MIT
"""How quickly the hardware's description develops frames, simulated."""

from __future__ import annotations

import time

import numpy as np

from opsin.config import ISP
from opsin_sim.golden.isp import develop_all
from opsin_sim.isp import IspModel

from ..tuning import Tuning
from .report import Row

__all__ = ["speed_rows"]

FRAMES_PER_MINUTE = 3.0


def speed_rows(*, width: int = 1920, height: int = 1080) -> list[Row]:
    """Time a frame on the complete pipeline in Verilator, and check that every byte is right.

    The model's build, minutes when it is not in the cache, does not count.

    Raises
    ------
    AssertionError
        If the frame is not what the golden model makes of it.
    """
    raw = np.random.default_rng(1).integers(0, 1 << ISP.depth, (height, width)).astype(np.uint16)
    tuning = Tuning(width=width, height=height, bits=ISP.depth, phase="RGGB")
    settings = tuning.settings(depth=ISP.depth, demosaic=ISP.demosaic, chain="complete")
    with IspModel(ISP) as model:
        begin = time.perf_counter()
        done = model.develop(raw, settings)
        seconds = time.perf_counter() - begin
    assert done.bytes is not None
    assert np.array_equal(done.bytes, develop_all(raw, settings).bytes)
    name = f"complete pipeline in Verilator, {width}×{height}"
    return [
        Row(name=name, value=60 / seconds, unit="frames/minute", reach=FRAMES_PER_MINUTE),
        Row(name="cycles per pixel of it", value=done.cycles / raw.size, unit="", better="lower"),
    ]
