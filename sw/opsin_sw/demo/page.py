# SPDX-License-Identifier: MIT
"""The demonstration's page: plain HTML and PNG files beside it, no script, no download."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import jinja2

__all__ = ["CameraPart", "Digit", "DigitsPart", "Fact", "Page", "Picture", "Wave"]


@dataclass(frozen=True)
class Fact:
    """A figure and what it says."""

    value: str
    name: str


@dataclass(frozen=True)
class Picture:
    """A picture, a detail of it, and its caption; files are named from the page's folder."""

    title: str
    text: str
    file: str
    zoom: str


@dataclass(frozen=True)
class Digit:
    """One classified digit."""

    image: str
    label: int
    answer: int

    @property
    def right(self) -> bool:
        """Whether the answer is the label."""
        return self.answer == self.label


@dataclass(frozen=True)
class Wave:
    """A waveform file and its picture."""

    text: str
    fst: str
    picture: str


@dataclass(frozen=True, kw_only=True)
class CameraPart:
    """What the camera pipeline did."""

    picture: str
    black: int
    bits: int
    width: int
    height: int
    zoom_factor: int
    exact: bool
    pictures: list[Picture]
    facts: list[Fact]
    wave: Wave


@dataclass(frozen=True, kw_only=True)
class DigitsPart:
    """What the neural processor did."""

    count: int
    network: str
    mesh: str
    exact: bool
    shown: list[Digit]
    facts: list[Fact]
    counters: list[tuple[str, int]]
    wave: Wave


@dataclass(frozen=True, kw_only=True)
class Page:
    """Everything the template asks for."""

    camera: CameraPart
    digits: DigitsPart
    command: str
    seed: int
    versions: list[tuple[str, str]] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Render the template to ``path``."""
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("opsin_sw.demo", package_path=""),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
        )
        template = environment.get_template("page.html.jinja")
        exact = self.camera.exact and self.digits.exact
        path.write_text(
            template.render(
                camera=self.camera,
                digits=self.digits,
                waves=[self.camera.wave, self.digits.wave],
                command=self.command,
                seed=self.seed,
                versions=self.versions,
                exact=exact,
            )
        )
