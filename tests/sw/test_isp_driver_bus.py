# SPDX-License-Identifier: MIT
"""What the driver writes, over AXI4-Lite, and the complete pipeline's pictures as AXI4-Streams."""

from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opsin.config import IspConfig
from opsin.soc import IspAxi
from opsin_sim.blocks import random_frames
from opsin_sim.golden import isp
from opsin_sim.golden.isp import block_settings as of
from opsin_sim.harness import cocotb_run
from opsin_sim.isp import Recorder
from opsin_sw.driver.isp import IspDriver
from opsin_sw.tuning import Noise, Tuning

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        find_spec("cocotbext") is None or find_spec("cocotbext.axi") is None,
        reason="cocotbext-axi is not installed",
    ),
]


def settings_of(seed: int, config: IspConfig) -> isp.IspSettings:
    width, height = 32, 20
    tuning = Tuning(
        width=width,
        height=height,
        bits=10,
        phase=isp.PHASES[seed],
        black=(16.0, 17.0, 18.0, 19.0),
        white_balance=(1.7, 1.4),
        ccm=((1.5, -0.3, -0.2), (-0.2, 1.4, -0.2), (0.0, -0.5, 1.5)),
        noise=Noise(4.0, 0.5),
        defects=((3, 5), (3, 6), (11, 20)),
    )
    settings = tuning.settings(
        depth=config.depth, demosaic=config.demosaic, chain="complete", ppc=config.ppc
    )
    sizes = (36, 26), (16 + 4 * seed, 9)
    outputs: list[of.OutputSettings] = []
    for size, pixel_format, given in zip(
        sizes, ("RGB24", "YUYV"), (settings.output, settings.second), strict=True
    ):
        scale = isp.scaler_registers((width, height), size)
        outputs.append(
            replace(
                given,
                enable=1,
                scale=of.ScaleSettings(**scale._asdict()),
                chroma=of.ChromaSettings(format=int(pixel_format == "YUYV")),
                rgb=replace(given.rgb, bypass=int(pixel_format == "YUYV")),
                format=isp.PIXEL_FORMATS.index(pixel_format),
            )
        )
    return replace(settings, output=outputs[0], second=outputs[1])


@pytest.mark.parametrize("ppc", [2])
def test_driver_over_axi(ppc: int, tmp_path: Path, subtests: pytest.Subtests) -> None:
    config = IspConfig(depth=12, max_width=64, demosaic="malvar", second_width=48, ppc=ppc)
    bus, count = Recorder(config), 2
    driver = IspDriver(bus)
    arrays: dict[str, Any] = {}
    for k, raw in enumerate(random_frames(10, sizes=[(32, 20)] * count)):
        settings = settings_of(k, config)
        bus.writes.clear()
        driver.configure(settings)
        done = isp.develop_all(raw << np.uint16(2), settings)
        arrays |= {
            f"writes{k}": np.array(bus.writes, dtype=np.int64),
            f"raw{k}": raw << np.uint16(2),
            f"picture{k}": done.bytes,
            f"second{k}": done.second_bytes,
        }
    np.savez(tmp_path / "frames.npz", **arrays)
    cases = cocotb_run(
        IspAxi(config),
        bench="opsin_sim.cocotb_tb.isp_bus_complete",
        simulator="verilator",
        build_dir=tmp_path,
        parameters={
            "config": asdict(config),
            "data": str(tmp_path / "frames.npz"),
            "frames": count,
        },
        timeout=1200,
    )
    assert len(cases) == 4
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure
