# SPDX-License-Identifier: MIT
"""The demonstration, whole: pictures, figures, waveforms and the page that shows them."""

import re
from pathlib import Path

import numpy as np
import pytest

from opsin_sw import cli
from opsin_sw.demo.pictures import bayer_colors


def test_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["demo", "--output", str(tmp_path), "--seed", "3"])
    assert stop.value.code == 0
    page = (tmp_path / "index.html").read_text()
    for link in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert (tmp_path / link).stat().st_size > 0, link
    assert "every byte equal" in page
    assert "Every pixel and every logit equals the golden model bit for bit." in page
    assert "NO" not in re.findall(r"<b>([^<]+)</b>", page)
    assert "index.html" in capsys.readouterr().out


def test_raw_is_shown_in_its_filters_colours() -> None:
    raw = np.full((4, 4), 4095, np.uint16)
    shown = bayer_colors(raw, black=256, white=4095)
    assert shown[0, 0].tolist() == [255, 0, 0]
    assert shown[0, 1].tolist() == shown[1, 0].tolist() == [0, 255, 0]
    assert shown[1, 1].tolist() == [0, 0, 255]


def test_folder_that_cannot_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as stop:
        cli.main(["demo", "--output", str(tmp_path / "file" / "demo")])
    assert stop.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
