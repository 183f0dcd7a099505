# SPDX-License-Identifier: MIT
"""Pictures contain what they should."""

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from opsin_sim.waves import Clock, Names, Wave, WaveError, choose, draw, find_window

BEAT, STALL = (0xD9, 0xF2, 0xDF), (0xFF, 0xEA, 0xC2)


def render(example: Path, name: str, cycles: str = "0:10", *globs: str, **options: float) -> Path:
    wave, names = Wave(example), Names.beside(example)
    groups = choose(wave, names, globs=globs)
    clock = Clock.find(wave, ("dut",))
    path = example.with_name(name)
    draw(wave, names, groups, clock, find_window(wave, clock, cycles=cycles), path, **options)
    return path


def texts(path: Path) -> list[str]:
    return re.findall(r"<text [^>]*>([^<]*)</text>", path.read_text())


def pixels(path: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(path).convert("RGB"))


def columns(picture: NDArray[np.uint8], color: tuple[int, int, int]) -> list[tuple[int, int]]:
    """First and last column of each stretch of columns that hold ``color`` in quantity."""
    counts = (picture == color).all(axis=2).sum(axis=0)
    found = np.flatnonzero(counts > 30)
    runs = np.split(found, np.flatnonzero(np.diff(found) > 2) + 1)
    return [(int(run[0]), int(run[-1])) for run in runs if len(run)]


def test_svg_holds_names_values_and_states(example: Path) -> None:
    shown = texts(render(example, "out.svg"))
    assert {"example.vcd", "dut", "dut.core", "clk", "rst"} <= set(shown)
    assert {"valid", "ready", "data[0]", "last", "fsm_state"} <= set(shown)
    assert {"a5", "b6", "c7", "d8", "IDLE", "RUN", "WAIT"} <= set(shown)
    assert {str(cycle) for cycle in range(10)} <= set(shown)
    assert {"4 beats, 2 stalls", "cycles 0 to 9 of clk · 0 to 95 ns"} <= set(shown)
    assert shown.count("RUN") == 4
    assert "i__valid$3" not in shown


def test_window_and_signals(example: Path) -> None:
    shown = texts(render(example, "out.svg", "1:3", "fsm_state", "core.count.low"))
    assert {"fsm_state", "count.low", "RUN", "WAIT", "03e8", "07d0"} <= set(shown)
    assert not {"IDLE", "valid", "clk", "dut", "0bb8"} & set(shown)


def test_same_picture_every_time(example: Path) -> None:
    first = render(example, "a.svg").read_bytes()
    assert render(example, "b.svg").read_bytes() == first


def test_beats_and_stalls_are_shaded(example: Path) -> None:
    picture = pixels(render(example, "out.png", "1:10"))  # whole cycles of equal width
    picture = picture[:-40]  # without the legend
    beats, stalls = columns(picture, BEAT), columns(picture, STALL)
    left, right = beats[0][0], beats[-1][1]
    width = (right - left) / 9  # from the beat in cycle 1 to the one in cycle 9
    assert [round((x0 - left) / width) + 1 for x0, _ in beats] == [1, 3, 6, 9]
    assert [round((x0 - left) / width) + 1 for x0, _ in stalls] == [2, 5]


def test_text_that_does_not_fit_is_left_out(example: Path) -> None:
    wide = texts(render(example, "wide.svg", "0:10", "core.count.low"))
    assert "2328" in wide
    path = example.with_name("long.vcd")  # the same, then nothing for a while
    path.write_text(example.read_text() + "#1000\n0c\n")
    wave = Wave(path)
    clock = Clock.find(wave, ("dut",))
    groups = choose(wave, Names(), globs=["core.count.low"])
    window = find_window(wave, clock, start="0", end="1us")
    draw(wave, Names(), groups, clock, window, path.with_suffix(".svg"))
    assert "03e8" not in texts(path.with_suffix(".svg"))
    assert "2328" in texts(path.with_suffix(".svg"))


def test_unknown_values_are_red(example: Path) -> None:
    text = example.read_text().replace("1v", "xv").replace("b11000111 d", "bx d")
    example.write_text(text)
    assert "X" in texts(render(example, "out.svg"))
    red = (pixels(render(example, "out.png")) == (0xFB, 0xE3, 0xE4)).all(axis=2).sum()
    assert red > 1000


def test_without_a_clock(example: Path) -> None:
    example.write_text(example.read_text().replace(" clk ", " beat "))
    wave = Wave(example)
    assert Clock.find(wave, ("dut",)) is None
    window = find_window(wave, None)
    path = example.with_name("out.svg")
    draw(wave, Names(), choose(wave, Names()), None, window, path)
    assert {"0", "40 ns", "100 ns", "a5"} <= set(texts(path))


def test_scale(example: Path) -> None:
    one = pixels(render(example, "one.png")).shape
    two = pixels(render(example, "two.png", scale=2.0)).shape
    assert np.allclose(np.array(two[:2]), 2 * np.array(one[:2]), atol=2)


def test_other_suffixes_are_refused(example: Path) -> None:
    with pytest.raises(WaveError, match=r"must end in \.png or \.svg, not 'out\.jpg'"):
        render(example, "out.jpg")
