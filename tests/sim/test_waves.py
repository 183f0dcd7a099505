# SPDX-License-Identifier: MIT
"""Reading waveforms: modules, streams, cycles, names, choice of signals."""

from pathlib import Path
from typing import Any

import pytest

from opsin_sim.waves import (
    Activity,
    Clock,
    Names,
    Wave,
    WaveError,
    activity,
    choose,
    find_window,
    fold_idle,
    modules,
)


def test_modules_are_those_of_the_design(example: Path) -> None:
    top, core = modules(Wave(example))
    assert (top.title, core.title) == ("dut", "dut.core")
    assert [s.name for s in top.clocks] == ["clk", "rst"]
    assert top.signals == ()  # copies that the exporter made are hidden
    assert [s.name for s in core.signals] == ["fsm_state", "count.low"]
    assert top.viewer_scope == ("dut", "dut")


def test_stream_is_found_with_its_fields(example: Path) -> None:
    (stream,) = modules(Wave(example))[0].streams
    assert stream.path == "dut.i"
    names = [signal.name for signal in stream.rows]
    assert names == ["i__valid", "i__ready", "i__payload.data[0]", "i__payload.last"]


def test_activity_of_each_cycle(example: Path) -> None:
    wave = Wave(example)
    clock = Clock.find(wave, ("dut",))
    assert clock is not None
    (stream,) = modules(wave)[0].streams
    seen = dict(activity(wave, clock, stream, clock.window(0, 10)))
    beats = [cycle for cycle, what in seen.items() if what is Activity.BEAT]
    stalls = [cycle for cycle, what in seen.items() if what is Activity.STALL]
    assert (len(seen), beats, stalls) == (10, [1, 3, 6, 9], [2, 5])


def test_values(example: Path) -> None:
    wave, names = Wave(example), Names.beside(example)
    state, count = modules(wave)[1].signals
    texts = [names.text(state, value) for _, _, value in wave.spans(state, 0, 35)]
    assert texts == ["IDLE", "RUN", "WAIT", "RUN"]
    assert wave.at(count, 4) == 0
    assert wave.at(count, 5) == 1000
    assert names.text(count, 1000) == "03e8"
    assert Names(radix="dec").text(count, 1000) == "1000"
    assert Names(radix="signed").text(count, 0xFFFF) == "-1"
    assert Names().text(count, "x" * 16) == "X"
    assert Names().text(count, "10100000xxxx1111") == "a0Xf"
    assert Names().short(count, 0x0A) == "a"


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["i"], ["dut.i"]),
        (["core.fsm_state"], ["dut.core.fsm_state"]),
        (["fsm_state"], ["dut.core.fsm_state"]),  # not below the top, so anywhere
        (["*state", "rst"], ["dut.rst", "dut.core.fsm_state"]),
        (["i__valid*"], ["dut.i__valid"]),
        (["*valid$*"], ["dut.i__valid$3"]),
    ],
)
def test_patterns(example: Path, patterns: list[str], expected: list[str]) -> None:
    groups = choose(Wave(example), Names(), globs=patterns)
    rows: list[Any] = [x for g in groups for x in (*g.clocks, *g.streams, *g.signals)]
    assert [row.path for row in rows] == expected


def test_default_is_the_top_and_state_machines(example: Path) -> None:
    top, core = choose(Wave(example), Names.beside(example))
    assert [stream.name for stream in top.streams] == ["i"]
    assert [signal.name for signal in core.signals] == ["fsm_state"]


def test_payload_of_an_idle_stream_is_folded(example: Path) -> None:
    wave = Wave(example)
    clock = Clock.find(wave, ("dut",))
    assert clock is not None
    for cycles, rows in ((":5", 4), ("7:9", 2)):
        window = find_window(wave, clock, cycles=cycles)
        (stream,) = fold_idle(wave, clock, modules(wave), window)[0].streams
        assert len(stream.rows) == rows


def test_windows(example: Path) -> None:
    wave = Wave(example)
    clock = Clock.find(wave, ("dut",))
    assert clock is not None
    window = find_window(wave, clock, cycles="2:4")
    assert (window.start, window.stop) == (15, 35)
    assert list(clock.within(window)) == [2, 3]
    assert find_window(wave, clock, start="20ns", end="0.03us").stop == 30
    assert list(clock.within(find_window(wave, clock))) == list(range(10))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cycles": "10:"}, "nothing to show from cycle 10 on: .* has 10 cycles"),
        ({"cycles": "4:4"}, "FIRST below STOP"),
        ({"cycles": "4"}, "cycles must be FIRST:STOP"),
        ({"start": "1us"}, "nothing to show from 1 us to 100 ns"),
        ({"start": "20ns", "end": "20ns"}, "nothing to show"),
        ({"end": "soon"}, "a time must be a number"),
        ({"start": "0", "cycles": "1:2"}, "not by both"),
    ],
)
def test_windows_that_cannot_be(example: Path, options: dict[str, Any], message: str) -> None:
    wave = Wave(example)
    with pytest.raises(WaveError, match=message):
        find_window(wave, Clock.find(wave, ("dut",)), **options)
