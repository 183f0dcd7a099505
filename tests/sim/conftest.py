# SPDX-License-Identifier: MIT
"""A small waveform whose every value is known, as Verilator writes one."""

import json
from pathlib import Path

import pytest

# One letter per cycle. Beats in cycles 1, 3, 6 and 9; stalls in 2 and 5.
VALID = "0111011001"
READY = "1101101111"
DATA = (0, 0xA5, 0xB6, 0xB6, 0xB6, 0xC7, 0xC7, 0, 0, 0xD8)
STATE = (0, 1, 2, 1, 1, 2, 1, 0, 0, 1)
NAMES = {"dut.core.fsm_state": {"0": "IDLE", "1": "RUN", "2": "WAIT"}}

_HEADER = """\
$timescale 1ns $end
$scope module dut $end
 $var wire 1 c clk $end
 $var wire 1 r rst $end
 $var wire 1 v i__valid $end
 $var wire 1 y i__ready $end
 $var wire 9 p i__payload [8:0] $end
 $scope module dut $end
  $var wire 1 c clk $end
  $var wire 1 r rst $end
  $var wire 1 v i__valid $end
  $var wire 1 y i__ready $end
  $var wire 9 p i__payload [8:0] $end
  $var wire 8 d i__payload.data[0] [7:0] $end
  $var wire 1 l i__payload.last $end
  $var wire 1 v i__valid$3 $end
  $var wire 1 g $1 $end
  $scope module core $end
   $var wire 1 c clk $end
   $var wire 2 s fsm_state [1:0] $end
   $var wire 16 n \\count.low [15:0] $end
  $upscope $end
 $upscope $end
$upscope $end
$enddefinitions $end
"""


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """Ten cycles of 10 ns; values change just after the rising edges, the first is at 5 ns."""
    lines = [_HEADER]
    for cycle in range(10):
        lines.append(f"#{max(0, 10 * cycle - 5)}")
        lines += [f"{int(cycle > 0)}c", f"{int(cycle == 0)}r", "0g"]
        lines += [f"{VALID[cycle]}v", f"{READY[cycle]}y", f"{int(cycle == 9)}l"]
        lines += [f"b{DATA[cycle]:b} d", f"b{DATA[cycle] | (cycle == 9) << 8:b} p"]
        lines += [f"b{STATE[cycle]:b} s", f"b{1000 * cycle:b} n"]
        if cycle:
            lines += [f"#{10 * cycle}", "0c"]
    lines += ["#95", "1c", "#100", "0c"]
    path = tmp_path / "example.vcd"
    path.write_text("\n".join([*lines, ""]))
    content = {"format": 1, "top": "dut", "signals": NAMES}
    path.with_name("example.vcd.json").write_text(json.dumps(content))
    return path
