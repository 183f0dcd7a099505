# SPDX-License-Identifier: MIT
"""The camera pipeline behind AXI4-Lite and Wishbone, with AXI4-Stream video."""

from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opsin.config import IspConfig
from opsin.isp.register_map import isp_register_map
from opsin.soc import IspAxi, IspWishbone
from opsin_sim.blocks import random_frames
from opsin_sim.golden import isp
from opsin_sim.harness import cocotb_run, on_simulators

needs_axi = pytest.mark.skipif(
    find_spec("cocotbext") is None or find_spec("cocotbext.axi") is None,
    reason="cocotbext-axi is not installed",
)
CONFIG = IspConfig(depth=10, max_width=64, demosaic="malvar", chain="first_light")
TOPS: dict[str, Any] = {"axi": IspAxi, "wishbone": IspWishbone}


def some_settings(width: int, height: int, *, seed: int) -> isp.IspSettings:
    rng = np.random.default_rng(seed)

    def draw(low: int, high: int, count: int) -> Any:
        return tuple(rng.integers(low, high, count).tolist())

    return isp.IspSettings(
        width=width,
        height=height,
        depth=CONFIG.depth,
        phase=seed % 4,
        black=draw(0, 100, 4),
        gain=draw(2000, 20000, 4),
        ccm=(draw(2000, 8000, 3), draw(-3000, 5000, 3), draw(-2000, 5000, 3)),
        offset=draw(-64, 64, 3),
    )


def parameters(folder: Path, bus: str) -> dict[str, Any]:
    """Frames of other sizes and settings each, all but the third with a new tone curve."""
    arrays: dict[str, Any] = {}
    settings = []
    curve = isp.LINEAR
    for k, raw in enumerate(random_frames(CONFIG.depth, sizes=[(6, 5), (4, 4), (9, 6), (8, 4)])):
        if k != 2:
            curve = np.sort(np.random.default_rng(k).integers(0, 65281, 257)).astype(np.uint16)
            arrays[f"curve{k}"] = curve
        values = replace(some_settings(raw.shape[1], raw.shape[0], seed=k), curve=curve)
        arrays |= {f"raw{k}": raw, f"picture{k}": isp.develop(raw, values)}
        names = {register.name for register in isp_register_map(CONFIG).registers}
        settings.append({key: word for key, word in values.words().items() if key in names})
    np.savez(folder / "frames.npz", **arrays)
    data = str(folder / "frames.npz")
    return {"config": asdict(CONFIG), "bus": bus, "data": data, "settings": settings}


@on_simulators
@pytest.mark.parametrize("bus", [pytest.param("axi", marks=needs_axi), "wishbone"])
def test_registers_and_frames(
    bus: str, simulator: str, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    cases = cocotb_run(
        TOPS[bus](CONFIG),
        bench="opsin_sim.cocotb_tb.isp_bus",
        simulator=simulator,
        build_dir=tmp_path,
        parameters=parameters(tmp_path, bus),
    )
    assert len(cases) == 20
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure
