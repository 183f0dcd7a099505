# SPDX-License-Identifier: MIT
"""The neural processor behind AXI4-Lite and Wishbone, with memory on AXI4."""

from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from opsin.config import NPU_TINY
from opsin.soc import NpuAxi, NpuWishbone
from opsin_sim.harness import cocotb_run, needs_cocotb, needs_icarus

needs_axi = pytest.mark.skipif(
    find_spec("cocotbext") is None or find_spec("cocotbext.axi") is None,
    reason="cocotbext-axi is not installed",
)
TOPS: dict[str, Any] = {"axi": NpuAxi, "wishbone": NpuWishbone}


@needs_axi
@pytest.mark.parametrize(
    ("bus", "simulator"),
    [
        pytest.param("axi", "verilator", marks=needs_cocotb),
        # minutes
        pytest.param("wishbone", "verilator", marks=[needs_cocotb, pytest.mark.slow]),
        pytest.param("axi", "icarus", marks=[needs_cocotb, needs_icarus, pytest.mark.slow]),
    ],
)
def test_jobs(bus: str, simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    cases = cocotb_run(
        TOPS[bus](NPU_TINY),
        bench="opsin_sim.cocotb_tb.npu_bus",
        simulator=simulator,
        build_dir=tmp_path,
        parameters={"config": asdict(NPU_TINY), "bus": bus},
        timeout=900,
    )
    assert len(cases) == 18
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure
