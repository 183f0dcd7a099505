# SPDX-License-Identifier: MIT
"""Burst ports on AXI4, with cocotbext-axi on the other side."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from opsin.soc.axi_ports import AxiPorts
from opsin_sim.harness import cocotb_run, on_simulators

needs_axi = pytest.mark.skipif(
    find_spec("cocotbext") is None or find_spec("cocotbext.axi") is None,
    reason="cocotbext-axi is not installed",
)


@needs_axi
@on_simulators
def test_bursts(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    cases = cocotb_run(
        AxiPorts(word_bytes=8),
        bench="opsin_sim.cocotb_tb.axi_ports",
        simulator=simulator,
        build_dir=tmp_path,
        parameters={"word_bytes": 8},
    )
    assert len(cases) == 7
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"word_bytes must be a power of two in 1\.\.128, not 256"):
        AxiPorts(word_bytes=256)
