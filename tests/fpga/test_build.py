# SPDX-License-Identifier: MIT
"""The flow from a top to a bitstream, on the smallest top."""

import json
import re
from pathlib import Path

import pytest

from opsin_fpga.board_top import BoardTop
from opsin_fpga.boards import BOARDS, Board
from opsin_fpga.build import BuildError, _run, build
from opsin_fpga.report import Report
from opsin_fpga.tops import TOPS, divisor

BOARD = BOARDS["ulx3s-85f"]
IDCODE = 0x41113043  # LFE5U-85


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
    (line,) = report.missed()
    assert line.startswith("clock sync reaches ")
    assert line.endswith(" MHz, not the 400.0 MHz asked for")
    assert 200 < report.resources["TRELLIS_COMB"].used < 1000
    assert report.resources["EHXPLLL"].used == 1
    bitstream = (tmp_path / "a" / "pattern.bit").read_bytes()
    assert IDCODE.to_bytes(4, "big") in bitstream[:200]  # made for this device

    # The same directory again, with a pin that the device does not have.
    plan = json.loads((tmp_path / "a" / "build_pattern.json").read_text())["commands"]
    pins = tmp_path / "a" / "pattern.lpf"
    pins.write_text(pins.read_text().replace('SITE "B2"', 'SITE "Z99"'))
    with pytest.raises(BuildError, match=r"^nextpnr-ecp5: ERROR: .*Z99.* \(log: .*\)$") as error:
        _run("nextpnr-ecp5", plan[1][1:], tmp_path / "a")
    assert "\n" not in str(error.value)


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
    top = BoardTop(TOPS["pattern"].core(25.0), board, frequency=25.0)
    constraints = board.platform().prepare(top, "top", emit_src=False).files["top.lpf"]
    assert len(set(re.findall(r'SITE "(\w+)"', constraints))) == 8 + 1 + 1 + 1 + 1
    assert 'FREQUENCY PORT "clk25_0__io" 25000000.0 HZ;' in constraints
    assert board.oscillator == 25.0
