# SPDX-License-Identifier: MIT
"""Exposures merged and noise reduced over time by the exported core, its driver, and AXI memory."""

from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opsin.config import IspConfig
from opsin.isp.register_map import isp_register_map
from opsin.soc import IspAxi
from opsin_sim.golden import isp
from opsin_sim.golden.isp import block_settings as of
from opsin_sim.harness import cocotb_run
from opsin_sim.isp import Recorder
from opsin_sw.driver.isp import IspDriver

CONFIG = IspConfig(
    depth=12, max_width=64, second_width=64, demosaic="malvar", frame_buffer=True
)  # fmt: skip
STORE, MERGE, TURNS, PASS = 1, 2, 3, 0
ROLES = [TURNS, TURNS, PASS, STORE, MERGE, PASS]


def settings_of(role: int) -> isp.IspSettings:
    merge = isp.hdr_registers(ratio=4, gain=1, read_noise=3, depth=12, depth_out=12, black=64)
    reduce = isp.temporal_noise_registers(gain=1, read_noise=3, depth=12, black=64)
    return isp.IspSettings(
        width=24,
        height=11,
        depth=12,
        chain="complete",
        frame_buffer=True,
        hdr=of.HdrSettings(role=role, base=0, stride=128, **merge._asdict()),
        temporal_nr=of.TemporalNrSettings(bypass=0, base=4096, stride=256, **reduce._asdict()),
    )


def test_driver_writes_registers_that_are_there() -> None:
    """With frame buffers they are written, without them they are not, and settings must agree."""
    bus = Recorder(CONFIG)
    driver = IspDriver(bus)
    assert driver.frame_buffer
    driver.configure(settings_of(MERGE))
    registers = isp_register_map(CONFIG)
    assert bus.words[registers["hdr_role"].address] == MERGE
    assert bus.words[registers["temporal_nr_base"].address] == 4096
    assert driver.read("hdr_constant") == [settings_of(0).hdr.constant]

    plain = replace(CONFIG, frame_buffer=False)
    bus = Recorder(plain)
    driver = IspDriver(bus)
    assert not driver.frame_buffer
    with pytest.raises(ValueError, match="frame_buffer must be False, not True"):
        driver.configure(settings_of(MERGE))
    driver.configure(replace(settings_of(MERGE), frame_buffer=False))
    assert max(offset for offset, _ in bus.writes) < 0x400


@pytest.mark.slow
@pytest.mark.skipif(
    find_spec("cocotbext") is None or find_spec("cocotbext.axi") is None,
    reason="cocotbext-axi is not installed",
)
def test_sequence_over_axi(tmp_path: Path, subtests: pytest.Subtests) -> None:
    bus = Recorder(CONFIG)
    driver = IspDriver(bus)
    arrays: dict[str, Any] = {}
    memory = isp.FrameMemory()
    y, x = np.mgrid[0:11, 0:24]
    for k, role in enumerate(ROLES):
        light = (80 * x + 90 * y + 900 * (abs(x - 3 * k) < 2)) / (4 if k in (1, 4) else 1)
        noise = np.random.default_rng(k).normal(size=light.shape)
        raw = np.clip(64 + light + np.sqrt(light + 9) * noise, 0, 4095).astype(np.uint16)
        settings = settings_of(role)
        bus.writes.clear()
        driver.configure(settings)
        arrays |= {f"writes{k}": np.array(bus.writes, dtype=np.int64), f"raw{k}": raw}
        done = isp.develop_all(raw, settings, memory)
        if done is not None:
            arrays[f"picture{k}"] = done.bytes
    np.savez(tmp_path / "frames.npz", **arrays)
    cases = cocotb_run(
        IspAxi(CONFIG),
        bench="opsin_sim.cocotb_tb.isp_frames",
        simulator="verilator",
        build_dir=tmp_path,
        parameters={
            "config": asdict(CONFIG),
            "data": str(tmp_path / "frames.npz"),
            "frames": len(ROLES),
        },
        timeout=1200,
    )
    assert len(cases) == 5
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure
