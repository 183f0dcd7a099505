# SPDX-License-Identifier: MIT
"""``opsin waves``: viewers, pictures, lists, and one line for each mistake."""

from collections.abc import Callable
from pathlib import Path

import pytest

from opsin_sw.cli import main

Called = Callable[..., tuple[int, str, str]]


@pytest.fixture
def opsin(capsys: pytest.CaptureFixture[str]) -> Called:
    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["waves", *map(str, arguments)])
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return call


@pytest.mark.parametrize("viewer", ["gtkwave", "surfer"])
def test_viewer_is_called(
    example: Path, opsin: Called, viewer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = example.with_name(viewer)
    program.write_text('#!/bin/sh\nfor a in "$@"; do echo "$a"; done > arguments\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(example.parent))
    monkeypatch.setenv("DISPLAY", ":0")
    assert opsin(example)[0] == 0
    view = example.with_name("example.vcd.view")
    arguments = (view / "arguments").read_text().split()
    expected = {
        "gtkwave": [str(example), str(view / "view.gtkw")],
        "surfer": ["--command-file", str(view / "view.sucl"), str(example)],
    }
    assert arguments == expected[viewer]
    assert Path(arguments[1]).is_file()


def test_failing_viewer_is_one_line(
    example: Path, opsin: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = example.with_name("gtkwave")
    program.write_text("#!/bin/sh\necho cannot open display >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(example.parent))
    monkeypatch.setenv("DISPLAY", ":0")
    assert opsin(example) == (2, "", "opsin: gtkwave failed (1): cannot open display\n")


def test_no_viewer(example: Path, opsin: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(example.parent))
    code, _, err = opsin(example)
    assert code == 2
    assert err.startswith("opsin: no waveform viewer found: install the package gtkwave")
    assert "--png" in err
    assert err.count("\n") == 1


def test_command_draws_saves_and_lists(example: Path, opsin: Called) -> None:
    png, gtkw = example.with_suffix(".png"), example.with_suffix(".gtkw")
    code, out, _ = opsin(example, "--png", png, "--save", gtkw, "--cycles", "2:6")
    assert code == 0
    assert out.split() == ["wrote", str(png), "wrote", str(gtkw)]
    assert png.read_bytes().startswith(b"\x89PNG")
    code, out, _ = opsin(example, "--list")
    assert code == 0
    assert "i  stream: data[0] 8, last" in out
    assert "fsm_state 2  IDLE RUN WAIT" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--png", "a.jpg"], "a picture must end in .png or .svg"),
        (["--png", "a.png", "--signals", "nothing"], "no signal matches 'nothing'"),
        (["--png", "a.png", "--scope", "nowhere"], "no module 'nowhere'"),
        (["--png", "a.png", "--cycles", "50:"], "nothing to show from cycle 50 on"),
        (["--png", "none/a.png"], "none/a.png: No such file or directory"),
        (["--save", "none/a.gtkw"], "none/a.gtkw: No such file or directory"),
        (["--list", "--radix", "roman"], "radix must be one of hex, dec, signed, bin"),
    ],
)
def test_mistakes_are_one_line(
    example: Path,
    opsin: Called,
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(example.parent)
    code, out, err = opsin(example, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err
