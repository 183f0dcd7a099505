# SPDX-License-Identifier: MIT
"""Save files for GTKWave and Surfer."""

from pathlib import Path

import pytest
from vcd.gtkw import decode_flags

from opsin_sim.waves import Clock, Names, Wave, WaveError, find_window, modules, save_view


def save(example: Path, name: str) -> str:
    wave = Wave(example)
    clock = Clock.find(wave, ("dut",))
    path = example.with_name(name)
    window = find_window(wave, clock)
    save_view(wave, Names.beside(example), modules(wave), clock, window, path)
    return path.read_text()


def test_gtkwave_groups_modules_and_streams(example: Path) -> None:
    text = save(example, "view.gtkw")
    lines = text.splitlines()
    opened = [line for line in lines if line.startswith("-")]
    assert opened == ["-dut", "-i", "-i", "-dut", "-dut.core", "-dut.core"]
    traces = [line for line in lines if line.startswith("+")]
    assert traces == [
        "+{clk} dut.dut.clk",
        "+{rst} dut.dut.rst",
        "+{valid} dut.dut.i__valid",
        "+{ready} dut.dut.i__ready",
        "+{data[0]} dut.dut.i__payload.data[0][7:0]",
        "+{last} dut.dut.i__payload.last",
        "+{clk} dut.dut.core.clk",
        "+{fsm_state} dut.dut.core.fsm_state[1:0]",
        "+{count:low} dut.dut.core.\\count.low[15:0]",
    ]
    assert f'[dumpfile] "{example}"' in lines


def test_gtkwave_gets_the_names_of_states(example: Path) -> None:
    text = save(example, "view.gtkw")
    table = example.with_name("view.gtkw.names") / "dut.core.fsm_state.txt"
    flags = text[: text.index(f"^1 {table}\n")].rpartition("@")[2].split()[0]
    assert {"dec", "ftranslated"} <= set(decode_flags(flags))  # the table's keys are decimal
    assert table.read_text() == "0 IDLE\n1 RUN\n2 WAIT\n"


def test_surfer_gets_dividers_and_mappings(example: Path) -> None:
    lines = save(example, "view.sucl").splitlines()
    assert [line.split()[1] for line in lines if line.startswith("divider_add ")] == [
        "dut",
        "dut_i",
        "dut_core",
    ]
    state = lines.index("variable_add dut.dut.core.fsm_state")
    name = lines[state + 1].removeprefix("item_set_format ")
    mapping = example.with_name(".surfer") / "mappings" / f"{name}.txt"
    assert mapping.read_text().splitlines()[1:] == [
        "Bits = 2",
        "0b00 IDLE",
        "0b01 RUN",
        "0b10 WAIT",
    ]
    assert "variable_add dut.dut.i__payload" in lines  # fields cannot be named to Surfer


def test_other_save_files_are_refused(example: Path) -> None:
    with pytest.raises(WaveError, match=r"must end in \.gtkw or \.sucl, not 'view\.txt'"):
        save(example, "view.txt")
