# SPDX-License-Identifier: MIT
"""Mesh and core under cocotb."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest
from amaranth.hdl import unsigned

from opsin.config import NPU_SMALL, NPU_TINY, NpuConfig
from opsin.npu import Core
from opsin.npu.mesh import Mesh
from opsin_sim.harness import cocotb_run, on_simulators


@on_simulators
@pytest.mark.parametrize(("rows", "cols"), [(3, 6)])
def test_mesh(
    simulator: str, rows: int, cols: int, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    cases = cocotb_run(
        Mesh(rows=rows, cols=cols, tag=unsigned(8)),
        bench="opsin_sim.cocotb_tb.mesh",
        simulator=simulator,
        build_dir=tmp_path,
        parameters={"rows": rows, "cols": cols},
    )
    assert cases
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


@on_simulators
@pytest.mark.parametrize(
    "config",
    [NPU_TINY, pytest.param(NPU_SMALL, marks=pytest.mark.slow)],
    ids=lambda config: config.name,
)
def test_core(simulator: str, config: NpuConfig, tmp_path: Path, subtests: pytest.Subtests) -> None:
    sizes = {"activation_words": 64, "weight_words": 64, "accumulator_rows": 32}
    small = replace(config, **sizes)
    cases = cocotb_run(
        Core(small),
        bench="opsin_sim.cocotb_tb.npu_core",
        simulator=simulator,
        build_dir=tmp_path,
        parameters={"config": asdict(small), "jobs": 2, "descriptors": 6},
    )
    assert len(cases) == 4
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure
